/*
 * Writes snapshot files (include/silt_snapshot.h).
 * Path: cold. Threads: one at a time, while others allocate; also the helper process, so no
 * thread-local storage. Memory: own pages, freed; about 100 bytes a site.
 * Must not: stop a thread, call malloc or stdio.
 */
#ifndef SILT_SNAPSHOT_WRITE_H
#define SILT_SNAPSHOT_WRITE_H

#include "record/peak.h"
#include "record/real.h"
#include "silt_snapshot.h"

/* What the caller knows of the process. */
struct snapshot_process {
	uint32_t pid;
	/* wall clock, monotonic clock */
	uint64_t start_unix_ns, start_ns;
	const char *directory, *host;
	/* the program's version; "": unknown */
	const char *version;
	/* each terminated by a zero byte, as in /proc/self/cmdline */
	const char *arguments;
	size_t arguments_size;
	uint32_t allocator;
	struct real_heap heap;
	/* when `heap` was read, monotonic clock; 0: never */
	uint64_t heap_ns;
	/* recorded live bytes at that time */
	uint64_t heap_recorded;
	uint64_t lost_snapshots;
	/* why the last of them was lost */
	uint32_t lost_errno;
	uint64_t children_not_recorded;
	/* the end of the process, monotonic clock; 0, like the next three: it has not begun */
	uint64_t end_ns;
	uint64_t end_generation, end_sequence;
	/* enum silt_end */
	uint32_t end_cause;
	/* from the last snapshot: used when the process, and with it the kernel's figures, is
	 * gone */
	uint64_t rss_bytes, anonymous_rss_bytes;
};

struct snapshot_file;
/* Sections that another room adds. */
struct snapshot_sections {
	/* Called before modules and pcs are written; may add to both. */
	void (*build)(void *argument);
	/* Writes the sections. `record_of[site]`: the site's index in the section of sites;
	 * UINT32_MAX: the site is not there. */
	void (*write)(void *argument, struct snapshot_file *file, const uint32_t *record_of,
		      uint32_t site_count);
	void *argument;
};

struct snapshot_cause {
	/* enum silt_trigger */
	uint32_t trigger;
	const char *label;
	uint64_t sequence;
	/* number of the interval that ends with this snapshot */
	uint64_t generation;
	/* shows this moment instead of the present; else NULL */
	const struct peak *peak;
	/* in the twin: the graph's sections; else NULL */
	const struct snapshot_sections *graph;
	/* why a graph that was asked for could not be made; else NULL */
	const struct silt_graph *graph_outcome;
};

/* Writes the file `name` in the directory (a descriptor), whole or not at all. Returns 0 or
 * -errno. */
long snapshot_write(const struct snapshot_process *process, const struct snapshot_cause *cause,
		    int directory, const char *name);

#endif
