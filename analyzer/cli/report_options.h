/*
 * The options of silt report.
 */
#ifndef SILT_CLI_REPORT_OPTIONS_H
#define SILT_CLI_REPORT_OPTIONS_H

#include "render/choices.h"
#include "render/report_view.h"

struct report_options {
	struct options options;
	struct report_view view;
	/* seconds; below 0: found by itself */
	double warmup;
	/* units of work that the run did; below 0: unknown */
	double iterations;
};

/* Reads argv; optind is then the first operand. -1: go on, else the exit status. `options` is to
 * be freed in both cases. */
int report_options_read(struct report_options *request, int argc, char **argv);

#endif
