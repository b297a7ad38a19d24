/*
 * Marking: follows every pointer from the roots, breadth first (mark.c), then classifies the blocks
 * that were not reached (lost.c).
 * Path: cold, but most of the twin's time. Threads: the twin. Memory: 12 bytes a block and a queue.
 */
#ifndef SILT_GRAPH_MARK_H
#define SILT_GRAPH_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/index.h"

struct graph;

/* What is known of a block, by block number. */
struct graph_mark {
	/* packed: the number of its set of roots, the number of pointers to it (at most 255), the
	 * class of its roots (0: not reached), and the flags below */
	uint32_t state;
	/* the path it was first reached by; of a lost block: see graph/lost.c */
	uint32_t path;
	/* packed: site, bit 4 of the address, whether it is excused, size: see graph/index.c */
	uint32_t what;
};
#define GRAPH_SET_BITS 18u
#define GRAPH_SET_MASK ((1u << GRAPH_SET_BITS) - 1)
#define GRAPH_DEGREE_ONE (1u << 18)
#define GRAPH_DEGREE_MASK (255u << 18)
#define GRAPH_CLASS_SHIFT 26u
#define GRAPH_CLASS_MASK (7u << GRAPH_CLASS_SHIFT)
#define GRAPH_EXACT (1u << 29) /* a pointer to its start was seen */
#define GRAPH_QUEUED (1u << 30)
#define GRAPH_SCANNED (1u << 31) /* its own pointers have been counted */
static inline uint32_t graph_class_of(uint32_t state)
{
	return (state & GRAPH_CLASS_MASK) >> GRAPH_CLASS_SHIFT;
}
static inline uint32_t graph_degree_of(uint32_t state)
{
	return (state & GRAPH_DEGREE_MASK) >> GRAPH_SET_BITS;
}
static inline void graph_count_pointer(struct graph_mark *mark)
{
	if ((mark->state & GRAPH_DEGREE_MASK) != GRAPH_DEGREE_MASK)
		mark->state += GRAPH_DEGREE_ONE;
}
#define GRAPH_NO_PATH UINT32_MAX

struct graph_queue_chunk;
struct graph_queue {
	struct graph_queue_chunk *first, *last, *spare;
	uint32_t read;
};
/* The queue of blocks whose pointers are still to be followed, first in, first out. */
void graph_push(struct graph *graph, uint32_t id);
/* False: the queue is empty. */
bool graph_pop(struct graph *graph, uint32_t *id);
/* The block that will be popped after `ahead` others, for prefetching; GRAPH_NO_BLOCK: unknown. */
uint32_t graph_peek(const struct graph *graph, uint32_t ahead);

/* Follows all pointers from all roots: graph->marks is complete afterwards, but for lost blocks. */
void graph_mark(struct graph *graph);
/* Receives the words of scanned memory; `offset`: of the word, from the start of the block or
 * region. */
struct graph_visitor {
	/* a word that may point to a block */
	void (*candidate)(struct graph *graph, void *argument, uint64_t offset, uintptr_t word);
	/* any other word that points into a module; may be NULL */
	void (*code)(struct graph *graph, void *argument, uint64_t offset, uintptr_t word);
	void *argument;
};
/* Scans the aligned words of [start, end), which must be readable. */
void graph_scan(struct graph *graph, uintptr_t start, uintptr_t end,
		const struct graph_visitor *visitor);
/* Scans what is readable of a block, without the pieces that a pool cut from it; of a large block
 * only pages that were ever touched. */
void graph_scan_block(struct graph *graph, const struct graph_block *block,
		      const struct graph_visitor *visitor);

/* Classifies the blocks that were not reached: lost directly, lost through others, in a cycle. */
void graph_find_lost(struct graph *graph);
/* The enum silt_verdict of a block. Only after graph_find_lost(). */
uint32_t graph_verdict(const struct graph *graph, uint32_t number);

#endif
