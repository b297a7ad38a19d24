/*
 * What an allocation and a free do: see track.h. This file has what is not on the hot path.
 * Path: cold. Threads: all. Memory: own pages.
 */
#include "record/track.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

#include "base/arch.h"
#include "base/rt.h"
#include "record/mapped.h"
#include "record/real.h"
#include "record/thread.h"
#include "silt_assert.h"
#include "unwind/general.h"
#include "unwind/modules.h"
#include "unwind/rules.h"

__thread struct track_self track_self;
static _Atomic uint64_t first_refused;
_Atomic uint32_t track_state = TRACK_NOT_STARTED;
_Atomic uint32_t track_generation = 1;
_Atomic bool track_gaps;
_Atomic uint64_t track_iterations;
size_t track_min_request;
uint64_t track_sample_bytes;

void track_recheck(struct track_thread *thread)
{
	uint32_t version = atomic_load(&rt_version), generation = atomic_load(&track_generation);
	uint32_t epoch = atomic_load(&rules_epoch);

	if (thread->walks.epoch != epoch)
		walks_forget(&thread->walks);
	thread->walks.epoch = epoch;
	if (thread->now_generation != generation)
		track_read_clock(thread, generation);
	thread->version = version;
	track_self.fast = NULL;
	if (!atomic_load(&track_state) && track_sample_bytes == 0 &&
	    rt_memory_limit == UINT64_MAX && !unwind_selfcheck && !track_self.ended &&
	    !track_self.ignoring)
		track_self.fast = thread;
}

bool track_enter_for_mapping(uintptr_t frame)
{
	uint32_t state = atomic_load_explicit(&track_state, memory_order_relaxed);

	if (track_self.guard || state & (TRACK_NOT_STARTED | TRACK_OFF) || track_self.ignoring)
		return false;
	track_self.guard = frame;
	if (likely(track_self.thread) || thread_assign())
		return true;
	track_self.guard = 0;
	return false;
}

static void (*on_read_heap)(void);

void track_on_read_heap(void (*read_heap)(void))
{
	on_read_heap = read_heap;
}

bool track_enter_slowly(void)
{
	uint32_t state = atomic_load(&track_state);
	int saved = errno;

	if (!real_ready())
		goto no;
	if (state & TRACK_NOT_STARTED) {
		track_first_use();
		state = atomic_load(&track_state);
	}
	if (state & TRACK_READ_HEAP)
		on_read_heap();
	if (state & (TRACK_NOT_STARTED | TRACK_OFF))
		goto no;
	if (!track_self.thread && !thread_assign()) {
		thread_count_lost();
		goto no;
	}
	errno = saved;
	return true;
no:
	track_self.guard = 0;
	errno = saved;
	return false;
}

RT_COLD uint32_t track_site_by_walk(struct track_thread *thread, const struct unwind_start *start)
{
	struct unwind_trace *trace;

	/* Otherwise what is called here would be recorded, and walk the same state. */
	SILT_ASSERT(track_self.guard);
	trace = unwind_capture(&thread->walk, start);
	if (!trace->site)
		trace->site = sites_find(trace, &thread->walk, start);
	if (trace->site) {
		struct counters_tally *tally = counters_tally_of(&thread->counters, trace->site);

		/* The fast path does not do what the first block of a tally needs. */
		walks_missed(&thread->walks, &thread->walk, start, trace->site,
			     tally && tally->alloc_blocks ? tally : NULL);
	}
	return trace->site;
}

uint32_t track_site(struct track_thread *thread, const struct unwind_start *start)
{
	const struct walks_run *known;
	uint32_t site;

	if (unlikely(thread->version != atomic_load_explicit(&rt_version, memory_order_relaxed)))
		track_recheck(thread);
	known = walks_find(&thread->walks, start->pc, start->sp, start->fp);
	site = likely(known) ? known->site : track_site_by_walk(thread, start);
	if (unlikely(unwind_selfcheck) && site)
		sites_check(site, start);
	return site;
}

RT_COLD void track_record_new(struct track_thread *thread, const void *block, uint64_t size,
			      const struct unwind_start *start)
{
	track_record_known(thread, block, size, track_site_by_walk(thread, start));
}

