/*
 * Every live block: see blocks.h. Here is what is not on the hot path: making leaves, scanning, clearing.
 * Called by track.c, snapshot_write.c. Path: cold. Threads: all. Memory: own pages.
 * Must not: touch the blocks themselves.
 */
#include "blocks.h"

#include <string.h>

#define ROOT_ENTRIES (1ul << (BLOCKS_ADDRESS_BITS - BLOCKS_LEAF_SHIFT))
#define PAGE_SLOTS (RT_PAGE / sizeof(blocks_slot))

blocks_slot *_Atomic *blocks_root;

/* Leaves in the order they were made: the root is too large to search. */
static _Atomic uint32_t leaf_numbers[ROOT_ENTRIES / 64]; /* 128 TiB / 64 MiB / 64: heaps up to 2 TiB */
static _Atomic uint32_t leaf_count;

bool blocks_start(void)
{
	blocks_root = rt_map(ROOT_ENTRIES * sizeof *blocks_root);
	return blocks_root != NULL;
}

blocks_slot *blocks_add_leaf(uintptr_t address)
{
	blocks_slot *_Atomic *entry = &blocks_root[address >> BLOCKS_LEAF_SHIFT];
	blocks_slot *leaf = rt_map(BLOCKS_LEAF_SLOTS * sizeof *leaf), *present = NULL;
	uint32_t number;

	if (!leaf)
		return NULL;
	if (!atomic_compare_exchange_strong(entry, &present, leaf)) {
		rt_unmap(leaf, BLOCKS_LEAF_SLOTS * sizeof *leaf);
		return present;
	}
	number = atomic_fetch_add(&leaf_count, 1);
	if (number < ROOT_ENTRIES / 64)
		atomic_store(&leaf_numbers[number], (uint32_t)(address >> BLOCKS_LEAF_SHIFT) + 1);
	return leaf;
}

uint32_t blocks_leaf_count(void)
{
	uint32_t count = atomic_load(&leaf_count);

	return count < ROOT_ENTRIES / 64 ? count : (uint32_t)(ROOT_ENTRIES / 64);
}

uint32_t blocks_leaf_number(uint32_t i)
{
	return atomic_load(&leaf_numbers[i]) - 1;
}

/* Visits the slots of all pages that were ever touched. */
static void scan_slots(void (*visit)(void *argument, uintptr_t address, blocks_slot *slot), void *argument)
{
	static unsigned char
		present[BLOCKS_LEAF_SLOTS / PAGE_SLOTS]; /* one scan at a time: the snapshot lock */
	uint32_t count = blocks_leaf_count();

	for (uint32_t i = 0; i < count; i++) {
		uint32_t number = blocks_leaf_number(i);
		blocks_slot *leaf;

		if (number == UINT32_MAX)
			continue;
		leaf = atomic_load(&blocks_root[number]);
		if (!rt_present(leaf, BLOCKS_LEAF_SLOTS * sizeof *leaf, present))
			memset(present, 1, sizeof present);
		for (uint64_t slot = 0; slot < BLOCKS_LEAF_SLOTS; slot++) {
			if (slot % PAGE_SLOTS == 0 && !present[slot / PAGE_SLOTS]) {
				slot += PAGE_SLOTS - 1;
				continue;
			}
			if (atomic_load_explicit(&leaf[slot], memory_order_relaxed) & 1)
				visit(argument, ((uintptr_t)number << BLOCKS_LEAF_SHIFT) + slot * 32,
				      &leaf[slot]);
		}
	}
}

struct scan {
	void (*visit)(void *argument, uintptr_t address, struct block block);
	void *argument;
};

static void visit_block(void *argument, uintptr_t granule, blocks_slot *slot)
{
	const struct scan *scan = argument;
	uint64_t word = atomic_load_explicit(slot, memory_order_acquire);
	uintptr_t address = granule | (word >> 1 & 1) << 4;
	struct block block;

	if (blocks_read(address, word, &block))
		scan->visit(scan->argument, address, block);
}

void blocks_scan(void (*visit)(void *argument, uintptr_t address, struct block block), void *argument)
{
	struct scan scan = {visit, argument};

	scan_slots(visit_block, &scan);
}

static void clear_slot(void *argument, uintptr_t granule, blocks_slot *slot)
{
	(void)argument;
	(void)granule;
	atomic_store_explicit(slot, 0, memory_order_relaxed);
}

void blocks_clear(void)
{
	scan_slots(clear_slot, NULL);
}
