/*
 * Every live block: see blocks.h. Here is what is not on the hot path: making leaves, scanning, clearing,
 * finding a block by an address within it.
 * Called by track.c, snapshot_write.c, annotations.c, client_memory.c. Path: cold. Threads: all. Memory: own pages.
 * Must not: touch the blocks themselves.
 */
#include "blocks.h"

#include <string.h>

#define ROOT_ENTRIES (1ul << (BLOCKS_ADDRESS_BITS - BLOCKS_LEAF_SHIFT))
#define PAGE_SLOTS (RT_PAGE / sizeof(blocks_slot))
/* The slots, and a bit for each of their pages, see charge_page(). */
#define LEAF_SIZE (BLOCKS_LEAF_SLOTS * sizeof(blocks_slot) + BLOCKS_LEAF_SLOTS / PAGE_SLOTS / 8)

blocks_slot *_Atomic *blocks_root;

/* Leaves in the order they were made: the root is too large to search. */
static _Atomic uint32_t leaf_numbers[ROOT_ENTRIES / 64]; /* 128 TiB / 64 MiB / 64: heaps of 2 TiB and more */
static _Atomic uint32_t leaf_count;

bool blocks_start(void)
{
	blocks_root = rt_map_for(RT_BRIEF, ROOT_ENTRIES * sizeof *blocks_root);
	return blocks_root != NULL;
}

blocks_slot *blocks_add_leaf(uintptr_t address)
{
	blocks_slot *_Atomic *entry = &blocks_root[address >> BLOCKS_LEAF_SHIFT];
	blocks_slot *leaf = rt_map_for(RT_BRIEF, LEAF_SIZE), *present = NULL;
	uint32_t number;

	if (!leaf)
		return NULL;
	if (!atomic_compare_exchange_strong(entry, &present, leaf)) {
		rt_unmap(leaf, LEAF_SIZE);
		return present;
	}
	number = atomic_fetch_add(&leaf_count, 1);
	if (number < ROOT_ENTRIES / 64)
		atomic_store(&leaf_numbers[number], (uint32_t)(address >> BLOCKS_LEAF_SHIFT) + 1);
	return leaf;
}

/* Is there room within SILT_MEMORY for the page of the shadow that has this address's slot? */
static bool charge_page(uintptr_t address)
{
	blocks_slot *leaf = atomic_load(&blocks_root[address >> BLOCKS_LEAF_SHIFT]);
	size_t page = (address >> 5 & (BLOCKS_LEAF_SLOTS - 1)) / PAGE_SLOTS;
	_Atomic uint64_t *word = &leaf[BLOCKS_LEAF_SLOTS + page / 64]; /* bits of pages that are counted */
	uint64_t bit = 1ul << page % 64;

	if (atomic_load_explicit(word, memory_order_relaxed) & bit)
		return true;
	if (!rt_charge(RT_PAGE))
		return false;
	if (atomic_fetch_or(word, bit) & bit)
		rt_uncharge(RT_PAGE); /* another thread has counted it meanwhile */
	return true;
}

static blocks_slot *usable_slot(uintptr_t address)
{
	blocks_slot *slot = blocks_slot_of(address, true);

	return slot && (rt_memory_limit == UINT64_MAX || atomic_load_explicit(slot, memory_order_relaxed) ||
			charge_page(address))
		       ? slot
		       : NULL;
}

RT_COLD bool blocks_put_slowly(uintptr_t address, struct block block)
{
	blocks_slot *slot = usable_slot(address), *next;

	if (!slot)
		return false;
	if (block.size >= BLOCKS_SIZE_MAX) {
		next = usable_slot(address + 32);
		if (!next)
			return false;
		atomic_store_explicit(next, block.size << 1, memory_order_relaxed);
	}
	atomic_store_explicit(slot, blocks_pack(address, block), memory_order_release);
	return true;
}