RT_COLD void track_record_known(struct track_thread *thread, const void *block, uint64_t size,
				uint32_t site)
{
	thread->last = block;
	if (unlikely(!track_record(thread, block, size, site, (struct counters_weight){1, size})))
		track_not_recorded(thread, block);
}

void track_not_recorded(struct track_thread *thread, const void *block)
{
	struct block half;

	SILT_ASSERT(track_self.guard);
	blocks_take(block, &half); /* without counters, only its free would be counted */
	thread->lost_records++;
}

/* An address up to this far below the top counts as on the thread's own stack. */
#define OWN_STACK (8ul << 20)
#define GUARD_FRAMES 32u

/* True if the call of ours that set `guard` is still on the stack, seen from the handler at `here`,
 * or if that is unknown. */
static bool is_on_stack(struct track_thread *thread, uintptr_t guard,
			const struct unwind_start *here)
{
	struct unwind_frame_bounds frames[GUARD_FRAMES];
	uint32_t count =
		unwind_frames(&thread->walk, here, (struct arch_link){}, frames, GUARD_FRAMES);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t module = rules_pc(frames[i].pc)->module;

		if (frames[i].cfa <= guard)
			continue;
		return module != MODULES_NONE &&
		       modules_get(module)->start <= (uintptr_t)is_on_stack &&
		       modules_get(module)->end > (uintptr_t)is_on_stack;
	}
	return true; /* unknown */
}

/*
 * A frame is above all frames that it calls, including those of signal handlers that interrupt it.
 * So the call that set the guard is gone if its frame is at or below ours, or is not found on the
 * way up. That holds only on the thread's own stack: a handler's stack, or a coroutine's, may be
 * anywhere.
 */
static bool is_gone(struct track_thread *thread, uintptr_t guard, uintptr_t frame,
		    const struct unwind_start *here)
{
	uintptr_t top = thread->walk.stack_top;
	stack_t other = {.ss_flags = SS_ONSTACK};
	bool gone;

	if (top - frame > OWN_STACK || top - guard > OWN_STACK)
		return false;
	if (rt_syscall(SYS_sigaltstack, 0, (long)&other, 0, 0, 0, 0) < 0 ||
	    other.ss_flags & SS_ONSTACK)
		return false;
	gone = guard <= frame || !is_on_stack(thread, guard, here);
	if (gone)
		unwind_forget(&thread->walk); /* it may have been left half done */
	return gone;
}

bool track_enter_guarded(uintptr_t frame)
{
	struct unwind_start here = UNWIND_HERE;
	struct track_thread *thread = track_self.thread;
	uintptr_t guard = track_self.guard;
	uint32_t state = atomic_load_explicit(&track_state, memory_order_relaxed);
	uint64_t signals;
	bool gone;

	if (guard < RT_PAGE || state & (TRACK_NOT_STARTED | TRACK_OFF) || atomic_load(&rt_confined))
		return false;
	signals = rt_block_signals(); /* a handler would come here, too */
	if (!thread) /* the first call may have been left before it had a state: borrows one */
		thread = thread_take();
	gone = thread && is_gone(thread, guard, frame, &here);
	if (gone)
		track_self.guard = frame;
	if (thread && !track_self.thread)
		thread_give(thread);
	rt_restore_signals(signals);
	if (!gone)
		return false;
	return (!state && thread == track_self.thread) || track_enter_slowly();
}

void track_freed_slowly(struct block block, bool nested)
{
	uintptr_t guard = track_self.guard;
	struct track_thread *thread;

	if (nested) {
		thread_count_lost();
		return;
	}
	track_self.guard = 1;
	thread = thread_take();
	if (thread) {
		counters_freed(&thread->counters, block.site, track_weight(block.size), false,
			       true);
		if (track_sample_bytes)
			track_count_sample(thread, block.site, 1);
		/* A thread that only frees keeps it: otherwise each free would come here and take
		 * the lock twice. */
		if (!thread_keep(thread))
			thread_give(thread);
	}
	track_self.guard = guard;
}

