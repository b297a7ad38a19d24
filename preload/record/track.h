/*
 * What an allocation and a free do. The hot path reads top-down here: track_enter, track_allocated,
 * track_freed.
 * Path: hot. Threads: each with its own struct track_thread, found through initial-exec TLS; no
 * lock, and no store to a cache line that other threads write. Memory: own pages, about 20 KiB per
 * thread plus its counters.
 * Must not: change errno, call the allocator, be entered while the guard is set.
 *
 * Cost of an allocation: the traceback (unwind/capture.h); one probe for its site, unless it is the
 * last one again; one cache line of counters and one slot of the shadow. Of a free: the slot and
 * the counters.
 */
#ifndef SILT_TRACK_H
#define SILT_TRACK_H

#include "base/rt.h"
#include "record/blocks.h"
#include "record/counters.h"
#include "record/frees.h"
#include "record/sites.h"
#include "unwind/capture.h"
#include "unwind/walks.h"

/* How many blocks that are the first of their call site are marked before any other: a program
 * whose call stacks never recur has only such. */
#define TRACK_MOST_MARKS 256u

struct track_thread {
	struct counters counters;
	struct unwind_walk walk;
	struct walks walks;
	/* rt_version for which track_self.fast is valid */
	uint32_t version;
	/* the block last allocated, if it was recorded */
	const void *last;
	/* see track_now() */
	uint64_t now;
	uint32_t now_generation, now_uses;
	/* first blocks of call sites that may still be marked, see frees.h */
	uint32_t marks;
	/* now_generation as the shadow stores it */
	uint32_t packed_generation;
	struct blocks_near near;
	/* sampled mode: track_self.until_sample after `last` was sampled */
	uint64_t last_until;
	uint64_t random;
	uint64_t lost_records;
	uint64_t unknown_frees;
	struct track_thread *next, *next_idle;
};

struct track_self {
	/* The thread's state if the fast path may be used as of `version`: recording is on, exact,
	 * without a memory limit or the self-check, and the thread is neither ending nor ignoring.
	 * Else NULL. */
	struct track_thread *fast;
	/* NULL before the first use, and once the thread has begun to end */
	struct track_thread *thread;
	/* not 0: the library is at work in this thread, and records nothing. The frame address of
	 * the interposed call, or a small number that our own code has set. */
	uintptr_t guard;
	/* with sampling: bytes until the next sample; else 0, or what an earlier recording left */
	uint64_t until_sample;
	/* track_sample_bytes for which until_sample is valid */
	uint64_t sampled_every;
	/* above 0: new blocks are ignored, silt_ignore_begin() */
	uint32_t ignoring;
	bool ended;
};
extern __thread struct track_self track_self
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Why the fast path is not used; 0: recording. */
enum track_state {
	TRACK_NOT_STARTED = 1,
	TRACK_OFF = 2, /* silt_stop(), or this program is not recorded */
	/* a snapshot needs the allocator's figures, which only a thread of the program may read */
	TRACK_READ_HEAP = 4,
};
extern RT_HIDDEN _Atomic uint32_t track_state;

/* Notes that an allocation of that size has failed. */
RT_COLD void track_note_refused(uint64_t size);
/* The size of the first allocation that failed, at the first call; then, or if none did, 0. */
uint64_t track_take_refused(void);

/* The number of the present snapshot interval. */
extern RT_HIDDEN _Atomic uint32_t track_generation;
void track_set_generation(uint32_t generation);
/* True if recording was off, or was cleared, for a time. */
extern _Atomic bool track_gaps;
/* Units of work that the program has counted. */
extern _Atomic uint64_t track_iterations;
/* The least size to request from the next allocator, see blocks.h. */
extern RT_HIDDEN size_t track_min_request;
/* Mean bytes between samples; 0: exact. */
extern RT_HIDDEN uint64_t track_sample_bytes;

/* Cold: prepares this thread for recording. False: the call is not recorded, and the guard is
 * clear. */
