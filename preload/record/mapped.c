/* What the program maps itself: see mapped.h. */
#include "record/mapped.h"

#include "base/arch.h"
#include "base/rt.h"
#include "record/sites.h"

#define BRANCH_SHIFT 33u
#define LEAF_SHIFT 21u
#define SLOT_SHIFT 12u /* RT_PAGE, the smallest page size */
#define BRANCHES (1ul << (ARCH_ADDRESS_BITS - BRANCH_SHIFT))
#define BRANCH_LEAVES (1ul << (BRANCH_SHIFT - LEAF_SHIFT))
#define LEAF_SLOTS (1ul << (LEAF_SHIFT - SLOT_SHIFT))
#define ADDRESSES (1ul << ARCH_ADDRESS_BITS)

_Static_assert(SITES_MAX < 1u << MAPPED_SITE_BITS, "a site fits a slot");

struct leaf {
	_Atomic uint64_t slots[LEAF_SLOTS];
};

struct branch {
	struct leaf *_Atomic leaves[BRANCH_LEAVES];
	/* Slots in use; never too low, but too high for a moment. */
	_Atomic uint16_t used[BRANCH_LEAVES];
};

/* Leaves are mapped several at a time, an eighth of the number there are, so that many leaves are
 * few mappings. */
#define LEAST_AT_ONCE 16u
#define MOST_AT_ONCE 512u

static struct {
	struct rt_lock lock;
	/* NULL: nothing was ever recorded */
	struct branch *_Atomic *_Atomic root;
	/* the lowest start so far */
	_Atomic uintptr_t lowest;
	struct leaf *spare;
	uint32_t spare_count, leaf_count;
	/* of uint32_t, by site: number of its record; 0: none */
	struct rt_array numbers;
	/* of struct mapped_site; element 0 is unused */
	struct rt_array records;
	_Atomic uint32_t count;
} mapped = {.lowest = UINTPTR_MAX};

/* -- records -- */

static struct mapped_site *record_at(uint32_t number)
{
	return rt_array_at(&mapped.records, number, sizeof(struct mapped_site));
}

static _Atomic uint32_t *number_of(uint32_t site)
{
	uint32_t part = 31u - (uint32_t)__builtin_clz(site / 1024 + 1);

	return atomic_load_explicit(&mapped.numbers.parts[part], memory_order_acquire)
		       ? rt_array_at(&mapped.numbers, site, sizeof(uint32_t))
		       : NULL;
}

static struct mapped_site *find_record(uint32_t site)
{
	_Atomic uint32_t *number = number_of(site);
	uint32_t found = number ? atomic_load_explicit(number, memory_order_acquire) : 0;

	return found ? record_at(found) : NULL;
}

/* Called with the lock held. Adds a record, unless another thread has meanwhile. */
static struct mapped_site *add_record(uint32_t site)
{
	struct mapped_site *record = find_record(site);
	uint32_t number = atomic_load_explicit(&mapped.count, memory_order_relaxed) + 1;

	if (record || !rt_array_reserve(&mapped.numbers, site, sizeof(uint32_t)) ||
	    !rt_array_reserve(&mapped.records, number, sizeof *record))
		return record;
	record = record_at(number);
	record->site = site;
	atomic_store_explicit(&mapped.count, number, memory_order_release);
	atomic_store_explicit(number_of(site), number, memory_order_release);
	return record;
}

static struct mapped_site *record_of(uint32_t site)
{
	struct mapped_site *record = find_record(site);

	if (likely(record))
		return record;
	rt_lock(&mapped.lock);
	record = add_record(site);
	rt_unlock(&mapped.lock);
	return record;
}

uint32_t mapped_count(void)
{
	return atomic_load_explicit(&mapped.count, memory_order_acquire);
}

struct mapped_site *mapped_get(uint32_t number)
{
	return record_at(number);
}

/* -- slots -- */

static uint64_t pack(uint64_t bytes, uint32_t site)
{
	return (bytes >> SLOT_SHIFT) << MAPPED_SITE_BITS | site;
}

static uint32_t site_of(uint64_t value)
{
	return value & ((1u << MAPPED_SITE_BITS) - 1);
}

static uint64_t bytes_of(uint64_t value)
{
	return value >> MAPPED_SITE_BITS << SLOT_SHIFT;
}

static struct branch *branch_of(uintptr_t address)
{
	struct branch *_Atomic *root = atomic_load_explicit(&mapped.root, memory_order_acquire);

	return root ? atomic_load_explicit(&root[address >> BRANCH_SHIFT], memory_order_acquire)
		    : NULL;
}

static size_t leaf_number(uintptr_t address)
{
	return address >> LEAF_SHIFT & (BRANCH_LEAVES - 1);
}

static _Atomic uint64_t *slot_of(struct branch *branch, uintptr_t address)
{
	struct leaf *leaf = branch ? atomic_load_explicit(&branch->leaves[leaf_number(address)],
							  memory_order_acquire)
				   : NULL;

	return leaf ? &leaf->slots[address >> SLOT_SHIFT & (LEAF_SLOTS - 1)] : NULL;
}

