/*
 * Finds the live block that an address lies in, and gives every block a dense number.
 * Path: cold, but graph_index_find() is most of the twin's time. Threads: the twin. Memory: 16
 * bytes per 2 KiB of heap.
 * Must not: read the blocks' contents, except to recognise an empty C++ array.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "annotations/annotations.h"
#include "base/rt.h"
#include "graph/index.h"
#include "graph/mark.h"
#include "graph/memory.h"
#include "graph/state.h"
#include "record/blocks.h"
#include "silt_snapshot.h"

#define GROUPS (GRAPH_LEAF_SLOTS / 64)
#define MAX_LEAVES GRAPH_PIECES /* an id has 11 bits for the leaf: 128 GiB of heap */
#define MAX_PIECES ((1u << 21) - 1)

static struct graph_leaf *add_leaf(struct graph *graph, uintptr_t base, blocks_leaf *shadow)
{
	struct graph_index *index = &graph->index;
	struct graph_leaf *leaf = &index->leaves[index->leaf_count];

	if (index->leaf_count == MAX_LEAVES)
		graph_give_up(graph, SILT_GRAPH_MEMORY);
	leaf->base = base;
	leaf->shadow = shadow;
	leaf->groups = graph_alloc(graph, GROUPS * sizeof *leaf->groups);
	index->leaf_of[base >> GRAPH_LEAF_SHIFT] = (uint16_t)++index->leaf_count;
	return leaf;
}

static void make_marks(struct graph *graph);

struct builder {
	struct graph *graph;
	/* id of the previous block */
	uint32_t last;
	/* where that block ends */
	uintptr_t reach;
};

/* Adds the leaves that the previous block extends into and in which no block starts. */
static void bridge(struct builder *builder, uintptr_t next)
{
	const struct graph_index *index = &builder->graph->index;
	uintptr_t base;

	if (builder->last == GRAPH_NO_BLOCK)
		return;
	base = index->leaves[builder->last >> 21].base;
	for (base += 1ul << GRAPH_LEAF_SHIFT; base < builder->reach && base < next;
	     base += 1ul << GRAPH_LEAF_SHIFT) {
		struct graph_leaf *leaf = add_leaf(builder->graph, base, NULL);

		for (uint32_t group = 0; group < GROUPS; group++)
			leaf->groups[group] =
				(struct graph_group){0, index->block_count, builder->last};
	}
}

static void add_slot(struct builder *builder, struct graph_leaf *leaf, uint32_t slot,
		     blocks_slot *at)
{
	struct graph_index *index = &builder->graph->index;
	uint32_t word = atomic_load_explicit(at, memory_order_relaxed);
	uintptr_t address = blocks_address(leaf->base + slot * 32ul, word);
	struct block block;

	if (!blocks_read(at, word, &block) || block.site == 0 ||
	    block.site > builder->graph->site_count)
		return;
	leaf->groups[slot / 64].starts |= 1ul << slot % 64;
	builder->last = (uint32_t)(leaf - index->leaves) << 21 | slot;
	builder->reach = address + (block.size ? block.size : 1);
	index->block_count++;
	index->bytes += block.size;
	if (!index->low)
		index->low = address;
	index->high = builder->reach;
}

/* Adds the blocks of one leaf of the shadow. */
static void add_slots(struct builder *builder, struct graph_leaf *leaf, uint32_t first,
		      blocks_slot *slots)
{
	unsigned char present[BLOCKS_LEAF_SLOTS * sizeof *slots / RT_PAGE];

	if (slots && !rt_present((const void *)slots, BLOCKS_LEAF_SLOTS * sizeof *slots, present))
		memset(present, 1, sizeof present);
	for (uint32_t at = 0; at < BLOCKS_LEAF_SLOTS; at += 64) {
		struct graph_group *group = &leaf->groups[(first + at) / 64];

		group->rank = builder->graph->index.block_count;
		group->previous = builder->last;
		if (!slots || !present[at / (RT_PAGE / sizeof *slots)])
			continue;
		for (uint32_t slot = at; slot < at + 64; slot++)
			if (atomic_load_explicit(&slots[slot], memory_order_relaxed) & 1)
				add_slot(builder, leaf, first + slot, &slots[slot]);
	}
}