bool track_enter_slowly(void);
/* Cold: rt_version has changed: checks anew whether the fast path may be used. */
void track_recheck(struct track_thread *thread);
/* Cold: the guard is set. If the call that set it is gone, since a signal handler has jumped out of
 * it (siglongjmp), does what track_enter() does; else returns false. */
bool track_enter_guarded(uintptr_t frame);
/* The first allocation of the process: starts recording. Defined by control/, since nothing can be
 * registered before it. */
void track_first_use(void);
/* Sets the function to call, in a thread that allocates, while TRACK_READ_HEAP is set. Once, before
 * recording begins. */
void track_on_read_heap(void (*read_heap)(void));

/*
 * With sampling: true if this allocation is not sampled; it then goes straight to the real
 * allocator, at no more cost than this test. Called before anything else, also while the guard is
 * set: all bytes count, whoever requests them.
 */
static inline bool track_unsampled(uint64_t size)
{
	uint64_t until = track_self.until_sample;

	if (likely(until == 0))
		return false;
	size += size == 0; /* an empty block counts as one byte */
	if (unlikely(size >= until || track_self.sampled_every != track_sample_bytes ||
		     atomic_load_explicit(&track_state, memory_order_relaxed)))
		return false;
	track_self.until_sample = until - size;
	return true;
}

/* Sets the guard until track_leave(). False: this call is not recorded, and the guard is as it was.
 * `frame`: the frame address of the interposed function. */
static inline __attribute__((always_inline)) bool track_enter(uintptr_t frame)
{
	if (unlikely(track_self.guard))
		return track_enter_guarded(frame);
	track_self.guard = frame;
	if (unlikely(!track_self.thread ||
		     atomic_load_explicit(&track_state, memory_order_relaxed)))
		return track_enter_slowly();
	return true;
}

/* Cold: the thread is ending, and releases its state at once. */
void track_leave_ended(void);

static inline void track_leave(void)
{
	if (unlikely(track_self.ended))
		track_leave_ended();
	track_self.guard = 0;
}

static inline size_t track_request(size_t size)
{
	return size < track_min_request ? track_min_request : size;
}

/* With sampling: true if this block is sampled. */
bool track_sample(struct track_thread *thread, uint64_t size);
/* What a sampled block of that size stands for. */
struct counters_weight track_sample_weight(uint64_t size);
/* Counts a sampled block of the site: `which` 0: allocated, 1: freed. */
void track_count_sample(struct track_thread *thread, uint32_t site, unsigned which);
/* With sampling: what track_allocated() and track_count_freed() do. */
void track_allocated_sampled(const void *block, uint64_t size, const struct unwind_start *start);
void track_count_freed_sampled(struct block block, bool temporary, bool nested);

static inline struct counters_weight track_weight(uint64_t size)
{
	if (unlikely(track_sample_bytes))
		return track_sample_weight(size);
	return (struct counters_weight){1, size};
}

/* Cold: reads the clock. */
void track_read_clock(struct track_thread *thread, uint32_t generation);
/* Cold: what is due after a block was recorded: reading the clock, which may mark the block, and
 * handing in counters. */
void track_do_rest(struct track_thread *thread, const void *block);
/* True if the block that is about to be recorded is to be marked. */
bool track_wants_mark(struct track_thread *thread, uint32_t site);

/* The time, read at most 48 allocations of this thread ago and in this snapshot interval: reading
 * the clock at each allocation would cost 4 ns. */
static inline uint64_t track_now(struct track_thread *thread, uint32_t generation)
{
	if (unlikely(generation != thread->now_generation || --thread->now_uses == 0))
		track_read_clock(thread, generation);
	return thread->now;
}

