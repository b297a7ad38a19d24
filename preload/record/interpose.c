/*
 * Defines malloc, calloc, realloc, free and operator new in place of the allocator's: each calls
 * the next allocator, then records. These are the fast paths; interpose_slow.c has what each does
 * where anything is special, interpose_rare.c the rest of the family.
 * Path: hot. Threads: all. Memory: none.
 * Must not: call anything that allocates, change errno; a call that is not recorded goes straight
 * through.
 */
#include <stdlib.h>

#include "base/arch.h"
#include "base/rt.h"
#include "record/allocator_calls.h"
#include "record/blocks.h"
#include "record/counters.h"
#include "record/interpose.h"
#include "record/real.h"
#include "record/track.h"
#include "silt_snapshot.h"
#include "unwind/capture.h"
#include "unwind/modules.h"
#include "unwind/walks.h"

#define HOOK(result, name, parameters) RT_EXPORT result name parameters;
#define HOOK_OWN HOOK
#include "record/hooks.def"
#undef HOOK

/* record_new(), record_known(), do_rest() and refused() end a fast path by a jump: they clear the
 * guard and return the block, so that the fast path need not save any register for after them.
 *
 * Cold: the call stack is not remembered. */
static __attribute__((noinline)) void *record_new(void *block, uint64_t size,
						  struct track_thread *thread, uintptr_t pc,
						  uintptr_t sp, uintptr_t fp)
{
	track_record_new(thread, block, size, &(struct unwind_start){pc, sp, fp});
	track_self.guard = 0;
	return block;
}

/* The call stack is remembered, but the block needs track_record_known(). */
static RT_COLD void *record_known(void *block, uint64_t size, struct track_thread *thread,
				  uint32_t site)
{
	track_record_known(thread, block, size, site);
	track_self.guard = 0;
	return block;
}

/* The block is recorded, but track_do_rest() is due. */
static RT_COLD void *do_rest(struct track_thread *thread, void *block)
{
	track_do_rest(thread, block);
	track_self.guard = 0;
	return block;
}

/* The allocation failed. */
static RT_COLD void *refused(uint64_t size)
{
	track_note_refused(size);
	track_self.guard = 0;
	return NULL;
}

/* The caller's pc. Read again from the stack where it is there, so that record() need not keep it
 * in a register. */
#if ARCH_RETURN_IN_REGISTER
#define PC_AGAIN(pc, sp) (pc)
#else
#define PC_AGAIN(pc, sp) arch_pc_at((struct arch_place){}, sp)
#endif

/* Records an allocated block, clears the guard and returns the block. The interposed functions end
 * with a jump to it, so that they save only registers that the call of the next allocator needs.
 * With more than six arguments it would be a call. */
static __attribute__((noinline)) void *record(void *block, uint64_t size,
					      struct track_thread *thread, uintptr_t pc,
					      uintptr_t sp, uintptr_t fp)
{
	const struct walks_run *known = walks_find(&thread->walks, pc, sp, fp);
	bool rest;

	if (unlikely(!known))
		return record_new(block, size, thread, PC_AGAIN(pc, sp), sp, fp);
	if (unlikely(!track_record_fast(thread, block, size, known, &rest)))
		return record_known(block, size, thread, known->site);
	if (unlikely(rest))
		return do_rest(thread, block);
	track_self.guard = 0;
	return block;
}

#define RECORD(block, size)                                                                        \
	record(block, size, thread, INTERPOSE_PC, ARCH_CALLER_SP,                                  \
	       *(const uintptr_t *)INTERPOSE_FRAME)

/*
 * -- malloc --
 *
 * Instructions of the fast path on x86-64, without the next allocator's. The tests for special
 * cases precede the first store.
 *
 * 	malloc	entry, exit, special cases, the guard	41
 * 		the walk: its edge				15
 * 			a run					7 each
 * 			a fork					19 each
 * 			a word					4.75 each: 76 for 16 frames
 * 		the shadow's slot				29
 * 		the counters, the last block, the clock		22
 * 	free	special cases					13
 * 		the slot, the counters				49
 */

void *malloc(size_t size)
{
	struct track_thread *thread = track_fast();
	void *block;

	if (unlikely(!thread))
		return interpose_malloc(size, INTERPOSE_HERE);
	track_self.guard = INTERPOSE_FRAME;
	block = real.malloc(track_request(size));
	return likely(block) ? RECORD(block, size) : refused(size);
}

/* -- calloc -- */

void *calloc(size_t count, size_t size)
{
	struct track_thread *thread = track_fast();
	size_t bytes;
	void *block;

	if (unlikely(!thread) || unlikely(__builtin_mul_overflow(count, size, &bytes)) ||
	    unlikely(bytes < track_min_request))
		return interpose_calloc(count, size, INTERPOSE_HERE);
	track_self.guard = INTERPOSE_FRAME;
	block = real.calloc(count, size);
	return likely(block) ? RECORD(block, bytes) : refused(bytes);
}

/* -- realloc: the old block is removed before its memory is freed; the new one is another block
 * -- */

/* The allocator has refused: the old block lives on. Separate, because track_not_freed() would be
 * inlined into realloc(). */
static RT_COLD void *not_moved(void *block, const struct block *old)
{
	if (block)
		track_not_freed(block, old);
	track_self.guard = 0;
	return NULL;
}

void *realloc(void *block, size_t size)
{
	struct track_thread *thread = track_fast();
	bool hand_in = false;
	struct block old;
	void *moved;

	if (unlikely(!thread) || unlikely(!size))
		return interpose_realloc(block, size, INTERPOSE_HERE);
	track_self.guard = INTERPOSE_FRAME;
	if (block && unlikely(!track_freed_fast(thread, block, &old, &hand_in))) {
		track_self.guard = 0;
		return interpose_realloc(block, size, INTERPOSE_HERE);
	}
	if (unlikely(hand_in))
		counters_hand_in_fall(&thread->counters,
				      &(struct counters_fall){old.site, {1, old.size}});
	moved = real.realloc(block, track_request(size));
	if (likely(moved))
		return RECORD(moved, size);
	return not_moved(block, &old);
}

/* -- free -- */

/* Separate, so that free() need not keep the block in a register, nor its site and size: blocks of
 * BLOCKS_SIZE_MAX and more are freed elsewhere. */
static RT_COLD void free_and_hand_in(void *block, struct track_thread *thread)
{
	counters_hand_in_fall(&thread->counters, &(struct counters_fall){0});
	real.free(block);
}

void free(void *block)
{
	struct track_thread *thread = track_self.fast;
	struct block old;
	bool hand_in;

	if (unlikely(!thread) || unlikely(track_self.guard) || modules_is_loader(INTERPOSE_PC) ||
	    unlikely(!track_freed_fast(thread, block, &old, &hand_in)))
		interpose_free(block);
	else if (unlikely(hand_in))
		free_and_hand_in(block, thread);
	else
		real.free(block);
}

/* -- allocator_calls.h -- */

void *calls_new(size_t size)
{
	struct track_thread *thread = track_fast();
	void *block;

	if (unlikely(!thread)) {
		block = interpose_malloc(size, INTERPOSE_HERE);
		return likely(block) ? block : allocator_calls.new(size);
	}
	track_self.guard = INTERPOSE_FRAME;
	block = real.malloc(track_request(size));
	if (likely(block))
		return RECORD(block, size);
	refused(size);
	return allocator_calls.new(size);
}
