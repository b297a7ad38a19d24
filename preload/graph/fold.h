/*
 * What was found, summed up by call site: sets of roots, edges, paths (fold.c).
 * Path: cold; graph_fold_edge() runs once a pointer. Threads: the twin. Memory: the twin's.
 */
#ifndef SILT_GRAPH_FOLD_H
#define SILT_GRAPH_FOLD_H

#include <stdbool.h>
#include <stdint.h>

struct graph;
struct graph_object;

#define GRAPH_MANY 0u /* the set of roots too many to name */
#define GRAPH_SET_MAX 4u
/* Roots that lead to a block, in the order in which they were met: stronger classes come first. */
struct graph_set {
	uint32_t count;
	uint32_t members[GRAPH_SET_MAX];
	/* there are others: nothing is added any more */
	bool more;
	uint64_t blocks, bytes;
};
/* Blocks of one site that the same roots lead to. */
struct graph_reach {
	uint32_t site, set;
	uint64_t blocks, bytes;
};

#define GRAPH_ROOT_SOURCE 0x800000u /* source = this | root object, else a site */
#define GRAPH_ARRAY 0xfffffu	    /* offset of the record of many offsets */
/* from one source to one site; where they are more it is an array */
#define GRAPH_MAX_OFFSETS 15u
struct graph_edge {
	/* source << 40 | offset in words << 20 | target's site */
	uint64_t key;
	uint64_t first, last, stride;
	/* + 1; 0: differing */
	uint64_t target_offset;
	/* of the same source and site, + 1; 0: the last */
	uint32_t next;
	uint32_t reserved;
	uint64_t count, lost, interior;
};

struct graph_path {
	uint32_t root, site;
	uint64_t blocks, bytes;
	/* + 1 */
	uint32_t first_link;
};
/* How a path's blocks were reached. */
struct graph_link {
	/* path + 1; 0: the root */
	uint32_t parent;
	uint64_t offset, blocks;
	/* of the same path; + 1 */
	uint32_t next;
};

struct graph_code {
	/* the word */
	uint64_t value;
	uint64_t offset, count;
	uint32_t site;
	bool table;
};

/* From a 64-bit key, not 0, to a number: of what has more to it a hash, which is taken for the
 * thing itself; among a million the odds that two share one are 3e-8. */
struct graph_entry {
	uint64_t key;
	/* UINT32_MAX: just added */
	uint32_t value;
	uint32_t reserved;
};
struct graph_table {
	struct graph_entry *entries;
	uint32_t mask, used;
};
/* The value under the key, which is added if it is not there; and without adding it: NULL. */
uint32_t *graph_table_at(struct graph *graph, struct graph_table *table, uint64_t key);
uint32_t *graph_table_find(const struct graph_table *table, uint64_t key);
static inline uint64_t graph_mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15ul + (hash << 6) + (hash >> 2);
	hash *= 0xd6e8feb86659fd93ul;
	return hash ^ hash >> 32;
}

/* Makes GRAPH_MANY, the set that has more roots than fit. Before all others. */
void graph_fold_start(struct graph *graph);
/* Counts a pointer: from a site (or GRAPH_ROOT_SOURCE | root object), `offset` bytes into it, to a
 * block of `site`. */
void graph_fold_edge(struct graph *graph, uint32_t source, uint64_t offset, uint32_t site,
		     uint64_t target_offset, bool lost);
/* Counts a block of `site` first reached from `root` by way of a block of the path `parent`. The
 * path's number. */
uint32_t graph_fold_path(struct graph *graph, uint32_t root, uint32_t site, uint32_t parent,
			 uint64_t offset, uint64_t size);
/* The number of a root object, one for each address and thread. */
uint32_t graph_fold_object(struct graph *graph, const struct graph_object *object);
/* The set of the roots in either; GRAPH_MANY where they do not fit. */
uint32_t graph_fold_union(struct graph *graph, uint32_t set, uint32_t added);
/* The members of the strongest class: the roots that retain, of all that lead there. */
uint32_t graph_fold_strongest(struct graph *graph, uint32_t set);
/* Counts a block of `site` that the roots of `set` lead to. */
void graph_fold_reach(struct graph *graph, uint32_t site, uint32_t set, uint64_t size);

#endif