RT_COLD uint64_t blocks_take_size(uintptr_t address)
{
	blocks_slot *next = blocks_slot_of(address + 32, false);

	return next ? atomic_exchange_explicit(next, 0, memory_order_relaxed) >> 1 : 0;
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

bool blocks_any(uintptr_t start, uintptr_t end)
{
	static unsigned char present[BLOCKS_LEAF_SLOTS / PAGE_SLOTS];

	while (start < end && !(start >> BLOCKS_ADDRESS_BITS)) {
		uintptr_t number = start >> BLOCKS_LEAF_SHIFT, next = (number + 1) << BLOCKS_LEAF_SHIFT;
		blocks_slot *leaf = atomic_load(&blocks_root[number]);
		uint64_t slot = start / 32 % BLOCKS_LEAF_SLOTS,
			 last = next <= end ? BLOCKS_LEAF_SLOTS : end / 32 % BLOCKS_LEAF_SLOTS;

		start = next;
		if (!leaf)
			continue;
		if (!rt_present(leaf, BLOCKS_LEAF_SLOTS * sizeof *leaf, present))
			memset(present, 1, sizeof present);
		for (; slot < last; slot++) {
			if (!present[slot / PAGE_SLOTS])
				slot |= PAGE_SLOTS - 1; /* the next page */
			else if (atomic_load_explicit(&leaf[slot], memory_order_relaxed) & 1)
				return true;
		}
	}
	return false;
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

/* -- one block -- */

bool blocks_ignore(const void *pointer)
{
	blocks_slot *slot = blocks_slot_of((uintptr_t)pointer, false);
	struct block block;
	uint64_t word;

	if (!slot)
		return false;
	word = atomic_load(slot);
	do {
		if (!blocks_read((uintptr_t)pointer, word, &block))
			return false;
	} while (!atomic_compare_exchange_weak(slot, &word, word | 1ul << BLOCKS_IGNORED_SHIFT));
	return true;
}

#define ENCLOSING_LIMIT (64ul << 20)
#define PAGE_SPAN (PAGE_SLOTS * 32) /* of heap, that a page of slots stands for */
#define WINDOW 64ul		    /* pages of slots looked at together: 1 MiB of heap */

/* The highest block that begins in [low, high]; both within one window. */
static bool last_block(uintptr_t low, uintptr_t high, bool near, uintptr_t *start, struct block *block)
{
	uintptr_t window = low & ~(WINDOW * PAGE_SPAN - 1);
	blocks_slot *slots = blocks_slot_of(window, false);
	unsigned char present[WINDOW];

	if (near || !rt_present(slots, WINDOW * RT_PAGE, present))
		memset(present, 1, sizeof present);
	for (uintptr_t at = high & ~31ul; at >= (low & ~31ul); at -= 32) {
		uint64_t slot = (at - window) / 32, word;

		if (!present[slot / PAGE_SLOTS]) {
			at &= ~(PAGE_SPAN - 1); /* reading it would make it present */
			continue;
		}
		word = atomic_load_explicit(&slots[slot], memory_order_acquire);
		*start = at | (word >> 1 & 1) << 4;
		if (*start <= high && blocks_read(*start, word, block))
			return true;
	}
	return false;
}

bool blocks_enclosing(const void *pointer, uintptr_t *start, struct block *block)
{
	uintptr_t address = arch_untag((uintptr_t)pointer), high = address;
	uintptr_t lowest = address > ENCLOSING_LIMIT ? address - ENCLOSING_LIMIT : 0;

	if (!blocks_root || address >> BLOCKS_ADDRESS_BITS)
		return false;
	if (lowest < PAGE_SPAN)
		lowest = PAGE_SPAN; /* where nothing is mapped */
	while (high >= lowest) {
		/* Most blocks begin near by: the first page of slots is looked at without asking for it. */
		bool known = blocks_slot_of(high, false), near = high == address;
		uintptr_t span = near ? PAGE_SPAN : known ? WINDOW * PAGE_SPAN : 1ul << BLOCKS_LEAF_SHIFT;
		uintptr_t low = high & ~(span - 1);

		if (low < lowest)
			low = lowest;
		if (known && last_block(low, high, near, start, block)) /* blocks do not nest: it or none */
			return address == *start || address - *start < block->size;
		high = low - 1;
	}
	return false;
}
