/*
 * Reads the options of `silt export`.
 */
#ifndef SILT_CLI_EXPORT_OPTIONS_H
#define SILT_CLI_EXPORT_OPTIONS_H

#include "render/choices.h"
#include "render/export_view.h"
#include "serve/openmetrics.h"

struct export_options {
	struct options options;
	struct export_content content;
	/* files: the output, and the snapshot to compare with; NULL: not set */
	const char *out, *base;
	/* for openmetrics and otlp */
	struct openmetrics_labels labels;
};

/* Reads argv; then optind is the first operand. Returns -1, or the exit status. Call
 * export_options_free() in both cases. */
int export_options_read(struct export_options *request, int argc, char **argv);
/* Frees the options; the snapshots, context and series of `content` are the caller's. */
void export_options_free(struct export_options *request);

#endif
