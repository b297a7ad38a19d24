/*
 * What silt serve and the metrics of silt export are told on a command line.
 */
#ifndef SILT_CLI_METRICS_OPTIONS_H
#define SILT_CLI_METRICS_OPTIONS_H

#include "serve/openmetrics.h"

struct serve_options {
	/* HOST:PORT */
	const char *listen;
	/* a directory */
	const char *path;
	struct openmetrics_labels labels;
};

/* Takes the value of --label, NAME=VALUE; -1, or 2 after printing what is wrong. */
int metrics_take_label(struct openmetrics_labels *labels, const char *command, const char *value);
void metrics_free_labels(struct openmetrics_labels *labels);

/* Reads the argv of silt serve. -1: go on, else the exit status. The labels are to be freed in
 * both cases. */
int serve_options_read(struct serve_options *options, int argc, char **argv);

#endif