static struct leaf *new_leaf(void)
{
	uint32_t count = mapped.leaf_count / 8;

	if (!mapped.spare_count) {
		count = count < LEAST_AT_ONCE  ? LEAST_AT_ONCE
			: count > MOST_AT_ONCE ? MOST_AT_ONCE
					       : count;
		mapped.spare = rt_map(count * sizeof *mapped.spare);
		mapped.spare_count = mapped.spare ? count : 0;
	}
	if (!mapped.spare_count)
		return NULL;
	mapped.spare_count--;
	mapped.leaf_count++;
	return mapped.spare++;
}

/* Called with the lock held. */
static bool add_leaf(uintptr_t address)
{
	struct branch *_Atomic *root = atomic_load(&mapped.root);
	struct branch *branch;
	struct leaf *leaf;

	if (!root && !(root = rt_map_for(RT_BRIEF, BRANCHES * sizeof *root)))
		return false;
	atomic_store_explicit(&mapped.root, root, memory_order_release);
	branch = branch_of(address);
	if (!branch && !(branch = rt_map(sizeof *branch)))
		return false;
	atomic_store_explicit(&root[address >> BRANCH_SHIFT], branch, memory_order_release);
	if (slot_of(branch, address)) /* another thread may have made it */
		return true;
	leaf = new_leaf();
	if (leaf)
		atomic_store_explicit(&branch->leaves[leaf_number(address)], leaf,
				      memory_order_release);
	return leaf != NULL;
}

static _Atomic uint64_t *make_slot(uintptr_t address)
{
	_Atomic uint64_t *slot = slot_of(branch_of(address), address);

	if (likely(slot))
		return slot;
	rt_lock(&mapped.lock);
	add_leaf(address);
	rt_unlock(&mapped.lock);
	return slot_of(branch_of(address), address);
}

static void account(uint64_t value, int64_t sign)
{
	struct mapped_site *record = find_record(site_of(value));

	atomic_fetch_add_explicit(&record->live, sign, memory_order_relaxed);
	atomic_fetch_add_explicit(&record->live_bytes, sign * (int64_t)bytes_of(value),
				  memory_order_relaxed);
}

static void note_lowest(uintptr_t start)
{
	uintptr_t lowest = atomic_load_explicit(&mapped.lowest, memory_order_relaxed);

	while (start < lowest && !atomic_compare_exchange_weak(&mapped.lowest, &lowest, start))
		;
}

/* Sets a slot, 0 for no mapping. Uncounts the old value, and counts the new one. */
static void put(uintptr_t start, uint64_t value)
{
	_Atomic uint64_t *slot = value ? make_slot(start) : slot_of(branch_of(start), start);
	_Atomic uint16_t *used;
	uint64_t old;

	if (unlikely(!slot))
		return;
	used = &branch_of(start)->used[leaf_number(start)];
	if (value) {
		note_lowest(start);
		atomic_fetch_add_explicit(used, 1, memory_order_relaxed);
		account(value, 1);
	}
	old = atomic_exchange_explicit(slot, value, memory_order_acq_rel);
	if (old) {
		account(old, -1);
		atomic_fetch_sub_explicit(used, 1, memory_order_relaxed);
	}
}

/* The leaf of the address, if any of its slots is in use; else NULL. *next: the next address after
 * what the leaf or the missing branch covers. */
static struct leaf *leaf_in_use(uintptr_t address, uintptr_t *next)
{
	struct branch *branch = branch_of(address);

	*next = ((address >> BRANCH_SHIFT) + 1) << BRANCH_SHIFT;
	if (!branch)
		return NULL;
	*next = ((address >> LEAF_SHIFT) + 1) << LEAF_SHIFT;
	if (!atomic_load_explicit(&branch->used[leaf_number(address)], memory_order_relaxed))
		return NULL;
	return atomic_load_explicit(&branch->leaves[leaf_number(address)], memory_order_acquire);
}

/* The first mapping that begins in [from, end); 0: none. */
static uint64_t next_start(uintptr_t from, uintptr_t end, uintptr_t *start)
{
	for (uintptr_t next; from < end; from = next) {
		const struct leaf *leaf = leaf_in_use(from, &next);

		if (!leaf)
			continue;
		for (; from < next && from < end; from += RT_PAGE) {
			uint64_t value = atomic_load_explicit(
				&leaf->slots[from >> SLOT_SHIFT & (LEAF_SLOTS - 1)],
				memory_order_acquire);

			*start = from;
			if (value)
				return value;
		}
	}
	return 0;
}

