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
	/* wall clock, monotonic clock */
	uint64_t start_unix_ns, start_ns;
	const char *directory, *host;
	/* of the program; "": not told */
	const char *version;
	/* each terminated, as in /proc/self/cmdline */
	const char *arguments;
	size_t arguments_size;
	uint32_t allocator;
	struct real_heap heap;
	/* monotonic clock at which `heap` was read, 0: never */
	uint64_t heap_ns;
	/* live bytes on record then */
	uint64_t heap_books;
	uint64_t lost_snapshots;
	/* of the last of them */
	uint32_t lost_errno;
	uint64_t children_not_recorded;
	/* the end of the process; all 0: it has not begun */
	/* monotonic clock */
	uint64_t end_ns;
	uint64_t end_generation, end_sequence;
	/* enum silt_end */
	uint32_t end_cause;
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
	/* enum silt_trigger */
	uint32_t trigger;
	const char *label;
	uint64_t sequence;
	/* the interval that ends */
	uint64_t generation;
	/* in the twin: the graph; else NULL */
	const struct snapshot_sections *graph;
	const struct silt_graph
		/* a graph was asked for and could not be made: why; else NULL */
		*graph_outcome;
};

/* Writes NAME in the directory, whole or not at all; 0, or -errno. */
long snapshot_write(const struct snapshot_process *process, const struct snapshot_cause *cause,
		    int directory, const char *name);

#endif
