/*
 * The one writer of snapshot files (include/silt_snapshot.h).
 * Path: cold. Threads: one at a time (run.c's lock), beside threads that go on allocating; also
 * from the helper process, so no thread-local storage. Memory: own pages, given back; about 100
 * bytes a site.
 * Must not: stop anybody, call malloc or stdio.
 */
#ifndef SILT_SNAPSHOT_WRITE_H
#define SILT_SNAPSHOT_WRITE_H

#include "record/real.h"
#include "silt_snapshot.h"

/* What does not change while a process runs, and what only control.c knows. */
struct snapshot_process {
	uint32_t pid;
	uint64_t start_unix_ns, start_ns; /* wall clock, monotonic clock */
	const char *directory, *host;
	const char *arguments; /* each terminated, as in /proc/self/cmdline */
	size_t arguments_size;
	uint32_t allocator;
	struct real_heap heap;
	uint64_t heap_ns;    /* monotonic clock at which `heap` was read, 0: never */
	uint64_t heap_books; /* live bytes on record then */
	uint64_t lost_snapshots;
	uint32_t lost_errno; /* of the last of them */
	uint64_t children_not_recorded;
	/* the end of the process; all 0: it has not begun */
	uint64_t end_ns; /* monotonic clock */
	uint64_t end_generation, end_sequence;
	uint32_t end_cause; /* enum silt_end */
	uint64_t rss_bytes,
		anonymous_rss_bytes; /* of the last snapshot: the kernel forgets with the process */
};

struct snapshot_file;
/* Sections that another room adds. */
struct snapshot_sections {
	/* May learn modules and pcs; called before those are written. */
	void (*build)(void *argument);
	/* `record_of[site]`: index in the section of sites, UINT32_MAX: not there. */
	void (*write)(void *argument, struct snapshot_file *file, const uint32_t *record_of,
		      uint32_t site_count);
	void *argument;
};

struct snapshot_cause {
	uint32_t trigger; /* enum silt_trigger */
	const char *label;
	uint64_t sequence;
	uint64_t generation; /* the interval that ends */
	/* in the twin: the graph; else NULL */
	const struct snapshot_sections *graph;
	const struct silt_graph
		*graph_outcome; /* a graph was asked for and could not be made: why; else NULL */
};

/* Writes NAME in the directory, whole or not at all; 0, or -errno. */
long snapshot_write(const struct snapshot_process *process, const struct snapshot_cause *cause,
		    int directory, const char *name);

#endif
