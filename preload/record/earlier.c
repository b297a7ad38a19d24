/*
 * Earlier blocks: see earlier.h.
 * Path: cold. Threads: see there. Memory: static, and the shadow's.
 */
#include "record/earlier.h"

#include <sys/syscall.h>

#include "base/arch.h"
#include "base/rt.h"
#include "record/arenas.h"
#include "record/blocks.h"
#include "record/counters.h"
#include "record/real.h"
#include "record/sites.h"
#include "record/track.h"
#include "silt_snapshot.h"
#include "unwind/general.h"

#define MOST_MAPPINGS 4096u
#define NOT_IN_USE 2ul /* in a slot: no block begins here, although the heap looks as if one did */
#define TOLERATED (64ul << 10)
#define TOLERATED_PART 100u
#define HEAP_MAX (64ul << 20) /* heaps of glibc's other arenas are at multiples of it */
#define POPULATE_WRITE 23     /* MADV_POPULATE_WRITE, Linux 5.14 */

static struct {
	struct counters counters;
	bool registered;
	uint32_t site, status;
	struct counters_tally *tally;
	/* the allocator's figures */
	struct real_heap heap;
	uint32_t pid, mapping_count;
	struct {
		uintptr_t start, end;
	} mappings[MOST_MAPPINGS];
	uint64_t blocks, bytes, least, most;
} earlier;

/* -- before the threads are stopped -- */

bool earlier_prepare(void)
{
	earlier.blocks = 0;
	earlier.bytes = 0;
	earlier.least = UINT64_MAX;
	earlier.most = 0;
	earlier.mapping_count = 0;
	earlier.pid = (uint32_t)rt_process_id();
	earlier.status = SILT_EARLIER_ALLOCATOR;
	if (real_allocator() != SILT_ALLOCATOR_GLIBC || track_sample_bytes)
		return false;
	earlier.status = SILT_EARLIER_LAYOUT;
	if (!earlier.registered)
		counters_register(&earlier.counters);
	earlier.registered = true;
	if (!earlier.site)
		earlier.site = sites_add_bare(SILT_SITE_EARLIER);
	earlier.tally = earlier.site ? counters_tally_of(&earlier.counters, earlier.site) : NULL;
	if (!earlier.tally || !arenas_find())
		return false;
	real_read_heap(&earlier.heap);
	return true;
}

static void make_leaf(void *unused, uintptr_t address, uint64_t size)
{
	(void)unused;
	(void)size;
	blocks_slot_of(address, true);
}

/* Makes the leaves' pages present now rather than while the threads are stopped. */
static void make_leaves(uintptr_t start, uintptr_t end)
{
	while (start < end) {
		uintptr_t next = (start | ((1ul << BLOCKS_LEAF_SHIFT) - 1)) + 1,
			  last = next < end ? next : end;
		blocks_slot *slot = blocks_slot_of(start, true);
		uintptr_t first = (uintptr_t)slot & ~(rt_page_size() - 1);

		if (slot)
			rt_syscall(SYS_madvise, (long)first,
				   (long)((uintptr_t)(slot + (last - start) / 32) - first),
				   POPULATE_WRITE, 0, 0, 0);
		start = next;
	}
}

void earlier_note(uintptr_t start, uintptr_t end, bool is_heap)
{
	struct arenas_visitor visitor = {.used = make_leaf};
	struct arenas_sums sums = {0};

	if (is_heap || start % HEAP_MAX == 0) {
		make_leaves(start, end);
		return;
	}
	if (earlier.mapping_count == MOST_MAPPINGS)
		return;
	arenas_search(earlier.pid, start, end, &visitor, &sums);
	if (!sums.blocks)
		return;
	earlier.mappings[earlier.mapping_count].start = start;
	earlier.mappings[earlier.mapping_count++].end = end;
}

/* -- while the threads are stopped -- */

static void record_block(void *unused, uintptr_t address, uint64_t size)
{
	blocks_slot *slot = blocks_slot_of(address, false);
	struct block block = {.size = size, .site = earlier.site, .generation = EARLIER_GENERATION};

	(void)unused;
	if (!slot || atomic_load_explicit(slot, memory_order_relaxed) ||
	    !blocks_put((const void *)address, block))
		return;
	earlier.blocks++;
	earlier.bytes += size;
	earlier.least = size < earlier.least ? size : earlier.least;
	earlier.most = size > earlier.most ? size : earlier.most;
}

