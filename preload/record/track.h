/*
 * What an allocation and a free do. The hot path reads top-down here: track_enter, track_allocated,
 * track_freed.
 * Path: hot. Threads: each with its own struct track_thread, found through initial-exec TLS; no
 * lock, and no store to a cache line that other threads write. Memory: own pages, per thread about
 * 20 KiB plus its tallies.
 * Must not: change errno, call the allocator, be entered while the guard is set.
 *
 * Cost of an allocation: the traceback (unwind/capture.h); one probe for its site, unless it is the
 * last one again; one cache line of tallies and one slot of the shadow. Of a free: the slot and the
 * tallies.
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

/* First blocks of call sites that are marked before any other: a program whose stacks never
 * come back has only such. */
#define TRACK_MOST_MARKS 256u

struct track_thread {
	/* first: control.c finds the thread by it */
	struct counters counters;
	struct unwind_walk walk;
	struct walks walks;
	/* rt_version as of which track_self.fast holds */
	uint32_t version;
	/* the block last allocated, if it was recorded */
	const void *last;
	/* see track_now() */
	uint64_t now;
	uint32_t now_generation, now_uses;
	/* first blocks of call sites that may still be marked, see frees.h */
	uint32_t marks;
	/* for the shadow */
	uint32_t packed_generation;
	struct blocks_near near;
	/* sampled mode: track_self.until_sample after that */
	uint64_t last_until;
	uint64_t random;
	uint64_t lost_records;
	uint64_t unknown_frees;
	struct track_thread *next, *next_idle;
};

struct track_self {
	/* The thread where nothing is special as of its version: it is on, exact and without a
	 * limit of memory, there is no self-check, the thread is not ending and does not ignore.
	 * Else NULL. */
	struct track_thread *fast;
	/* NULL before the first use, and after the thread's end began */
	struct track_thread *thread;
	/* set while we work, and then not recorded: the frame of the call; small numbers: by
	 * hand */
	uintptr_t guard;
	/* sampled mode: bytes until the next sample; else 0 */
	uint64_t until_sample;
	/* new blocks are to be overlooked while above 0: silt_ignore_begin() */
	uint32_t ignoring;
	bool ended;
};
extern __thread struct track_self track_self
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Why the fast path is not taken; 0: recording. */
enum track_state {
	TRACK_NOT_STARTED = 1,
	TRACK_OFF = 2, /* silt_stop(), or this program is not to be tracked */
	/* a snapshot wants the allocator's figures, which only a thread of the program may ask
	 * for */
	TRACK_READ_HEAP = 4,
};
extern RT_HIDDEN _Atomic uint32_t track_state;

/* An allocation was refused; the size of the first one, once, or 0: none was. */
RT_COLD void track_note_refused(uint64_t size);
uint64_t track_take_refused(void);

/* The number of the present snapshot interval. */
extern RT_HIDDEN _Atomic uint32_t track_generation;
void track_set_generation(uint32_t generation);
/* Was recording off, or cleared, for a time? */
extern _Atomic bool track_gaps;
/* Units of work the program has counted. */
extern _Atomic uint64_t track_iterations;
/* Least size to ask the next allocator for, see blocks.h. */
extern RT_HIDDEN size_t track_min_request;
/* Mean bytes between samples, 0: exact. */
extern RT_HIDDEN uint64_t track_sample_bytes;

/* Cold: prepares this thread, or says no. */
bool track_enter_slowly(void);
/* Cold: rt_version has changed. */
void track_look_again(struct track_thread *thread);
/* Cold: the guard is set. By a call that a signal handler has jumped out of (siglongjmp)? Then as
 * track_enter(). */
bool track_enter_guarded(uintptr_t frame);
/* The first allocation of the process: recording is to begin. Defined by control/, as nobody can
 * register anything before it. */
void track_first_use(void);
/* Calls `read_heap`, in a thread that allocates, while TRACK_READ_HEAP is set. Set once, before
 * recording begins. */
void track_on_read_heap(void (*read_heap)(void));

/*
 * Sampled mode: true if this allocation is not sampled. It then goes straight to the real allocator
 * and costs no more than this test. Called before anything else, also while the guard is set: all
 * bytes count, whoever asks for them.
 */
static inline bool track_unsampled(uint64_t size)
{
	uint64_t until = track_self.until_sample;

	if (likely(until == 0))
		return false;
	size += size == 0; /* an empty block is one of a byte */
	if (unlikely(size >= until || atomic_load_explicit(&track_state, memory_order_relaxed)))
		return false;
	track_self.until_sample = until - size;
	return true;
}

/* May this call be recorded? Then the guard is set until track_leave(). `frame`: the frame address
 * of the interposed function. */
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

/* Cold: the thread is ending and gives its state back at once. */
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

/* Sampled mode: is this block taken, and what does it stand for? */
bool track_sample(struct track_thread *thread, uint64_t size);
struct counters_weight track_sample_weight(uint64_t size);
void track_count_sample(struct track_thread *thread, uint32_t site, unsigned which);
void track_allocated_sampled(const void *block, uint64_t size, const struct unwind_start *start);
void track_count_freed_sampled(struct block block, bool temporary);

static inline struct counters_weight track_weight(uint64_t size)
{
	if (unlikely(track_sample_bytes))
		return track_sample_weight(size);
	return (struct counters_weight){1, size};
}

/* Cold: looks at the clock. */
void track_read_clock(struct track_thread *thread, uint32_t generation);
/* Cold: what is due after a block was recorded: a look at the clock, which may mark the block, and
 * handing in. */
void track_do_rest(struct track_thread *thread, const void *block);
/* Is the block that is about to be recorded one to be marked? */
bool track_marks(struct track_thread *thread, uint32_t site);

