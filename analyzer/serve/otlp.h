/*
 * Encodes the metrics of serve/metrics.h for OpenTelemetry collectors: gauges of OTLP 1.x, in
 * protobuf. Each process is a resource; silt-export(1) describes its attributes.
 * Must not: open files, send anything; let a name from a program through that is not UTF-8.
 */
#ifndef SILT_SERVE_OTLP_H
#define SILT_SERVE_OTLP_H

#include <stddef.h>

struct monitor;
struct openmetrics_label;

/* Attributes that the user adds to every resource. */
struct otlp_resource {
	const struct openmetrics_label *labels;
	size_t label_count;
	/* service.name; NULL: the name of the program */
	const char *service;
};

/* Returns NULL if the user may set the attribute, else what is wrong with it. */
const char *otlp_check_attribute(const char *name);

/* Returns an ExportMetricsServiceRequest of `size` bytes; the caller frees it. */
unsigned char *otlp_encode(const struct monitor *monitor, const struct otlp_resource *added,
			   size_t *size);

#endif
