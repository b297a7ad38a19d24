/*
 * The figures of one recorded process for a monitoring system: a bounded number, however long the
 * process ran.
 * Must not: know a format, judge by itself.
 */
#ifndef SILT_SERVE_FIGURES_H
#define SILT_SERVE_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnose/finding.h"

struct profile_context;
struct run_dir;
struct snapshot_error;

/* Call sites listed separately, those that grow most; all others are summed up. */
#define FIGURES_SITES 10

struct figures_site {
	/* without control characters; no other site of the process has the same pair */
	char *function, *place;
	uint64_t live_bytes;
	/* growth rate after the warm-up; below 0: it shrinks */
	double bytes_per_second;
};

/* Sums over all findings of one kind. */
struct figures_kind {
	uint64_t count, live_bytes;
	double bytes_per_second;
	/* the highest of the findings */
	double confidence;
};

struct process_figures {
	/* the run directory, relative to the directory that is monitored */
	char *run;
	/* path of the last snapshot that was loaded */
	char *newest;
	/* the run directory has a note of the process's end (load/ended.h) */
	bool has_ended;
	/* without control characters; "": unknown */
	char *program, *host, *build_id, *version;
	/* true unless the end of the process is known */
	bool is_running;
	/* the process allocated nothing, so its verdict proves nothing */
	bool is_idle;
	enum diagnosis_verdict verdict;
	uint64_t live_bytes, live_blocks, peak_live_bytes, rss_bytes, recorder_bytes, lost_blocks;
	uint64_t time_unix_ns, uptime_ns;
	/* by enum finding_kind */
	struct figures_kind kinds[FINDING_KINDS];
	/* sorted by growth */
	struct figures_site sites[FIGURES_SITES];
	size_t site_count;
	/* the sum of all other sites, without a name */
	struct figures_site rest;
};

/* Judges the run as silt report does; symbols are cached in `context`. Returns NULL and an error
 * if a snapshot cannot be read. Free with figures_free(). */
struct process_figures *figures_new(const struct run_dir *run, struct profile_context *context,
				    struct snapshot_error *error);
/* Returns true if figures_new() would give the same figures for the run now. */
bool figures_hold(const struct process_figures *figures, const struct run_dir *run);
void figures_free(struct process_figures *figures);

#endif