static void add_span(struct builder *builder, uintptr_t base)
{
	struct graph_leaf *leaf = add_leaf(builder->graph, base, blocks_leaf_of(base));

	for (uint32_t i = 0; i < BLOCKS_SPAN_LEAVES; i++)
		add_slots(builder, leaf, i * (uint32_t)BLOCKS_LEAF_SLOTS,
			  atomic_load(&leaf->shadow[i]));
}

/* -- pieces of pools -- */

static void keep_piece(void *argument, const struct annotations_piece *piece)
{
	struct graph *graph = argument;
	struct graph_index *index = &graph->index;

	if (piece->site == 0 || piece->site > graph->site_count || index->piece_count == MAX_PIECES)
		return;
	index->pieces[index->piece_count++] = *piece;
}

static bool piece_before(const void *a, const void *b)
{
	return ((const struct annotations_piece *)a)->address <
	       ((const struct annotations_piece *)b)->address;
}

static void read_pieces(struct graph *graph)
{
	struct graph_index *index = &graph->index;

	if (!annotations_piece_count())
		return;
	index->pieces = graph_alloc(graph, annotations_piece_count() * sizeof *index->pieces);
	annotations_each_piece(keep_piece, graph);
	graph_sort(index->pieces, index->piece_count, sizeof *index->pieces, piece_before);
	for (uint32_t i = 0; i < index->piece_count; i++) {
		const struct annotations_piece *piece = &index->pieces[i];
		uintptr_t end = piece->address + (piece->size ? piece->size : 1);

		if (!index->piece_low)
			index->piece_low = piece->address;
		if (end > index->piece_high)
			index->piece_high = end;
		/* A pool's memory may be outside of the heap. */
		for (uintptr_t base = piece->address >> GRAPH_LEAF_SHIFT << GRAPH_LEAF_SHIFT;
		     base < end; base += 1ul << GRAPH_LEAF_SHIFT) {
			struct graph_leaf *leaf;

			if (index->leaf_of[base >> GRAPH_LEAF_SHIFT])
				continue;
			leaf = add_leaf(graph, base, NULL);
			for (uint32_t group = 0; group < GROUPS; group++)
				leaf->groups[group] =
					(struct graph_group){0, index->block_count, GRAPH_NO_BLOCK};
		}
		index->bytes += piece->size;
		graph->index.ignored_count += piece->ignored != 0;
	}
	index->block_count += index->piece_count;
	if (!index->low || index->piece_low < index->low)
		index->low = index->piece_low;
	if (index->piece_high > index->high)
		index->high = index->piece_high;
}

