/*
 * The options of silt export.
 */
#ifndef SILT_CLI_EXPORT_OPTIONS_H
#define SILT_CLI_EXPORT_OPTIONS_H

#include "render/choices.h"
#include "render/export_view.h"

struct export_options {
	struct options options;
	struct export_content content;
	/* files, or NULL: where it goes, and since which snapshot */
	const char *out, *base;
};

/* Reads argv; optind is then the first operand. -1: go on, else the exit status. `options` is to
 * be freed in both cases. */
int export_options_read(struct export_options *request, int argc, char **argv);

#endif
