/*
 * Every live block: see blocks.h. This file has what is not on the hot path: making leaves,
 * scanning, clearing, finding a block by an address within it.
 * Path: cold. Threads: all. Memory: own pages.
 * Must not: touch the blocks themselves.
 */
#include "record/blocks.h"

#include <string.h>

#define ROOT_ENTRIES (1ul << (BLOCKS_ADDRESS_BITS - BLOCKS_BRANCH_SHIFT))
#define PAGE_SLOTS BLOCKS_PAGE_SLOTS
#define LEAF_PAGES (BLOCKS_LEAF_SLOTS / PAGE_SLOTS)
#define LEAF_SIZE ((BLOCKS_SECOND_SMALL + BLOCKS_LEAF_SLOTS) * sizeof(blocks_slot))
#define SLOTS_SIZE (BLOCKS_LEAF_SLOTS * sizeof(blocks_slot))
#define SPANS_MAX 32768u /* heaps of 2 TiB and more */

_Static_assert(LEAF_SIZE / RT_PAGE == 64 + 1, "a bit of a word for each page of a leaf");

struct blocks_branch *_Atomic *blocks_root;

/* Spans in the order of their first leaves: there are too many leaves to search. */
static _Atomic uint32_t span_numbers[SPANS_MAX];
static _Atomic uint32_t span_count;

/* New leaves are mapped several at a time, an eighth of the number there are, so that a large
 * heap's leaves are few mappings. */
#define MOST_AT_ONCE 64u
static struct {
	struct rt_lock lock;
	char *spare;
	uint32_t spare_count, count;
} leaves = {.lock = RT_LOCK(RT_RANK_LEAVES)};

bool blocks_start(void)
{
	blocks_root = rt_map_for(RT_BRIEF, ROOT_ENTRIES * sizeof *blocks_root);
	return blocks_root != NULL;
}

static void *map_leaves(uint32_t count)
{
	leaves.spare = rt_map_for(RT_BRIEF, count * LEAF_SIZE);
	leaves.spare_count = leaves.spare ? count : 0;
	return leaves.spare;
}

static blocks_slot *new_leaf(void)
{
	uint32_t count = leaves.count / 8 + 1;
	char *leaf;

	if (!leaves.spare_count && !map_leaves(count < MOST_AT_ONCE ? count : MOST_AT_ONCE) &&
	    !map_leaves(1))
		return NULL;
	leaf = leaves.spare;
	leaves.spare += LEAF_SIZE;
	leaves.spare_count--;
	leaves.count++;
	return (blocks_slot *)leaf;
}

static bool has_leaves(const blocks_leaf *span)
{
	for (size_t i = 0; i < BLOCKS_SPAN_LEAVES; i++)
		if (atomic_load_explicit(&span[i], memory_order_relaxed))
			return true;
	return false;
}

static void list_span(uintptr_t address)
{
	uint32_t number = atomic_load(&span_count);

	if (number == SPANS_MAX ||
	    has_leaves(blocks_leaf_of(address >> BLOCKS_SPAN_SHIFT << BLOCKS_SPAN_SHIFT)))
		return;
	atomic_store(&span_numbers[number], (uint32_t)(address >> BLOCKS_SPAN_SHIFT) + 1);
	atomic_store(&span_count, number + 1);
}

static bool add_branch(uintptr_t address)
{
	struct blocks_branch *_Atomic *entry = &blocks_root[address >> BLOCKS_BRANCH_SHIFT];

	if (!atomic_load(entry))
		atomic_store(entry, rt_map_for(RT_BRIEF, sizeof **entry));
	return atomic_load(entry) != NULL;
}

static blocks_slot *make_leaf(uintptr_t address)
{
	blocks_slot *leaf;

	if (!add_branch(address))
		return NULL;
	leaf = atomic_load(blocks_leaf_of(address)); /* another thread may have made it */
	if (leaf || !(leaf = new_leaf()))
		return leaf;
	list_span(address);
	atomic_store_explicit(blocks_leaf_of(address), leaf, memory_order_release);
	return leaf;
}

blocks_slot *blocks_add_leaf(uintptr_t address)
{
	blocks_slot *leaf;

	rt_lock(&leaves.lock);
	leaf = make_leaf(address);
	rt_unlock(&leaves.lock);
	return leaf;
}

void blocks_before_fork(void)
{
	rt_lock(&leaves.lock);
}

void blocks_after_fork(void)
{
	rt_unlock(&leaves.lock);
}

/* Charges a page of a leaf, once. False: SILT_MEMORY does not allow it. The page after the slots is
 * not charged. */