static void mark_free(void *unused, uintptr_t address)
{
	blocks_slot *slot = blocks_slot_of(address, false);

	(void)unused;
	if (slot && !atomic_load_explicit(slot, memory_order_relaxed))
		atomic_store_explicit(slot, NOT_IN_USE, memory_order_relaxed);
}

static void unmark(void *unused, uintptr_t address)
{
	blocks_slot *slot = blocks_slot_of(address, false);

	(void)unused;
	if (slot && atomic_load_explicit(slot, memory_order_relaxed) == NOT_IN_USE)
		atomic_store_explicit(slot, 0, memory_order_relaxed);
}

static bool agree(uint64_t a, uint64_t b)
{
	uint64_t more = a > b ? a : b, apart = a > b ? a - b : b - a;

	return apart <= TOLERATED + more / TOLERATED_PART;
}

static bool walk_heap(const struct arenas_visitor *visitor, struct arenas_sums *sums)
{
	if (!arenas_walk(visitor, sums))
		return false;
	for (uint32_t i = 0; i < earlier.mapping_count; i++)
		arenas_search(earlier.pid, earlier.mappings[i].start, earlier.mappings[i].end,
			      visitor, sums);
	return true;
}

static void forget_block(void *unused, uintptr_t address, uint64_t size)
{
	struct block block;

	(void)unused;
	(void)size;
	if (blocks_get((const void *)address, &block) && block.site == earlier.site)
		blocks_take((const void *)address, &block);
}

static uint32_t record_all(void)
{
	static const struct arenas_visitor visitor = {.used = record_block, .fast = mark_free};
	struct arenas_sums sums;

	if (!walk_heap(&visitor, &sums))
		return SILT_EARLIER_MOVING;
	if (!agree(sums.system_bytes, earlier.heap.arena_bytes) ||
	    !agree(sums.used_bytes, earlier.heap.used_bytes) ||
	    !agree(sums.mapped_bytes, earlier.heap.mapped_bytes))
		return SILT_EARLIER_TOTALS;
	return SILT_EARLIER_TAKEN;
}

/* Records all blocks, and removes them again if they disagree with the allocator's counts. */
void earlier_take(bool still)
{
	static const struct arenas_visitor back = {.used = forget_block}, clean = {.fast = unmark};
	struct arenas_sums sums;

	earlier.status = still ? record_all() : SILT_EARLIER_MOVING;
	if (!still)
		return;
	if (earlier.status != SILT_EARLIER_TAKEN) {
		walk_heap(&back, &sums);
		earlier.blocks = 0;
		earlier.bytes = 0;
	}
	arenas_walk_fast(&clean);
}

/* -- after the threads run again -- */

/* Removes a block that is our own. */
static void leave_out(const void *ours)
{
	struct block block;

	if (!ours || !blocks_get(ours, &block) || block.site != earlier.site)
		return;
	blocks_take(ours, &block);
	earlier.blocks--;
	earlier.bytes -= block.size;
}

uint32_t earlier_finish(void)
{
	struct counters_tally *tally = earlier.tally;

	if (earlier.status != SILT_EARLIER_TAKEN || !earlier.blocks)
		return earlier.status;
	leave_out(unwind_general_block());
	if (!tally->alloc_blocks) {
		tally->min_size = earlier.least;
		tally->max_size = earlier.most;
	}
	arch_add(&tally->alloc_bytes, earlier.bytes);
	__atomic_store_n(&tally->alloc_blocks, tally->alloc_blocks + earlier.blocks,
			 __ATOMIC_RELEASE);
	tally->peak_bytes = (int64_t)earlier.bytes;
	tally->last_ns = rt_monotonic_ns();
	earlier.counters.net += (int64_t)earlier.bytes;
	earlier.counters.net_peak = earlier.counters.net;
	counters_hand_in(&earlier.counters);
	atomic_store(&track_gaps, false);
	return earlier.status;
}

uint32_t earlier_status(uint64_t *blocks, uint64_t *bytes)
{
	*blocks = earlier.status == SILT_EARLIER_TAKEN ? earlier.blocks : 0;
	*bytes = earlier.status == SILT_EARLIER_TAKEN ? earlier.bytes : 0;
	return earlier.status;
}
