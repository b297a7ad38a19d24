/*
 * What a monitoring system is told of one recorded process: a few figures, however long it ran.
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

/* Call sites told apart, those that grow most; the rest is summed. */
#define FIGURES_SITES 10

struct figures_site {
	/* without control characters; no other site of the process has the same two */
	char *function, *place;
	uint64_t live_bytes;
	/* after the warm-up; below 0: it shrinks */
	double bytes_per_second;
};

/* Of all findings of one kind. */
struct figures_kind {
	uint64_t count, live_bytes;
	double bytes_per_second;
	/* the highest */
	double confidence;
};

struct process_figures {
	/* the directory, below the one that is looked at */
	char *run;
	/* the last snapshot that was looked at */
	char *newest;
	/* who waited for the process has noted its end (load/ended.h) */
	bool has_ended;
	/* without control characters; "": not known */
	char *program, *host, *build_id, *version;
	/* the end of the process is not known */
	bool is_running;
	/* allocated nothing: its verdict proves nothing */
	bool is_idle;
	enum diagnosis_verdict verdict;
	uint64_t live_bytes, live_blocks, peak_live_bytes, rss_bytes, recorder_bytes, lost_blocks;
	uint64_t time_unix_ns, uptime_ns;
	/* by enum finding_kind */
	struct figures_kind kinds[FINDING_KINDS];
	/* by growth */
	struct figures_site sites[FIGURES_SITES];
	size_t site_count;
	/* what all other sites add up to, without a name */
	struct figures_site rest;
};

/* Judges the run as silt report does; symbols are kept in the context. NULL and an error: one of
 * its snapshots cannot be read. */
struct process_figures *figures_new(const struct run_dir *run, struct profile_context *context,
				    struct snapshot_error *error);
/* Would figures of the run be the same now? */
bool figures_hold(const struct process_figures *figures, const struct run_dir *run);
void figures_free(struct process_figures *figures);

#endif