/* Allocations between two readings of the clock: random, so that the blocks marked at these times
 * are not always of the same site in a loop. */
#define LEAST_USES 17u
#define MORE_USES 32u /* a power of two */

static uint32_t clock_uses(struct track_thread *thread)
{
	thread->random ^= thread->random << 13; /* xorshift64 (Marsaglia 2003) */
	thread->random ^= thread->random >> 7;
	thread->random ^= thread->random << 17;
	return LEAST_USES + (uint32_t)(thread->random >> 40) % MORE_USES;
}

void track_read_clock(struct track_thread *thread, uint32_t generation)
{
	thread->now = rt_coarse_ns();
	thread->now_generation = generation;
	thread->packed_generation = blocks_pack_generation(generation);
	thread->now_uses = clock_uses(thread);
	thread->marks += thread->marks < TRACK_MOST_MARKS;
	walks_earn(&thread->walks, thread->now_uses);
}

/* -- marked blocks: see frees.h -- */

/* True at half of the readings of the clock, at random. */
static bool by_chance(const struct track_thread *thread)
{
	return thread->random >> 63;
}

RT_COLD void track_do_rest(struct track_thread *thread, const void *block)
{
	blocks_slot *slot = blocks_slot_of((uintptr_t)block, false);

	if (thread->now_uses == 0) {
		track_read_clock(thread, thread->now_generation);
		if (by_chance(thread) && slot)
			atomic_fetch_or(slot,
					/* the caller owns it, but has not been given it yet */
					BLOCKS_MARKED);
	}
	if (thread->counters.net >= COUNTERS_HAND_IN)
		counters_hand_in(&thread->counters);
}

RT_COLD bool track_wants_mark(struct track_thread *thread, uint32_t site)
{
	const struct counters_tally *tally;

	if (track_sample_bytes)
		return true; /* a sampled block stands for many */
	if (thread->now_uses == 1 && by_chance(thread))
		return true; /* track_now() is about to read the clock */
	if (!site || !thread->marks)
		return false;
	tally = counters_tally_of(&thread->counters, site);
	if (!tally || tally->alloc_blocks >= FREES_FIRST)
		return false;
	thread->marks--;
	return true;
}

uint32_t track_stack(const struct unwind_start *start)
{
	struct unwind_walk *walk = &track_self.thread->walk;
	struct unwind_trace *trace = unwind_capture(walk, start);

	if (!trace->site)
		trace->site = sites_find(trace, walk, start);
	if (unlikely(unwind_selfcheck) && trace->site)
		sites_check(trace->site, start);
	return trace->site;
}

RT_COLD void track_note_freed(uint32_t site, const struct unwind_start *start, uint32_t how)
{
	struct track_thread *thread = track_self.thread;
	uint32_t weight = thread ? frees_choose(site, &thread->random) : 0;
	uint32_t stack = weight ? track_stack(start) : 0;

	if (stack)
		frees_add(site, stack, how, weight);
}

/* -- control -- */

bool track_start(void)
{
	if (!rules_start() || !sites_start() || !blocks_start())
		return false;
	thread_start();
	return true;
}

void track_switch(uint32_t set, uint32_t clear)
{
	uint32_t old = atomic_load(&track_state);

	if (set & TRACK_OFF)
		atomic_store(&track_gaps, true);
	while (!atomic_compare_exchange_weak(&track_state, &old, (old | set) & ~clear))
		;
	atomic_fetch_add(&rt_version, 1);
}

void track_set_generation(uint32_t generation)
{
	atomic_store(&track_generation, generation);
	atomic_fetch_add(&rt_version, 1);
}

bool track_clear(void)
{
	atomic_store(&track_gaps, true);
	blocks_clear();
	frees_clear();
	mapped_clear();
	return counters_clear();
}

void track_note_refused(uint64_t size)
{
	uint64_t none = 0;

	atomic_compare_exchange_strong(&first_refused, &none, size ? size : 1);
}

uint64_t track_take_refused(void)
{
	uint64_t size = atomic_load(&first_refused);

	if (size == UINT64_MAX)
		return 0;
	if (size)
		atomic_store(&first_refused, UINT64_MAX); /* no more */
	return size;
}
