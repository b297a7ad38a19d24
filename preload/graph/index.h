/*
 * From an address to the block that it lies in, and to the block's number (index.c).
 * Path: cold, but where the twin spends its time. Threads: the twin. Memory: 16 bytes per 2 KiB of
 * heap.
 */
#ifndef SILT_GRAPH_INDEX_H
#define SILT_GRAPH_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "annotations/annotations.h"
#include "record/blocks.h"

struct graph;

#define GRAPH_NO_BLOCK UINT32_MAX
/* A leaf of the index stands for 64 MiB of heap: many of the shadow's. */
#define GRAPH_LEAF_SHIFT BLOCKS_SPAN_SHIFT
#define GRAPH_LEAF_SLOTS (1ul << (GRAPH_LEAF_SHIFT - 5))

/* 64 slots, 2 KiB of heap: all that a lookup needs but the block's slot. */
struct graph_group {
	/* a bit a slot */
	uint64_t starts;
	/* blocks before the group */
	uint32_t rank;
	/* the last block before it, or GRAPH_NO_BLOCK */
	uint32_t previous;
};
struct graph_leaf {
	uintptr_t base;
	/* the shadow's leaves; NULL: no block starts here, but one reaches in */
	blocks_leaf *shadow;
	struct graph_group *groups;
};

/* A block is told by `id`: leaf << 21 | slot; its number is its rank by address, from 0. */
struct graph_index {
	/* by address >> 26: leaf + 1 */
	uint16_t *leaf_of;
	struct graph_leaf *leaves;
	uint32_t leaf_count;
	/* with pieces */
	uint32_t block_count;
	/* of these the program has excused */
	uint32_t ignored_count;
	uint64_t bytes;
	/* all blocks lie within */
	uintptr_t low, high;
	/* What pools handed out, sorted: blocks within blocks; their numbers come after those
	 * of all others, and in their ids the leaf is GRAPH_PIECES. */
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

/* Of all live blocks and pieces, by the shadow. Before all others. */
void graph_index_build(struct graph *graph);
/* The last block that begins at or near before an address, and whether the address lies in it;
 * both in one: the live block that an address lies in. In two steps, so that the first can be
 * taken for many addresses before the second. */
uint32_t graph_index_near(const struct graph *graph, uintptr_t address);
uint32_t graph_index_check(const struct graph *graph, uint32_t id, uintptr_t address,
			   struct graph_block *block);
uint32_t graph_index_find(const struct graph *graph, uintptr_t address, struct graph_block *block);
/* The block that a piece was cut from. */
uint32_t graph_index_around(const struct graph *graph, uintptr_t address,
			    struct graph_block *block);
/* The first piece that ends after the address: its number, or piece_count. */
uint32_t graph_index_piece(const struct graph *graph, uintptr_t address);
/* From 0 to block_count - 1 by address, pieces last. */
uint32_t graph_index_number(const struct graph *graph, uint32_t id);
/* Its record in the shadow: generation, flags. */
struct block graph_index_record(const struct graph *graph, uint32_t id);
struct graph_block graph_index_block(const struct graph *graph, uint32_t id);
/* All blocks in order of address. */
void graph_index_each(struct graph *graph, void (*visit)(struct graph *graph, uint32_t id,
							 const struct graph_block *block));

static inline bool graph_index_may(const struct graph_index *index, uintptr_t address)
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
