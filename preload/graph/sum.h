/*
 * Verdicts, counts of references, cycles (sum.c), fill of large blocks (fill.c) and anchors of
 * lists (anchors.c), by call site.
 * Path: cold. Threads: the twin. Memory: the twin's.
 */
#ifndef SILT_GRAPH_SUM_H
#define SILT_GRAPH_SUM_H

#include <stdint.h>

#include "graph/index.h"
#include "silt_snapshot.h"

struct graph;

/* 32-bit words at a block's start that may be a count of references */
#define GRAPH_COUNT_WORDS 16u
struct graph_counts {
	/* bit a word: some value is no small number */
	uint32_t blocks, not_small;
	/* blocks, by number of pointers to them */
	uint32_t compared[SILT_REFERENCES];
	/* + 1; 0: there are too few blocks so far */
	uint32_t matrix;
	struct {
		uint32_t equal[SILT_REFERENCES], above, below;
		uint64_t excess;
	} word[GRAPH_COUNT_WORDS];
};
/* Blocks by number of pointers to them and by the word; at most UINT16_MAX. */
struct graph_matrix {
	uint16_t seen[GRAPH_COUNT_WORDS][SILT_REFERENCES][SILT_COUNTED];
};
struct graph_site {
	uint64_t blocks[SILT_VERDICTS], bytes[SILT_VERDICTS];
	uint64_t old_blocks, old_bytes, through_blocks, through_bytes, interior;
	uint32_t degrees[SILT_DEGREES];
	/* + 1 */
	uint32_t counts;
	/* distinct entries of graph_code */
	uint32_t codes;
	/* blocks of at least GRAPH_FILL_LEAST bytes, their bytes, and of these those up to the
	 * last that is not zero */
	uint64_t large_blocks, large_bytes, large_used;
	/* beside gaps */
	uint64_t pinning_blocks, pinned_bytes;
};
void graph_sum(struct graph *graph);

#define GRAPH_FILL_LEAST 4096u
/* Bytes of a block up to the last one that is not zero. */
uint64_t graph_fill_used(struct graph *graph, const struct graph_block *block);

struct graph_triple {
	uint32_t from, to;
	uint64_t offset;
};
#define GRAPH_TRIPLES 32u
struct graph_component {
	uint64_t components, blocks, bytes;
	uint32_t count;
	struct graph_triple triples[GRAPH_TRIPLES];
};

/* Pointers from a root to blocks of a site, and how many of them point to ends of chains. */
struct graph_pointer {
	/* the block's */
	uint32_t root, number, site;
};
struct graph_anchor {
	uint32_t root, site;
	uint64_t pointers, ends;
};
void graph_anchors(struct graph *graph);

#endif
