/*
 * Sums by call site: verdicts and reference counts (sum.c), fill of large blocks (fill.c), ends of
 * lists (anchors.c); shapes of unreachable cycles (lost.c).
 * Path: cold. Threads: the twin. Memory: the twin's.
 */
#ifndef SILT_GRAPH_SUM_H
#define SILT_GRAPH_SUM_H

#include <stdint.h>

#include "graph/index.h"
#include "silt_snapshot.h"

struct graph;

/* 32-bit words at a block's start that may be a reference count */
#define GRAPH_COUNT_WORDS 16u
/* The first words of a site's blocks compared with the number of pointers to the block. */
struct graph_counts {
	/* blocks compared */
	uint32_t blocks;
	/* bit i: word i was no small positive number in some block */
	uint32_t not_small;
	/* blocks compared, by number of pointers to them */
	uint32_t compared[SILT_REFERENCES];
	/* number + 1 of the site's graph_matrix; 0: none */
	uint32_t matrix;
	/* by word: blocks in which it equals the number of pointers, is above, is below it; by how
	 * much it is above in all */
	struct {
		uint32_t equal[SILT_REFERENCES], above, below;
		uint64_t excess;
	} word[GRAPH_COUNT_WORDS];
};
/* Number of blocks by word, number of pointers to the block, and the word's value; stays at
 * UINT16_MAX. */
struct graph_matrix {
	uint16_t seen[GRAPH_COUNT_WORDS][SILT_REFERENCES][SILT_COUNTED];
};
struct graph_site {
	/* by enum silt_verdict */
	uint64_t blocks[SILT_VERDICTS], bytes[SILT_VERDICTS];
	/* lost, and born before the last interval */
	uint64_t old_blocks, old_bytes;
	/* lost through lost blocks of this site */
	uint64_t through_blocks, through_bytes;
	/* reachable blocks of which only interior pointers were seen */
	uint64_t interior;
	/* blocks by number of pointers to them, see graph/sum.c */
	uint32_t degrees[SILT_DEGREES];
	/* number + 1 of the site's graph_counts; 0: none */
	uint32_t counts;
	/* distinct graph_code entries */
	uint32_t codes;
	/* blocks of at least GRAPH_FILL_LEAST bytes; their bytes; those up to the last byte that is
	 * not zero */
	uint64_t large_blocks, large_bytes, large_used;
	/* blocks next to gaps in the heap, and their half of these gaps */
	uint64_t pinning_blocks, pinned_bytes;
};
/* Fills graph->sites. After graph_find_lost(). */
void graph_sum(struct graph *graph);

#define GRAPH_FILL_LEAST 4096u
/* Bytes of a block up to the last one that is not zero; pages never touched count as zero. */
uint64_t graph_fill_used(struct graph *graph, const struct graph_block *block);

/* A pointer within a cycle: from a site, at an offset, to a site. */
struct graph_triple {
	uint32_t from, to;
	uint64_t offset;
};
#define GRAPH_TRIPLES 32u
/* Unreachable cycles of the same shape, which is the set of their pointers. */
struct graph_component {
	uint64_t components, blocks, bytes;
	uint32_t count;
	struct graph_triple triples[GRAPH_TRIPLES];
};

/* A pointer from a root object to the block `number` of `site`. */
struct graph_pointer {
	uint32_t root, number, site;
};
/* Pointers from a root object to blocks of a site, and those of them that lead to an end of a
 * list. */
struct graph_anchor {
	uint32_t root, site;
	uint64_t pointers, ends;
};
/* Fills graph->anchors. After graph_sum(). */
void graph_find_anchors(struct graph *graph);

#endif