/* Records and counts a block. False: no memory for the site, the slot or the counters. */
static RT_HOT bool track_record(struct track_thread *thread, const void *block, uint64_t size,
				uint32_t site, struct counters_weight weight)
{
	uint32_t generation = atomic_load_explicit(&track_generation, memory_order_relaxed);

	return site &&
	       blocks_put(block, (struct block){size, site, generation, track_self.ignoring != 0,
						track_wants_mark(thread, site)}) &&
	       counters_allocated(&thread->counters, site, weight, size,
				  track_now(thread, generation));
}

/* Cold: undoes what track_record() has done, and counts a lost record. */
void track_not_recorded(struct track_thread *thread, const void *block);

/* The site of a call from `start`; 0: it could not be stored. */
uint32_t track_site(struct track_thread *thread, const struct unwind_start *start);

/* The same if the call stack is known not to be a remembered one. */
uint32_t track_site_by_walk(struct track_thread *thread, const struct unwind_start *start);

/* Records a block allocated by the caller at `start`. Between track_enter() and track_leave(). */
static inline void track_allocated(const void *block, uint64_t size,
				   const struct unwind_start *start)
{
	struct track_thread *thread = track_self.thread;

	if (unlikely(track_sample_bytes)) {
		track_allocated_sampled(block, size, start);
		return;
	}
	thread->last = block;
	if (unlikely(!track_record(thread, block, size, track_site(thread, start),
				   (struct counters_weight){1, size})))
		track_not_recorded(thread, block);
}

/* -- the fast path -- */

/* The thread's state if the fast path may be used; NULL: the call takes the slow path. */
static RT_HOT struct track_thread *track_fast(void)
{
	struct track_thread *thread = track_self.fast;

	if (unlikely(!thread) ||
	    unlikely(thread->version != atomic_load_explicit(&rt_version, memory_order_relaxed)) ||
	    unlikely(track_self.guard))
		return NULL;
	return thread;
}

/* Records a block of a remembered call stack. The guard is set. Sets *rest if track_do_rest() is
 * due. Returns false, with nothing changed, if the block has no leaf or is large. */
static RT_HOT bool track_record_fast(struct track_thread *thread, const void *block, uint64_t size,
				     const struct walks_run *known, bool *rest)
{
	blocks_slot *slot = blocks_slot_near(&thread->near, (uintptr_t)block);

	if (unlikely(!slot) || unlikely(size >= BLOCKS_SIZE_MAX))
		return false;
	blocks_write(slot, (uintptr_t)block, size, known->site, thread->packed_generation, 0);
	thread->last = block;
	*rest = true;
	if (likely(!counters_count(&thread->counters, known->tally, false,
				   (struct counters_weight){1, size}, size, thread->now)))
		*rest = --thread->now_uses == 0;
	else
		thread->now_uses--;
	return true;
}

/* Cold. Records a block for which track_record_fast() cannot be used: its call stack is not
 * remembered (_new), or it returned false (_known). */
void track_record_new(struct track_thread *thread, const void *block, uint64_t size,
		      const struct unwind_start *start);
void track_record_known(struct track_thread *thread, const void *block, uint64_t size,
			uint32_t site);

/* Removes an ordinary block, neither large nor marked. Sets *hand_in if counters_hand_in() is due.
 * Returns false, with nothing changed, for other blocks. */
static RT_HOT bool track_freed_fast(struct track_thread *thread, const void *address,
				    struct block *block, bool *hand_in)
{
	blocks_slot *slot = blocks_slot_near(&thread->near, (uintptr_t)address);
	struct counters_chunk *chunk;
	uint32_t word;

	if (unlikely(!slot))
		return false;
	word = atomic_load_explicit(slot, memory_order_relaxed);
	if (unlikely(!blocks_begins_plain(word, (uintptr_t)address)))
		return false;
	block->site = blocks_site(word);
	block->size = blocks_size(slot, word);
	chunk = counters_get_chunk(&thread->counters, block->site, memory_order_relaxed);
	if (unlikely(!chunk))
		return false;
	atomic_store_explicit(slot, 0, memory_order_relaxed);
	*hand_in = counters_count_freed(&thread->counters, chunk, block->site,
					(struct counters_weight){1, block->size},
					thread->last == address);
	return true;
}

