/*
 * What an allocation and a free do. The hot path reads top-down here: track_enter, track_allocated,
 * track_freed.
 * Called by interpose.c; switched by control.c. Path: hot. Threads: each with its own struct track_thread,
 * found through initial-exec TLS; no lock, and no store to a cache line that other threads write. Memory:
 * own pages, per thread about 20 KiB plus its tallies.
 * Must not: change errno, call the allocator, be entered while the guard is set.
 *
 * Cost of an allocation: the traceback (unwind.h), one probe for its site, the clock of the last tick (about
 * 4 ns), one cache line of tallies and one slot of the shadow. Of a free: the slot and the tallies.
 */
#ifndef SILT_TRACK_H
#define SILT_TRACK_H

#include "blocks.h"
#include "counters.h"
#include "sites.h"
#include "unwind.h"

struct track_thread {
	struct counters counters; /* first: control.c finds the thread by it */
	struct unwind_walk walk;
	int64_t until_sample; /* bytes until the next sample */
	uint64_t random;
	uint64_t lost_records;
	uint64_t unknown_frees;
	struct track_thread *next, *next_idle;
};

struct track_self {
	struct track_thread *thread; /* NULL before the first use, and after the thread's end began */
	uint32_t guard;		     /* set while we work: what happens then is not recorded */
	uint32_t ignoring;	     /* new blocks are to be overlooked while above 0: silt_ignore_begin() */
	bool ended;
};
extern __thread struct track_self track_self __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Why the fast path is not taken; 0: recording. */
enum track_state {
	TRACK_NOT_STARTED = 1,
	TRACK_OFF = 2,	     /* silt_stop(), or this program is not to be tracked */
	TRACK_READ_HEAP = 4, /* a snapshot wants the allocator's figures, which only a thread of the program
				may ask for */
};
extern _Atomic uint32_t track_state;

/* The number of the present snapshot interval. */
extern _Atomic uint32_t track_generation;
/* Units of work the program has counted. */
extern _Atomic uint64_t track_iterations;
/* Least size to ask the next allocator for, see blocks.h. */
extern size_t track_min_request;
/* Mean bytes between samples, 0: exact. */
extern uint64_t track_sample_bytes;

/* Cold: prepares this thread, or says no. */
bool track_enter_slowly(void);
/* Defined by control.c: the first allocation of the process. */
void track_first_use(void);
/* Defined by control.c: TRACK_READ_HEAP is set. */
void track_read_heap(void);

/* May this call be recorded? Then the guard is set until track_leave(). */
static inline bool track_enter(void)
{
	if (unlikely(track_self.guard))
		return false;
	track_self.guard = 1;
	if (unlikely(!track_self.thread || atomic_load_explicit(&track_state, memory_order_relaxed)))
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

static inline struct counters_weight track_weight(uint64_t size)
{
	if (unlikely(track_sample_bytes))
		return track_sample_weight(size);
	return (struct counters_weight){1, size};
}

static inline bool track_record(struct track_thread *thread, const void *block, uint64_t size, uint32_t site)
{
	uint32_t generation = atomic_load_explicit(&track_generation, memory_order_relaxed);

	return site && blocks_put(block, (struct block){size, site, generation, track_self.ignoring != 0}) &&
	       counters_allocated(&thread->counters, site, track_weight(size), size, rt_coarse_ns());
}

/* The site of a call from `start`; 0: it could not be stored. */
static inline uint32_t track_site(struct track_thread *thread, const struct unwind_start *start)
{
	struct unwind_trace *trace = unwind_capture(&thread->walk, start);

	if (!trace->site)
		trace->site = sites_find(trace, &thread->walk, start);
	return trace->site;
}

/* A block was allocated by the caller at `start`. Between track_enter() and track_leave(). */
static inline void track_allocated(const void *block, uint64_t size, const struct unwind_start *start)
{
	struct track_thread *thread = track_self.thread;
	uint32_t site;

	if (unlikely(track_sample_bytes) && !track_sample(thread, size))
		return;
	site = track_site(thread, start);
	if (unlikely(!track_record(thread, block, size, site)))
		thread->lost_records++;
	else if (unlikely(track_sample_bytes))
		track_count_sample(thread, site, 0);
}

/* Cold: the free of a block that was recorded, in a thread that has no state or no tally for it. */
void track_freed_slowly(const struct block *block, bool nested);

/* A block was taken off the books. */
static inline void track_count_freed(const struct block *block, bool nested)
{
	struct track_thread *thread = track_self.thread;

	if (unlikely(!thread || (nested && !counters_has_chunk(&thread->counters, block->site)))) {
		track_freed_slowly(block, nested);
		return;
	}
	counters_freed(&thread->counters, block->site, track_weight(block->size));
	if (unlikely(track_sample_bytes))
		track_count_sample(thread, block->site, 1);
}

/*
 * A block is about to be given back: before the next allocator has it, so that nobody gets its address first. Needs no
 * track_enter(): what is freed while the guard is set was recorded before, and must not stay on the books. `nested`: the
 * guard was set before, that is a signal handler frees while this thread is at work in here, perhaps under a lock of ours.
 */
static inline bool track_freed(const void *address, struct block *block, bool nested)
{
	struct track_thread *thread = track_self.thread;

	if (unlikely(!blocks_root))
		return false;
	if (unlikely(!blocks_take(address, block))) {
		if (thread && !nested && !track_sample_bytes)
			thread->unknown_frees++;
		return false;
	}
	track_count_freed(block, nested);
	return true;
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
		       (struct counters_weight){-weight.blocks, -weight.bytes});
}

/* -- control -- */

/* Makes the tables; false: no memory. */
bool track_start(void);
/* Sets and clears bits of track_state. */
void track_switch(uint32_t set, uint32_t clear);
/* Forgets everything recorded so far. */
bool track_clear(void);
uint64_t track_lost_records(void);
uint64_t track_unknown_frees(void);

/* No lock of ours is held by anybody else while a copy of the process is made; let go in both. */
void track_before_fork(void);
void track_after_fork(void);
void track_after_fork_child(void);

#endif
