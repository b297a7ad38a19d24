/*
 * Figures as monitoring systems read them: OpenMetrics text. All metrics are gauges, so it is
 * the text format of Prometheus (0.0.4), too, which node_exporter reads. silt-export(1) has their
 * names.
 * Must not: open files; let a name from a program through that is not UTF-8.
 */
#ifndef SILT_SERVE_OPENMETRICS_H
#define SILT_SERVE_OPENMETRICS_H

#include <stddef.h>
#include <stdio.h>

struct monitor;

struct openmetrics_label {
	char *name, *value;
};

/* Labels that all figures of processes get besides silt's own. */
struct openmetrics_labels {
	struct openmetrics_label *list;
	size_t count, capacity;
};

/* Is a label as it can be taken, beside those there are? NULL, or what is wrong with it. */
const char *openmetrics_check_label(const struct openmetrics_labels *labels, const char *name);

/* The whole exposition, to "# EOF". */
void openmetrics_write(FILE *file, const struct monitor *monitor,
		       const struct openmetrics_labels *labels);

#endif
