/*
 * The metrics for monitoring systems, in any format: their names, units and samples. All are
 * gauges.
 * Must not: know a format.
 */
#ifndef SILT_SERVE_METRICS_H
#define SILT_SERVE_METRICS_H

struct monitor;
struct process_figures;

struct metric_family {
	/* the unit is a UCUM code, or "" */
	const char *name, *unit, *help;
};

/* A format. `begin` is called before the samples of a family. */
struct metrics_sink {
	void *argument;
	void (*begin)(void *argument, const struct metric_family *family);
	/* `figures` is NULL for the directory as a whole. `more`: names and values of labels
	 * in addition to those of the process, then NULL. */
	void (*sample)(void *argument, const struct process_figures *figures, double value,
		       const char *const *more);
};

void metrics_walk(const struct monitor *monitor, const struct metrics_sink *sink);

#endif