uint32_t graph_index_piece(const struct graph *graph, uintptr_t address)
{
	const struct graph_index *index = &graph->index;
	uint32_t low = 0, high = index->piece_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (index->pieces[middle].address + index->pieces[middle].size <= address &&
		    index->pieces[middle].address != address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void graph_index_build(struct graph *graph)
{
	struct graph_index *index = &graph->index;
	uint32_t count = blocks_span_count(),
		 *numbers = graph_alloc(graph, (count + 1ul) * sizeof *numbers);
	struct builder builder = {graph, GRAPH_NO_BLOCK, 0};

	index->leaf_of = graph_alloc(graph, (1ul << (BLOCKS_ADDRESS_BITS - GRAPH_LEAF_SHIFT)) *
						    sizeof *index->leaf_of);
	index->leaves = graph_alloc(graph, MAX_LEAVES * sizeof *index->leaves);
	for (uint32_t i = 0; i < count; i++) { /* insertion sort: few, and nearly in order */
		uint32_t number = blocks_span_number(i), at = i;

		for (; at > 0 && numbers[at - 1] > number; at--)
			numbers[at] = numbers[at - 1];
		numbers[at] = number;
	}
	for (uint32_t i = 0; i < count; i++) {
		uintptr_t base = (uintptr_t)numbers[i] << GRAPH_LEAF_SHIFT;

		if (numbers[i] == UINT32_MAX)
			break; /* the thread that added it was stopped: it is empty */
		bridge(&builder, base);
		add_span(&builder, base);
		graph_check_time(graph);
	}
	bridge(&builder, UINTPTR_MAX);
	read_pieces(graph);
	make_marks(graph);
}

static inline uint32_t
count_bits(uint64_t x) /* not all x86-64 have popcnt, and the compiler would call a function */
{
	x -= x >> 1 & 0x5555555555555555ul;
	x = (x & 0x3333333333333333ul) + (x >> 2 & 0x3333333333333333ul);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0ful;
	return (uint32_t)(x * 0x0101010101010101ul >> 56);
}

static inline uint32_t number_of(const struct graph_leaf *leaf, uint32_t slot)
{
	const struct graph_group *group = &leaf->groups[slot / 64];

	return group->rank + count_bits(group->starts & ((1ul << slot % 64) - 1));
}

uint32_t graph_index_number(const struct graph *graph, uint32_t id)
{
	if (unlikely(graph_is_piece(id)))
		return graph->index.block_count - graph->index.piece_count + (id & MAX_PIECES);
	return number_of(&graph->index.leaves[id >> 21], id & (GRAPH_LEAF_SLOTS - 1));
}

/*
 * struct graph_mark.what: the site, bit 4 of the address, whether the block is ignored, and the
 * size; all ones: the size is in the shadow. Kept beside the block's mark, it saves a cache miss
 * for every pointer.
 */
#define WHAT_HIGH (1u << BLOCKS_SITE_BITS)
#define WHAT_IGNORED (1u << (BLOCKS_SITE_BITS + 1))
#define WHAT_SIZE_SHIFT (BLOCKS_SITE_BITS + 2)
#define WHAT_SIZE_MAX ((1u << (32 - WHAT_SIZE_SHIFT)) - 1)

static blocks_slot *slot_of(const struct graph *graph, uint32_t id)
{
	uint32_t slot = id & (GRAPH_LEAF_SLOTS - 1);
	blocks_slot *slots = atomic_load_explicit(
		&graph->index.leaves[id >> 21].shadow[slot / BLOCKS_LEAF_SLOTS],
		memory_order_relaxed);

	return &slots[slot % BLOCKS_LEAF_SLOTS];
}

struct block graph_index_record(const struct graph *graph, uint32_t id)
{
	struct block block = {0};
	blocks_slot *slot;

	if (unlikely(graph_is_piece(id))) {
		const struct annotations_piece *piece = &graph->index.pieces[id & MAX_PIECES];

		return (struct block){.size = piece->size,
				      .site = piece->site,
				      .generation = piece->generation,
				      .ignored = piece->ignored};
	}
	slot = slot_of(graph, id);
	blocks_read(slot, atomic_load_explicit(slot, memory_order_relaxed), &block);
	return block;
}

static void describe_piece(const struct graph *graph, uint32_t number, struct graph_block *block)
{
	const struct annotations_piece *piece = &graph->index.pieces[number];

	*block = (struct graph_block){.start = piece->address,
				      .size = piece->size,
				      .site = piece->site,
				      .number = graph->index.block_count -
						graph->index.piece_count + number,
				      .ignored = piece->ignored};
}

/* Describes a block whose number is already set. */
static inline __attribute__((always_inline)) void
describe_numbered(const struct graph *graph, uint32_t id, struct graph_block *block)
{
	const struct graph_leaf *leaf = &graph->index.leaves[id >> 21];
	uint32_t what = graph->marks[block->number].what;

	block->start =
		leaf->base + (id & (GRAPH_LEAF_SLOTS - 1)) * 32ul + (what & WHAT_HIGH ? 16 : 0);
	block->site = what & (WHAT_HIGH - 1);
	block->ignored = what & WHAT_IGNORED;
	block->size = what >> WHAT_SIZE_SHIFT;
	if (block->size == WHAT_SIZE_MAX)
		block->size = graph_index_record(graph, id).size;
}

static inline __attribute__((always_inline)) void describe(const struct graph *graph, uint32_t id,
							   struct graph_block *block)
{
	if (unlikely(graph_is_piece(id))) {
		describe_piece(graph, id & MAX_PIECES, block);
		return;
	}
	block->number = number_of(&graph->index.leaves[id >> 21], id & (GRAPH_LEAF_SLOTS - 1));
	describe_numbered(graph, id, block);
}

/* Allocates graph->marks, and fills in graph_mark.what. */
static void make_marks(struct graph *graph)
{
	size_t size = (graph->index.block_count + 1ul) * sizeof *graph->marks;
	struct graph_mark *mark = graph_alloc(graph, size);

	graph->marks = mark;
	rt_syscall(SYS_madvise, (long)mark, (long)size, MADV_HUGEPAGE, 0, 0, 0);
	for (uint32_t l = 0; l < graph->index.leaf_count; l++) {
		const struct graph_leaf *leaf = &graph->index.leaves[l];

		for (uint32_t at = 0; leaf->shadow && at < GROUPS; at++) {
			for (uint64_t bits = leaf->groups[at].starts; bits;
			     bits &= bits - 1, mark++) {
				uint32_t id = l << 21 | (at * 64 + (uint32_t)__builtin_ctzl(bits));
				struct block block = graph_index_record(graph, id);

				mark->what = block.site |
					     (*slot_of(graph, id) & 2 ? WHAT_HIGH : 0) |
					     (block.ignored ? WHAT_IGNORED : 0) |
					     (uint32_t)(block.size < WHAT_SIZE_MAX ? block.size
										   : WHAT_SIZE_MAX)
						     << WHAT_SIZE_SHIFT;
				graph->index.ignored_count += block.ignored;
			}
		}
		graph_check_time(graph);
	}
}

/* The last block that starts at or before a slot; GRAPH_NO_BLOCK: none. */
static inline uint32_t last_start(const struct graph_index *index, uint32_t leaf_number,
				  uint32_t slot)
{
	const struct graph_group *group = &index->leaves[leaf_number].groups[slot / 64];
	uint64_t bits = group->starts & (~0ul >> (63 - slot % 64));

	return bits ? leaf_number << 21 | ((slot & ~63u) + 63 - (uint32_t)__builtin_clzl(bits))
		    : group->previous;
}

struct graph_block graph_index_block(const struct graph *graph, uint32_t id)
{
	struct graph_block block;

	describe(graph, id, &block);
	return block;
}

/* True for the array cookie of a C++ `new T[0]` whose T has a destructor: the program keeps the
 * address past the 8-byte block (Itanium C++ ABI, 2.7). */
static inline bool is_empty_array(uintptr_t address, const struct graph_block *block)
{
	return block->size == 8 && address == block->start + 8 &&
	       *(const uint64_t *)block->start == 0;
}

static uint32_t near_block(const struct graph *graph, uintptr_t address)
{
	const struct graph_index *index = &graph->index;
	uint32_t leaf;

	/* `high` itself is let through: an empty array may be the last block. */
	if (address - index->low > index->high - index->low)
		return GRAPH_NO_BLOCK;
	leaf = index->leaf_of[address >> GRAPH_LEAF_SHIFT];
	return leaf ? last_start(index, leaf - 1, (uint32_t)(address >> 5) & (GRAPH_LEAF_SLOTS - 1))
		    : GRAPH_NO_BLOCK;
}

uint32_t graph_index_near(const struct graph *graph, uintptr_t address)
{
	const struct graph_index *index = &graph->index;

	if (unlikely(index->piece_count &&
		     address - index->piece_low < index->piece_high - index->piece_low)) {
		uint32_t piece = graph_index_piece(graph, address);

		if (piece < index->piece_count && index->pieces[piece].address <= address)
			return GRAPH_PIECES << 21 | piece;
	}
	return near_block(graph, address);
}

uint32_t graph_index_enclosing(const struct graph *graph, uintptr_t address,
			       struct graph_block *block)
{
	uint32_t id = near_block(graph, address);

	return id == GRAPH_NO_BLOCK ? id : graph_index_check(graph, id, address, block);
}

uint32_t graph_index_check(const struct graph *graph, uint32_t id, uintptr_t address,
			   struct graph_block *block)
{
	const struct graph_index *index = &graph->index;

	describe(graph, id, block);
	if (unlikely(block->start > address)) { /* the block begins later in the same 32 bytes */
		uint32_t slot = id & (GRAPH_LEAF_SLOTS - 1);

		id = slot > 0 ? last_start(index, id >> 21, slot - 1)
			      : index->leaves[id >> 21].groups[0].previous;
		if (id == GRAPH_NO_BLOCK)
			return GRAPH_NO_BLOCK;
		describe(graph, id, block);
	}
	if (address - block->start < block->size || address == block->start ||
	    is_empty_array(address, block))
		return id;
	return GRAPH_NO_BLOCK;
}

uint32_t graph_index_find(const struct graph *graph, uintptr_t address, struct graph_block *block)
{
	uint32_t id = graph_index_near(graph, address);

	return id == GRAPH_NO_BLOCK ? id : graph_index_check(graph, id, address, block);
}

#define GROUP_SIZE 2048ul /* of heap */

uint32_t graph_index_next(const struct graph *graph, uintptr_t address, uintptr_t end,
			  struct graph_block *block)
{
	const struct graph_index *index = &graph->index;
	uintptr_t at = address & ~(GROUP_SIZE - 1);

	for (; at < end; at += GROUP_SIZE) {
		uint32_t leaf = index->leaf_of[at >> GRAPH_LEAF_SHIFT],
			 group = (uint32_t)(at >> 11) & (GROUPS - 1);

		if (!leaf) { /* the last group of its 64 MiB */
			at |= (1ul << GRAPH_LEAF_SHIFT) - GROUP_SIZE;
			continue;
		}
		for (uint64_t bits = index->leaves[leaf - 1].groups[group].starts; bits;
		     bits &= bits - 1) {
			uint32_t id =
				(leaf - 1) << 21 | (group * 64 + (uint32_t)__builtin_ctzl(bits));

			describe(graph, id, block);
			if (block->start >= address)
				return block->start < end ? id : GRAPH_NO_BLOCK;
		}
	}
	return GRAPH_NO_BLOCK;
}

void graph_index_each(struct graph *graph, void (*visit)(struct graph *graph, uint32_t id,
							 const struct graph_block *block))
{
	for (uint32_t l = 0; l < graph->index.leaf_count; l++) {
		const struct graph_leaf *leaf = &graph->index.leaves[l];

		if (!leaf->shadow)
			continue;
		for (uint32_t at = 0; at < GRAPH_LEAF_SLOTS / 64; at++) {
			if (at % 1024 == 0)
				graph_check_time(graph);
			if (leaf->groups[at].rank == graph->index.block_count)
				break;
			uint32_t number = leaf->groups[at].rank;

			for (uint64_t bits = leaf->groups[at].starts; bits; bits &= bits - 1) {
				uint32_t id = l << 21 | (at * 64 + (uint32_t)__builtin_ctzl(bits));
				struct graph_block block = {0};

				block.number = number++;
				describe_numbered(graph, id, &block);
				visit(graph, id, &block);
			}
		}
	}
	for (uint32_t i = 0; i < graph->index.piece_count; i++) {
		struct graph_block block;

		describe_piece(graph, i, &block);
		visit(graph, GRAPH_PIECES << 21 | i, &block);
	}
}