static bool charge_page(uintptr_t address, uint64_t page)
{
	struct blocks_branch *branch = atomic_load(&blocks_root[address >> BLOCKS_BRANCH_SHIFT]);
	_Atomic uint64_t *word =
		&branch->charged[address >> BLOCKS_LEAF_SHIFT & (BLOCKS_BRANCH_LEAVES - 1)];
	uint64_t bit;

	if (page == LEAF_PAGES)
		return true;
	bit = 1ul << (page < LEAF_PAGES ? page : page - 1);
	if (atomic_load_explicit(word, memory_order_relaxed) & bit)
		return true;
	if (!rt_charge(RT_PAGE))
		return false;
	if (atomic_fetch_or(word, bit) & bit)
		rt_uncharge(RT_PAGE); /* another thread has charged it meanwhile */
	return true;
}

/* The slot for a block of this size; NULL: no memory, or SILT_MEMORY does not allow it. */
static blocks_slot *usable_slot(uintptr_t address, uint64_t size)
{
	blocks_slot *slot = blocks_slot_of(address, true);
	uint64_t number = (address >> 5) & (BLOCKS_LEAF_SLOTS - 1), second, last = number;

	if (!slot || rt_memory_limit == UINT64_MAX)
		return slot;
	second = number + (size >= BLOCKS_ROOMY_SIZE ? 1 : BLOCKS_SECOND_SMALL);
	if (size >= BLOCKS_SIZE_MAX)
		last = number + 3;
	return charge_page(address, number / PAGE_SLOTS) &&
			       charge_page(address, second / PAGE_SLOTS) &&
			       charge_page(address, last / PAGE_SLOTS)
		       ? slot
		       : NULL;
}

RT_COLD bool blocks_put_slowly(uintptr_t address, struct block block)
{
	blocks_slot *slot = usable_slot(address, block.size);

	if (!slot)
		return false;
	if (block.size >= BLOCKS_SIZE_MAX) {
		atomic_store_explicit(&slot[2], (uint32_t)block.size << 1, memory_order_relaxed);
		atomic_store_explicit(&slot[3], (uint32_t)(block.size >> 31) << 1,
				      memory_order_relaxed);
	}
	blocks_write_block(slot, address, block);
	return true;
}

RT_COLD uint64_t blocks_large_size(const blocks_slot *slot)
{
	uint64_t low = atomic_load_explicit(&slot[2], memory_order_relaxed) >> 1;
	uint64_t high = atomic_load_explicit(&slot[3], memory_order_relaxed) >> 1;

	return high << 31 | low;
}

uint32_t blocks_span_count(void)
{
	return atomic_load(&span_count);
}

uint32_t blocks_span_number(uint32_t i)
{
	return atomic_load(&span_numbers[i]) - 1;
}

/* Finds the pages of a leaf that were ever touched: reading others would make them present. */
static void find_present(const blocks_slot *leaf, unsigned char present[LEAF_PAGES])
{
	if (!rt_present(leaf, SLOTS_SIZE, present))
		memset(present, 1,
		       LEAF_PAGES); // cppcheck-suppress sizeofDivisionMemfunc; a byte a page
}

typedef void visit_slot(void *argument, uintptr_t address, blocks_slot *slot);

/* Most slots are empty, so that many are tested together. A divisor of PAGE_SLOTS. */
#define TOGETHER 8u

static inline bool any_used(const blocks_slot *slots)
{
	uint32_t words = 0;

	for (uint32_t i = 0; i < TOGETHER; i++)
		words |= atomic_load_explicit(&slots[i], memory_order_relaxed);
	return words & 1;
}

/* Inline, like its callers, so that `visit` is, too: a snapshot calls it for each live block. */
static RT_HOT void scan_page(blocks_slot *slots, uintptr_t start, visit_slot *visit, void *argument)
{
	for (uint64_t first = 0; first < PAGE_SLOTS; first += TOGETHER) {
		if (!any_used(&slots[first]))
			continue;
		for (uint64_t slot = first; slot < first + TOGETHER; slot++)
			if (atomic_load_explicit(&slots[slot], memory_order_relaxed) & 1)
				visit(argument, start + slot * 32, &slots[slot]);
	}
}

static RT_HOT void scan_leaf(blocks_slot *leaf, uintptr_t start, visit_slot *visit, void *argument)
{
	unsigned char present[LEAF_PAGES];

	find_present(leaf, present);
	for (uint64_t page = 0; page < LEAF_PAGES; page++)
		if (present[page])
			scan_page(&leaf[page * PAGE_SLOTS], start + page * PAGE_SLOTS * 32, visit,
				  argument);
}