/* The last mapping that begins below the address; 0: none. */
static uint64_t last_start(uintptr_t address, uintptr_t *start)
{
	uintptr_t lowest = atomic_load_explicit(&mapped.lowest, memory_order_relaxed);

	while (address > lowest) {
		uintptr_t at = address - RT_PAGE;
		const struct branch *branch = branch_of(at);
		uint64_t value;

		if (!branch) {
			address = at >> BRANCH_SHIFT << BRANCH_SHIFT;
		} else if (!atomic_load_explicit(&branch->used[leaf_number(at)],
						 memory_order_relaxed)) {
			address = at >> LEAF_SHIFT << LEAF_SHIFT;
		} else {
			value = atomic_load_explicit(slot_of(branch_of(at), at),
						     memory_order_acquire);
			*start = at;
			if (value)
				return value;
			address = at;
		}
	}
	return 0;
}

/* -- ranges -- */

/* Computes the end in whole pages. False: the range is invalid. */
static bool is_range(uintptr_t start, uint64_t size, uintptr_t *end)
{
	if (start % RT_PAGE || !size || start >= ADDRESSES || size > ADDRESSES - start)
		return false;
	*end = (start + size + RT_PAGE - 1) & ~(RT_PAGE - 1);
	return true;
}

static void note_piece(struct mapped_cut *cut, uintptr_t start, uint64_t value)
{
	if (cut->count < MAPPED_PIECES)
		cut->of[cut->count] = (struct mapped_piece){start, value};
	cut->count++;
}

/* The part behind `end` of a mapping up to `old_end` becomes a mapping of its own. */
static void keep_rest(struct mapped_cut *cut, uintptr_t end, uintptr_t old_end, uint64_t value)
{
	if (old_end <= end)
		return;
	put(end, pack(old_end - end, site_of(value)));
	cut->rest = end;
}

/* Cuts the mapping that begins below the range, if it extends into it. */
static void cut_before(uintptr_t start, uintptr_t end, struct mapped_cut *cut)
{
	uintptr_t before, old_end;
	uint64_t value = last_start(start, &before);

	if (!value || (old_end = before + bytes_of(value)) <= start)
		return;
	note_piece(cut, before, value);
	put(before, pack(start - before, site_of(value)));
	keep_rest(cut, end, old_end, value);
}

void mapped_cut(uintptr_t start, uint64_t size, struct mapped_cut *cut)
{
	const _Atomic uint64_t *slot;
	uintptr_t end, at;
	uint64_t value;

	*cut = (struct mapped_cut){.count = 0};
	if (!atomic_load_explicit(&mapped.root, memory_order_acquire) ||
	    !is_range(start, size, &end))
		return;
	slot = slot_of(branch_of(start), start);
	if (!slot || !atomic_load_explicit(slot, memory_order_acquire))
		cut_before(start, end, cut);
	for (at = start; (value = next_start(at, end, &at)) != 0; at += RT_PAGE) {
		note_piece(cut, at, value);
		put(at, 0);
		if (at + bytes_of(value) <= end)
			cut->site = site_of(value);
		else
			keep_rest(cut, end, at + bytes_of(value), value);
		if (at + bytes_of(value) >= end)
			return;
	}
}

void mapped_restore(const struct mapped_cut *cut)
{
	if (cut->rest)
		put(cut->rest, 0);
	for (uint32_t i = 0; i < cut->count && i < MAPPED_PIECES; i++)
		put(cut->of[i].start, cut->of[i].slot);
}

void mapped_add(uintptr_t start, uint64_t size, uint32_t site, uint32_t kind)
{
	struct mapped_site *record;
	uintptr_t end, at = start;

	if (!is_range(start, size, &end) || !(record = record_of(site)))
		return;
	/* Mappings still recorded there were unmapped without our seeing it. */
	if (atomic_load_explicit(&mapped.root, memory_order_acquire))
		for (at = start + RT_PAGE; next_start(at, end, &at); at += RT_PAGE)
			put(at, 0);
	put(start, pack(end - start, site));
	atomic_fetch_or_explicit(&record->kinds, kind, memory_order_relaxed);
	atomic_fetch_add_explicit(&record->total, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&record->total_bytes, end - start, memory_order_relaxed);
}

bool mapped_next(uintptr_t *at, uint64_t *size, struct mapped_site **record)
{
	uint64_t value = next_start(*at, ADDRESSES, at);

	*size = bytes_of(value);
	*record = value ? find_record(site_of(value)) : NULL;
	return value != 0;
}

struct mapped_site *mapped_enclosing(uintptr_t address)
{
	uintptr_t start = 0;
	uint64_t value = 0;

	if (address < ADDRESSES)
		value = last_start((address & ~(RT_PAGE - 1)) + RT_PAGE, &start);
	return value && address - start < bytes_of(value) ? find_record(site_of(value)) : NULL;
}

void mapped_clear(void)
{
	uintptr_t at = 0;
	uint32_t count = mapped_count();

	for (; next_start(at, ADDRESSES, &at); at += RT_PAGE)
		put(at, 0);
	for (uint32_t i = 1; i <= count; i++) {
		atomic_store(&record_at(i)->total, 0);
		atomic_store(&record_at(i)->total_bytes, 0);
	}
}

void mapped_before_fork(void)
{
	rt_lock(&mapped.lock);
}

void mapped_after_fork(void)
{
	rt_unlock(&mapped.lock);
}
