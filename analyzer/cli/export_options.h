/*
 * The options of silt export.
 */
#ifndef SILT_CLI_EXPORT_OPTIONS_H
#define SILT_CLI_EXPORT_OPTIONS_H

#include "render/choices.h"
#include "render/export_view.h"
#include "serve/openmetrics.h"

struct export_options {
	struct options options;
	struct export_content content;
	/* files, or NULL: where it goes, and since which snapshot */
	const char *out, *base;
	/* of openmetrics */
	struct openmetrics_labels labels;
};

/* Reads argv; optind is then the first operand. -1: go on, else the exit status. To be
 * freed in both cases. */
int export_options_read(struct export_options *request, int argc, char **argv);
/* Frees what options hold; the content is the caller's. */
void export_options_free(struct export_options *request);

#endif