static RT_HOT void scan_slots(visit_slot *visit, void *argument)
{
	uint32_t count = blocks_span_count();

	for (uint32_t i = 0; i < count; i++) {
		uintptr_t start = (uintptr_t)blocks_span_number(i) << BLOCKS_SPAN_SHIFT;
		blocks_leaf *span = blocks_leaf_of(start);

		for (size_t n = 0; n < BLOCKS_SPAN_LEAVES; n++) {
			blocks_slot *leaf = atomic_load_explicit(&span[n], memory_order_acquire);

			if (leaf)
				scan_leaf(leaf, start + (n << BLOCKS_LEAF_SHIFT), visit, argument);
		}
	}
}

static bool any_in_leaf(const blocks_slot *leaf, uint64_t slot, uint64_t end)
{
	unsigned char present[LEAF_PAGES];

	find_present(leaf, present);
	for (; slot < end; slot++) {
		if (!present[slot / PAGE_SLOTS])
			slot |= PAGE_SLOTS - 1; /* the next page */
		else if (atomic_load_explicit(&leaf[slot], memory_order_relaxed) & 1)
			return true;
	}
	return false;
}

bool blocks_has_any(uintptr_t start, uintptr_t end)
{
	while (start < end && !(start >> BLOCKS_ADDRESS_BITS)) {
		uintptr_t next = ((start >> BLOCKS_LEAF_SHIFT) + 1) << BLOCKS_LEAF_SHIFT;
		blocks_leaf *entry = blocks_leaf_of(start);
		const blocks_slot *leaf = entry ? atomic_load(entry) : NULL;

		if (leaf &&
		    any_in_leaf(leaf, start / 32 % BLOCKS_LEAF_SLOTS,
				next <= end ? BLOCKS_LEAF_SLOTS : end / 32 % BLOCKS_LEAF_SLOTS))
			return true;
		start = entry ? next : ((start >> BLOCKS_BRANCH_SHIFT) + 1) << BLOCKS_BRANCH_SHIFT;
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
	uint32_t word = atomic_load_explicit(slot, memory_order_acquire);
	struct block block;

	if (word & 1 && blocks_read(slot, word, &block))
		scan->visit(scan->argument, blocks_address(granule, word), block);
}

void blocks_scan(void (*visit)(void *argument, uintptr_t address, struct block block),
		 void *argument)
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
	uint32_t word;

	if (!slot)
		return false;
	word = atomic_load(slot);
	do {
		if (!blocks_begins(word, (uintptr_t)pointer))
			return false;
	} while (!atomic_compare_exchange_weak(slot, &word, word | BLOCKS_IGNORED));
	return true;
}

#define ENCLOSING_LIMIT (64ul << 20)
#define PAGE_SPAN (PAGE_SLOTS * 32) /* bytes of heap that a page of slots stands for */
#define WINDOW LEAF_PAGES	    /* pages of slots searched together: 1 MiB of heap */

/* The highest block that begins in [low, high], which is within one window. `near`: reads the slots
 * without asking which of their pages are present. */
static bool last_block(uintptr_t low, uintptr_t high, bool near, uintptr_t *start,
		       struct block *block)
{
	uintptr_t window = low & ~(WINDOW * PAGE_SPAN - 1);
	blocks_slot *slots = blocks_slot_of(window, false);
	unsigned char present[WINDOW];

	if (near || !rt_present(slots, WINDOW * RT_PAGE, present))
		memset(present, 1, sizeof present);
	for (uintptr_t at = high & ~31ul; at >= (low & ~31ul); at -= 32) {
		uint64_t slot = (at - window) / 32;
		uint32_t word;

		if (!present[slot / PAGE_SLOTS]) {
			at &= ~(PAGE_SPAN - 1); /* reading the page would make it present */
			continue;
		}
		word = atomic_load_explicit(&slots[slot], memory_order_acquire);
		*start = blocks_address(at, word);
		if (word & 1 && *start <= high && blocks_read(&slots[slot], word, block))
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
		lowest = PAGE_SPAN; /* nothing is mapped below */
	while (high >= lowest) {
		/* Most blocks begin near by: the first page of slots is read without asking whether
		 * it is present. */
		bool known = blocks_slot_of(high, false), near = high == address;
		uintptr_t span = near	 ? PAGE_SPAN
				 : known ? WINDOW * PAGE_SPAN
					 : 1ul << BLOCKS_LEAF_SHIFT;
		uintptr_t low = high & ~(span - 1);

		if (low < lowest)
			low = lowest;
		/* Blocks do not nest: it is this block or none. */
		if (known && last_block(low, high, near, start, block))
			return address == *start || address - *start < block->size;
		high = low - 1;
	}
	return false;
}
