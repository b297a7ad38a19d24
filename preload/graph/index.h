/*
 * Finds the block that an address lies in, and numbers all blocks (index.c).
 * Path: cold, but most of the twin's time. Threads: the twin. Memory: 16 bytes per 2 KiB of heap.
 */
#ifndef SILT_GRAPH_INDEX_H
#define SILT_GRAPH_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "annotations/annotations.h"
#include "record/blocks.h"

struct graph;

#define GRAPH_NO_BLOCK UINT32_MAX
/* A leaf of the index covers 64 MiB of heap: several leaves of the shadow (record/blocks.h). */
#define GRAPH_LEAF_SHIFT BLOCKS_SPAN_SHIFT
#define GRAPH_LEAF_SLOTS (1ul << (GRAPH_LEAF_SHIFT - 5))

/* 64 slots, 2 KiB of heap: a lookup reads one of these, and the block's slot. */
struct graph_group {
	/* one bit per slot: a block starts there */
	uint64_t starts;
	/* number of blocks before this group */
	uint32_t rank;
	/* id of the last block before this group, or GRAPH_NO_BLOCK */
	uint32_t previous;
};
struct graph_leaf {
	uintptr_t base;
	/* the shadow's leaves; NULL: no block starts here, but one extends into this leaf */
	blocks_leaf *shadow;
	struct graph_group *groups;
};

/* A block's `id` is leaf << 21 | slot. Its `number` counts from 0 by ascending address. */
struct graph_index {
	/* by address >> 26: leaf + 1; 0: none */
	uint16_t *leaf_of;
	struct graph_leaf *leaves;
	uint32_t leaf_count;
	/* blocks and pieces of pools */
	uint32_t block_count;
	/* those that the program has excused (silt_ignore) */
	uint32_t ignored_count;
	uint64_t bytes;
	/* all blocks and pieces lie in [low, high) */
	uintptr_t low, high;
	/* Pieces that pools handed out, sorted by address; most lie within blocks. Their numbers
	 * follow those of all blocks; the leaf in their ids is GRAPH_PIECES. */
	struct annotations_piece *pieces;
	uint32_t piece_count;
	uintptr_t piece_low, piece_high;
};
#define GRAPH_PIECES 2047u
static inline bool graph_is_piece(uint32_t id)
{
	return id >> 21 == GRAPH_PIECES;
}

struct graph_block {
	uintptr_t start;
	uint64_t size;
	uint32_t site, number;
	bool ignored;
};

/* Builds the index of all live blocks and pieces. Must precede all other calls. */
void graph_index_build(struct graph *graph);
/* graph_index_find() in two steps, so that a caller can take the first step for many addresses
 * before the second, and their cache misses overlap. Step 1: the last block that begins at or just
 * before the address. */
uint32_t graph_index_near(const struct graph *graph, uintptr_t address);
/* Step 2: the id of the block that contains the address, and its description in `block`; `id` comes
 * from graph_index_near(). GRAPH_NO_BLOCK: the address is in no live block. */
uint32_t graph_index_check(const struct graph *graph, uint32_t id, uintptr_t address,
			   struct graph_block *block);
/* The id of the live block or piece that contains the address, and its description in `block`;
 * GRAPH_NO_BLOCK: there is none. */
uint32_t graph_index_find(const struct graph *graph, uintptr_t address, struct graph_block *block);
/* The id of the first block (not a piece) that begins at or after `address` and before `end`, and
 * its description in `block`; GRAPH_NO_BLOCK: there is none. */
uint32_t graph_index_next(const struct graph *graph, uintptr_t address, uintptr_t end,
			  struct graph_block *block);
/* The same as graph_index_find(), leaving out pieces: the block that the piece at `address` was cut
 * from. */
uint32_t graph_index_enclosing(const struct graph *graph, uintptr_t address,
			       struct graph_block *block);
/* The index in `pieces` of the first piece that ends after the address; piece_count: none. */
uint32_t graph_index_piece(const struct graph *graph, uintptr_t address);
/* From 0 to block_count - 1: blocks by address, then pieces. */
uint32_t graph_index_number(const struct graph *graph, uint32_t id);
/* The block's record in the shadow, with its generation and flags. */
struct block graph_index_record(const struct graph *graph, uint32_t id);
/* The block's description, as graph_index_find() gives it. */
struct graph_block graph_index_block(const struct graph *graph, uint32_t id);
/* Calls `visit` for all blocks by ascending address, then for all pieces. */
void graph_index_each(struct graph *graph, void (*visit)(struct graph *graph, uint32_t id,
							 const struct graph_block *block));

/* True if a block may be there. Must precede graph_index_prefetch(). */
static inline bool graph_index_may_have(const struct graph_index *index, uintptr_t address)
{
	return address - index->low < index->high - index->low &&
	       index->leaf_of[address >> GRAPH_LEAF_SHIFT];
}

static inline void graph_index_prefetch(const struct graph_index *index, uintptr_t address)
{
	uint32_t leaf = index->leaf_of[address >> GRAPH_LEAF_SHIFT] - 1u;

	__builtin_prefetch(&index->leaves[leaf].groups[(uint32_t)(address >> 11) &
						       (GRAPH_LEAF_SLOTS / 64 - 1)]);
}

#endif
