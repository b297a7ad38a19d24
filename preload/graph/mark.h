/*
 * Following every pointer, breadth first (mark.c), and what is left: lost blocks (lost.c).
 * Path: cold, and most of the twin's time. Threads: the twin. Memory: 12 bytes a block and a queue.
 */
#ifndef SILT_GRAPH_MARK_H
#define SILT_GRAPH_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/index.h"

struct graph;

/* What is known of a block, by number. */
struct graph_mark {
	uint32_t state;
	/* of a lost block: see graph/lost.c */
	uint32_t path;
	/* site, bit 4 of its address, whether it is excused, size: see graph/index.c */
	uint32_t what;
};
/* state: the set of roots, the number of pointers to it (at most 255), the class of roots (0:
 * not reached), and these: */
#define GRAPH_SET_BITS 18u
#define GRAPH_SET_MASK ((1u << GRAPH_SET_BITS) - 1)
#define GRAPH_DEGREE_ONE (1u << 18)
#define GRAPH_DEGREE_MASK (255u << 18)
#define GRAPH_CLASS_SHIFT 26u
#define GRAPH_CLASS_MASK (7u << GRAPH_CLASS_SHIFT)
#define GRAPH_EXACT (1u << 29) /* a pointer to its start was seen */
#define GRAPH_QUEUED (1u << 30)
#define GRAPH_SCANNED (1u << 31) /* its pointers have been counted */
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
/* Blocks whose pointers are still to be followed, in order. False: none is left. */
void graph_push(struct graph *graph, uint32_t id);
bool graph_pop(struct graph *graph, uint32_t *id);
/* The one that will be popped after `ahead` others, if that is known without effort; or
 * GRAPH_NO_BLOCK. */
uint32_t graph_peek(const struct graph *graph, uint32_t ahead);

/* Follows all pointers from all roots: afterwards each block's graph_mark holds. */
void graph_mark(struct graph *graph);
/* Words that may be pointers to blocks, and all others; offset: of the word. */
struct graph_visitor {
	void (*candidate)(struct graph *graph, void *argument, uint64_t offset, uintptr_t word);
	void (*code)(struct graph *graph, void *argument, uint64_t offset,
		     /* into a module; may be NULL */
		     uintptr_t word);
	void *argument;
};
void graph_scan(struct graph *graph, uintptr_t start, uintptr_t end,
		const struct graph_visitor *visitor);
/* The readable, touched parts of a block. */
void graph_scan_block(struct graph *graph, const struct graph_block *block,
		      const struct graph_visitor *visitor);

/* Tells the blocks that were not reached apart: lost directly, through others, in a cycle. */
void graph_lost(struct graph *graph);
/* enum silt_verdict of a block, once graph_lost() is done. */
uint32_t graph_verdict(const struct graph *graph, uint32_t number);

#endif