/* The time, as of at most 48 allocations of this thread ago and of this snapshot interval; for a
 * look at the clock at each of them costs 4 ns. */
static inline uint64_t track_now(struct track_thread *thread, uint32_t generation)
{
	if (unlikely(generation != thread->now_generation || --thread->now_uses == 0))
		track_read_clock(thread, generation);
	return thread->now;
}

static RT_HOT bool track_record(struct track_thread *thread, const void *block, uint64_t size,
				uint32_t site, struct counters_weight weight)
{
	uint32_t generation = atomic_load_explicit(&track_generation, memory_order_relaxed);

	return site &&
	       blocks_put(block, (struct block){size, site, generation, track_self.ignoring != 0,
						track_marks(thread, site)}) &&
	       counters_allocated(&thread->counters, site, weight, size,
				  track_now(thread, generation));
}

/* Cold: there was no room for the site, the block or its tally. */
void track_not_recorded(struct track_thread *thread, const void *block);

/* The site of a call from `start`; 0: it could not be stored. */
uint32_t track_site(struct track_thread *thread, const struct unwind_start *start);

/* The same where it is known that it is not a remembered one. */
uint32_t track_site_by_walk(struct track_thread *thread, const struct unwind_start *start);

/* A block was allocated by the caller at `start`. Between track_enter() and track_leave(). */
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

/* The thread, if nothing is special; NULL: the call goes the slow way. */
static RT_HOT struct track_thread *track_fast(void)
{
	struct track_thread *thread = track_self.fast;

	if (unlikely(!thread) ||
	    unlikely(thread->version != atomic_load_explicit(&rt_version, memory_order_relaxed)) ||
	    unlikely(track_self.guard))
		return NULL;
	return thread;
}

/* Records a block of a remembered stack, if its slot of the shadow is an ordinary one; else
 * nothing is changed. The guard is set. *rest: there is something that track_do_rest() does. */
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

/* Cold: of a stack that is not remembered; or the slot is not an ordinary one. */
void track_record_new(struct track_thread *thread, const void *block, uint64_t size,
		      const struct unwind_start *start);
void track_record_known(struct track_thread *thread, const void *block, uint64_t size,
			uint32_t site);

/* Takes a block off the books that is an ordinary one, neither large nor marked; else nothing is
 * changed. *hand_in: the thread has much to hand in. */
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

/* -- the slow ways of free -- */

/* Cold: the free of a block that was recorded, in a thread that has no state or no tally for it. */
void track_freed_slowly(struct block block, bool nested);

/* A block was taken off the books. `temporary`: as heaptrack counts them, freed before this
 * thread's next allocation. */
static RT_HOT void track_count_freed(struct block block, bool nested, bool temporary)
{
	struct track_thread *thread = track_self.thread;

	if (unlikely(!thread || (nested && !counters_has_chunk(&thread->counters, block.site))))
		track_freed_slowly(block, nested);
	else if (unlikely(track_sample_bytes))
		track_count_freed_sampled(block, temporary);
	else if (unlikely(!counters_freed(&thread->counters, block.site,
					  (struct counters_weight){1, block.size}, temporary)))
		thread->lost_records++;
}

/*
 * A block is about to be given back: before the next allocator has it, so that nobody gets its
 * address first. Needs no track_enter(): what is freed while the guard is set was recorded before,
 * and must not stay on the books. `nested`: the guard was set before, that is a signal handler
 * frees while this thread is at work in here, perhaps under a lock of ours.
 */
static RT_HOT bool track_freed(const void *address, struct block *block, bool nested)
{
	struct track_thread *thread = track_self.thread;

	if (unlikely(!blocks_root || !blocks_take(address, block)))
		return false;
	track_count_freed(*block, nested, thread && thread->last == address);
	return true;
}

/* Sampled mode: is this block none that was taken? Then its free goes straight through. */
static inline bool track_unsampled_freed(const void *address)
{
	return unlikely(track_sample_bytes != 0) && likely(blocks_none(address));
}

/* -- what is no block: see mapped.h -- */

/* As track_enter(), for a caller that may hold locks of the allocator's: starts nothing, asks the
 * allocator nothing, and finds no guard to be left behind. */
bool track_enter_aside(uintptr_t frame);
/* The call stack at `start`; 0: it could not be stored. The guard is set. */
uint32_t track_stack(const struct unwind_start *start);

/* Cold: a marked block of the site is freed or reallocated by the caller at `start`. The guard is
 * set. */
void track_note_freed(uint32_t site, const struct unwind_start *start, uint32_t how);

/* A block that track_freed() did not know. */
static inline void track_unknown_freed(bool nested)
{
	if (track_self.thread && !nested && !track_sample_bytes)
		track_self.thread->unknown_frees++;
}

/* realloc failed: the block lives on. */
static inline void track_not_freed(const void *address, const struct block *block)
{
	struct track_thread *thread = track_self.thread;
	struct counters_weight weight = track_weight(block->size);

	blocks_put(address, *block);
	if (unlikely(!thread))
		return;
	counters_freed(&thread->counters, block->site,
		       (struct counters_weight){-weight.blocks, -weight.bytes},
		       thread->last == address);
}

/* -- control -- */

/* Makes the tables; false: no memory. */
bool track_start(void);
/* Sets and clears bits of track_state. */
void track_switch(uint32_t set, uint32_t clear);
/* Forgets all blocks and counts. */
bool track_clear(void);
uint64_t track_lost_records(void);
uint64_t track_unknown_frees(void);
/* Most threads that came here and lived at once. */
uint32_t track_threads_at_once(void);

/* Between the two the lock on the list of threads is held. */
void track_before_fork(void);
void track_after_fork(void);
/* In the child of fork, whose only thread is the calling one: the states of all other threads can
 * be taken by new ones. */
void track_only_thread(void);

#endif
