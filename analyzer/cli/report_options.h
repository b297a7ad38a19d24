/*
 * Reads the options of `silt report`.
 */
#ifndef SILT_CLI_REPORT_OPTIONS_H
#define SILT_CLI_REPORT_OPTIONS_H

#include "render/choices.h"
#include "render/report_view.h"

struct report_options {
	struct options options;
	struct report_view view;
	/* in seconds; below 0: found automatically */
	double warmup;
	/* units of work that the run did; below 0: unknown */
	double iterations;
};

/* Reads argv; then optind is the first operand. Returns -1, or the exit status. Free `options`
 * in both cases. */
int report_options_read(struct report_options *request, int argc, char **argv);

#endif
