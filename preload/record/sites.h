/*
 * Stores every distinct traceback once, as a tree of (caller, pc) nodes, so that common outer
 * frames are shared.
 * Path: sites_find() hot (one hash probe, no lock, no store), adding a site cold. Threads: all.
 * Memory: own pages: about 60 bytes a site and 8 a node.
 * Must not: be called while a traceback is being captured.
 *
 * A site is found by the 64-bit hash of its traceback alone: among 100,000 sites two share one with
 * a probability of 3e-10.
 */
#ifndef SILT_SITES_H
#define SILT_SITES_H

#include "base/rt.h"
#include "unwind/capture.h"

#define SITES_MAX ((1u << 20) - 1) /* numbers 1 to SITES_MAX; 0: none */

struct site {
	/* node of the innermost frame; 0: nothing could be unwound */
	uint32_t node;
	/* true number of frames at the first allocation */
	uint32_t depth;
	/* enum silt_site_flag */
	uint32_t flags;
	uint32_t reserved;
	/* first allocation, monotonic clock */
	uint64_t first_ns;
};

struct sites_node {
	/* the caller's node; 0: this is the outermost */
	uint32_t parent;
	/* number of the program counter, see rules.h */
	uint32_t pc;
};

struct sites_entry {
	/* 0: unused */
	_Atomic uint64_t hash;
	uint32_t site;
	uint32_t reserved;
};

struct sites_table {
	uint32_t mask, used;
	struct sites_entry *entries;
};

extern RT_HIDDEN struct sites_table *_Atomic sites_table;

/* Cold: adds a traceback that is new. Returns its number; 0: it could not be stored. */
uint32_t sites_add(const struct unwind_trace *trace, struct unwind_walk *walk,
		   const struct unwind_start *start);

/* Adds a site without a call stack, which sites_find() never finds. Returns its number; 0: it could
 * not be stored. */
uint32_t sites_add_bare(uint32_t flags);

/* The number of a traceback, which is added if it is new; 0: it could not be stored. */
static inline uint32_t sites_find(const struct unwind_trace *trace, struct unwind_walk *walk,
				  const struct unwind_start *start)
{
	const struct sites_table *table = atomic_load_explicit(&sites_table, memory_order_acquire);

	for (uint32_t i = (uint32_t)(trace->hash >> 32);; i++) {
		const struct sites_entry *entry = &table->entries[i & table->mask];
		uint64_t found = atomic_load_explicit(&entry->hash, memory_order_acquire);

		if (likely(found == trace->hash))
			return entry->site;
		if (found == 0)
			return sites_add(trace, walk, start);
	}
}

/* The self-check: compares the call stack stored for `site` with the one that libunwind finds. */
void sites_check(uint32_t site, const struct unwind_start *start);

/* Must precede all other calls. False: no memory. */
bool sites_start(void);
/* The highest number in use. */
uint32_t sites_count(void);
const struct site *sites_get(uint32_t site);
uint32_t sites_node_count(void);
const struct sites_node *sites_node(uint32_t node);
/* Times that a traceback could not be stored. */
uint64_t sites_lost(void);

/* Take and release the lock around a copy of the process: no site is added in between. */
void sites_before_fork(void);
void sites_after_fork(void);

#endif
