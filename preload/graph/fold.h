/*
 * The graph summed up by call site: sets of roots, edges between sites, paths from roots (fold.c).
 * Path: cold; graph_fold_edge() runs once per pointer. Threads: the twin. Memory: the twin's.
 */
#ifndef SILT_GRAPH_FOLD_H
#define SILT_GRAPH_FOLD_H

#include <stdbool.h>
#include <stdint.h>

struct graph;
struct graph_object;

#define GRAPH_MANY 0u /* number of the set that stands for more roots than a set can name */
#define GRAPH_SET_MAX 4u
/* Root objects that lead to a block, by ascending number: stronger classes come first. */
struct graph_set {
	uint32_t count;
	uint32_t members[GRAPH_SET_MAX];
	/* more roots than `members` lead there; the set does not grow any further */
	bool more;
	/* retained by exactly these roots */
	uint64_t blocks, bytes;
};
/* Blocks of one site that the same set of roots leads to. */
struct graph_reach {
	uint32_t site, set;
	uint64_t blocks, bytes;
};

#define GRAPH_ROOT_SOURCE 0x800000u /* an edge's source: this | root object, else a site */
#define GRAPH_ARRAY 0xfffffu	    /* offset in the key of an edge that sums up many offsets */
/* offsets kept apart between one source and one site; more are summed up in one edge */
#define GRAPH_MAX_OFFSETS 15u
/* Pointers from one source, at one offset or from an array, to blocks of one site. */
struct graph_edge {
	/* source << 40 | offset in words << 20 | target's site */
	uint64_t key;
	/* offsets in bytes: `first`, `first + stride`, ... `last` */
	uint64_t first, last, stride;
	/* offset into the target + 1; 0: the offsets differ */
	uint64_t target_offset;
	/* number + 1 of the next edge of the same source and site; 0: none */
	uint32_t next;
	uint32_t reserved;
	/* pointers; those from lost blocks; those past the start of their target */
	uint64_t count, lost, interior;
};

#define GRAPH_CHAINS 4u
/* Blocks of a path first reached by a pointer at one offset of another block of the path. */
struct graph_chain {
	uint64_t offset, blocks;
};
/* Blocks of one site first reached from one root. */
struct graph_path {
	uint32_t root, site;
	uint64_t blocks, bytes;
	/* number + 1; 0: none */
	uint32_t first_link;
	uint32_t chain_count;
	/* the offsets seen first, in that order; further ones are left out */
	struct graph_chain chains[GRAPH_CHAINS];
};
/* Which path the blocks of a path were reached through. */
struct graph_link {
	/* number of the path + 1; 0: straight from the root */
	uint32_t parent;
	/* where the pointer was, for the first block counted here */
	uint64_t offset;
	uint64_t blocks;
	/* number + 1 of the next link of the same path; 0: none */
	uint32_t next;
};

/* Words of one value at one offset of a site's blocks that point to a function, or to a table. */
struct graph_code {
	uint64_t value;
	uint64_t offset, count;
	uint32_t site;
	bool table;
};

/* A hash table from a 64-bit key, never 0, to a number. Larger keys are hashed to 64 bits, and
 * equal hashes taken for equal keys: among a million keys two collide with a probability of
 * 3e-8. */
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
/* The value of `key`, which is added with the value UINT32_MAX if absent. The pointer is valid
 * until the next call. */
uint32_t *graph_table_at(struct graph *graph, struct graph_table *table, uint64_t key);
/* The value of `key`; NULL if absent. */
uint32_t *graph_table_find(const struct graph_table *table, uint64_t key);
static inline uint64_t graph_mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15ul + (hash << 6) + (hash >> 2);
	hash *= 0xd6e8feb86659fd93ul;
	return hash ^ hash >> 32;
}

/* Makes the set GRAPH_MANY. Must precede all other calls below. */
void graph_fold_start(struct graph *graph);
/* Counts a pointer, `offset` bytes into `source` (a site, or GRAPH_ROOT_SOURCE | root object), to
 * `target_offset` bytes into a block of `site`. `lost`: the source is a lost block. */
void graph_fold_edge(struct graph *graph, uint32_t source, uint64_t offset, uint32_t site,
		     uint64_t target_offset, bool lost);
/* Counts a block of `site` and `size` bytes first reached from `root`, by a pointer `offset` bytes
 * into a block of the path `parent` (GRAPH_NO_PATH: into the root). Returns the path's number. */
uint32_t graph_fold_path(struct graph *graph, uint32_t root, uint32_t site, uint32_t parent,
			 uint64_t offset, uint64_t size);
/* The number of a root object, which is added if new: one for each kind, module, thread,
 * address. */
uint32_t graph_fold_object(struct graph *graph, const struct graph_object *object);
/* The union of two sets; `set` itself if it is full; GRAPH_MANY if there are too many sets. */
uint32_t graph_fold_union(struct graph *graph, uint32_t set, uint32_t added);
/* The members of the set's strongest class, which are the roots that retain its blocks; GRAPH_MANY
 * where others may have been left out. */
uint32_t graph_fold_strongest(struct graph *graph, uint32_t set);
/* Counts a block of `site` and `size` bytes that the roots of `set` lead to. */
void graph_fold_reach(struct graph *graph, uint32_t site, uint32_t set, uint64_t size);

#endif