/* -- the slow paths of free -- */

/* Cold: counts the free of a recorded block in a thread without a state, or without counters for
 * it. */
void track_freed_slowly(struct block block, bool nested);

/* Counts the free of a recorded block. `temporary`: freed before this thread's next allocation, as
 * heaptrack counts them. */
static RT_HOT void track_count_freed(struct block block, bool nested, bool temporary)
{
	struct track_thread *thread = track_self.thread;

	if (unlikely(!thread || (nested && !counters_has_chunk(&thread->counters, block.site))))
		track_freed_slowly(block, nested);
	else if (unlikely(track_sample_bytes))
		track_count_freed_sampled(block, temporary, nested);
	else if (unlikely(!counters_freed(&thread->counters, block.site,
					  (struct counters_weight){1, block.size}, temporary,
					  nested)))
		thread->lost_records++;
}

/*
 * Removes a block that is about to be freed: before the next allocator has it, so that no other
 * thread is given its address first. Needs no track_enter(): a block that is freed while the guard
 * is set was recorded before, and must not stay recorded. `nested`: the guard was set before, that
 * is, a signal handler frees while this thread is at work in here, perhaps with a lock of ours.
 * False: the block is unknown.
 */
static RT_HOT bool track_freed(const void *address, struct block *block, bool nested)
{
	struct track_thread *thread = track_self.thread;

	if (unlikely(!blocks_root || !blocks_take(address, block)))
		return false;
	track_count_freed(*block, nested, thread && thread->last == address);
	return true;
}

/* With sampling: true if this block was not sampled; its free then goes straight to the
 * allocator. */
static inline bool track_unsampled_freed(const void *address)
{
	return unlikely(track_sample_bytes != 0) && likely(blocks_is_unrecorded(address));
}

/* -- mappings, which are not blocks: see mapped.h -- */

/* As track_enter(), for a caller that may hold locks of the allocator: starts nothing, calls no
 * allocator, and does not look for a guard that was left behind. */
bool track_enter_for_mapping(uintptr_t frame);
/* The site of the call stack at `start`; 0: it could not be stored. The guard is set. */
uint32_t track_stack(const struct unwind_start *start);

/* Cold: a marked block of the site is freed or reallocated by the caller at `start`: may record the
 * call stack. `how`: enum silt_freed. The guard is set. */
void track_note_freed(uint32_t site, const struct unwind_start *start, uint32_t how);

/* Counts the free of a block that track_freed() did not know. */
static inline void track_unknown_freed(bool nested)
{
	if (track_self.thread && !nested && !track_sample_bytes)
		track_self.thread->unknown_frees++;
}

/* Records a block again: realloc has failed, and the block lives on. */
static inline void track_not_freed(const void *address, const struct block *block)
{
	struct track_thread *thread = track_self.thread;
	struct counters_weight weight = track_weight(block->size);

	blocks_put(address, *block);
	if (unlikely(!thread))
		return;
	counters_freed(&thread->counters, block->site,
		       (struct counters_weight){-weight.blocks, -weight.bytes},
		       thread->last == address, true);
}

/* -- control -- */

/* Makes the tables. False: no memory. */
bool track_start(void);
/* Sets and clears bits of track_state. */
void track_switch(uint32_t set, uint32_t clear);
/* Forgets all blocks and counts. False: no memory. */
bool track_clear(void);
uint64_t track_lost_records(void);
uint64_t track_unknown_frees(void);
/* The most threads that allocated or freed and existed at once. */
uint32_t track_threads_at_once(void);

/* Take and release the lock of the list of threads around a copy of the process. */
void track_before_fork(void);
void track_after_fork(void);
/* In the child of a fork, whose only thread is the calling one: releases the states of all other
 * threads. */
void track_only_thread(void);

#endif
