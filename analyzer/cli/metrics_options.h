/*
 * Reads the options of `silt serve`, and those of metrics in `silt export`.
 */
#ifndef SILT_CLI_METRICS_OPTIONS_H
#define SILT_CLI_METRICS_OPTIONS_H

#include "serve/openmetrics.h"

struct serve_options {
	/* HOST:PORT */
	const char *listen;
	/* a run directory, or a directory of runs */
	const char *path;
	struct openmetrics_labels labels;
};

/* Reads the value of --label, NAME=VALUE. Returns -1, or 2 after printing an error. */
int metrics_take_label(struct openmetrics_labels *labels, const char *command, const char *value);
void metrics_free_labels(struct openmetrics_labels *labels);

/* Reads the argv of silt serve. Returns -1, or the exit status. Free the labels in both cases. */
int serve_options_read(struct serve_options *options, int argc, char **argv);

#endif
