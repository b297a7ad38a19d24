/*
 * Writes figures as OpenMetrics text. All metrics are gauges, so the text is also Prometheus's text
 * format (0.0.4), which node_exporter reads. silt-export(1) lists the names.
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

/* Labels that the figures of all processes get besides silt's own. */
struct openmetrics_labels {
	struct openmetrics_label *list;
	size_t count, capacity;
};

/* Returns NULL if the label may be added to `labels`, else what is wrong with its name. */
const char *openmetrics_check_label(const struct openmetrics_labels *labels, const char *name);

/* Writes the whole exposition, up to "# EOF". */
void openmetrics_write(FILE *file, const struct monitor *monitor,
		       const struct openmetrics_labels *labels);

#endif
