/*
 * What malloc() and its like do where anything is special: see interpose.h.
 * Path: cold, but for interpose_forget(). Threads: all. Memory: none.
 * Must not: call anything that allocates, change errno; a call that is not recorded goes straight
 * through.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arch.h"
#include "base/rt.h"
#include "record/blocks.h"
#include "record/interpose.h"
#include "record/real.h"
#include "record/track.h"
#include "silt_snapshot.h"
#include "unwind/capture.h"
#include "unwind/modules.h"
#include "unwind/rules.h"

static void *boot_zeroed(size_t count, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(count, size, &bytes)
		       ? NULL
		       : real_boot_alloc(16, bytes); /* never used before, so zero */
}

static void *boot_move(void *block, size_t size)
{
	size_t old = real_boot_size(block);
	void *moved = size ? malloc(size) : NULL; /* realloc(block, 0) frees, as in the C library */

	if (moved)
		memcpy(moved, block, old < size ? old : size);
	return moved;
}

/* For a call that is not recorded, also before the next allocator is known. */
static RT_COLD void *malloc_unrecorded(size_t size)
{
	return real_ready() ? real.malloc(track_request(size)) : real_boot_alloc(16, size);
}

void interpose_allocated(const void *block, uint64_t size, uintptr_t pc, uintptr_t sp, uintptr_t fp)
{
	track_allocated(block, size, &(struct unwind_start){pc, sp, fp});
}

/* -- malloc, calloc -- */

void *interpose_malloc(size_t size, INTERPOSE_CALLER)
{
	void *block;

	if (track_unsampled(size))
		return real.malloc(track_request(size));
	if (unlikely(!track_enter(frame)))
		return malloc_unrecorded(size);
	block = real.malloc(track_request(size));
	if (likely(block))
		interpose_allocated(block, size, pc, sp, fp);
	else
		track_note_refused(size);
	track_leave();
	return block;
}

void *interpose_calloc(size_t count, size_t size, INTERPOSE_CALLER)
{
	size_t bytes;
	void *block;
	bool fits;

	if (unlikely(!real_ready()))
		return boot_zeroed(count, size);
	if (unlikely(atomic_load(&real_boot_thread)) &&
	    atomic_load(&real_boot_thread) == arch_thread_pointer() &&
	    (block = boot_zeroed(count, size)))
		return block;
	fits = !__builtin_mul_overflow(count, size, &bytes);
	if (fits && bytes < track_min_request) {
		size = track_min_request;
		count = 1;
	}
	if ((fits && track_unsampled(bytes)) || !track_enter(frame))
		return real.calloc(count, size);
	block = real.calloc(count, size);
	if (likely(block))
		interpose_allocated(block, bytes, pc, sp, fp);
	track_leave();
	return block;
}

/* -- realloc: the old block is removed before its memory is freed; the new one is another block
 * -- */

void *interpose_realloc(void *block, size_t size, INTERPOSE_CALLER)
{
	struct block old;
	bool known, tracking, nested;
	void *moved;

	if (unlikely(!real_ready()))
		return block ? boot_move(block, size) : real_boot_alloc(16, size);
	if (unlikely(real_is_boot(block)))
		return boot_move(block, size);
	if (size && (!block || track_unsampled_freed(block)) && track_unsampled(size))
		return real.realloc(block, track_request(size));
	nested = track_self.guard;
	tracking = track_enter(frame);
	known = block && track_freed(block, &old, nested);
	if (unlikely(block && !known))
		track_unknown_freed(nested);
	if (known && old.marked && tracking)
		track_note_freed(old.site, &(struct unwind_start){pc, sp, fp},
				 size ? SILT_FREED_REALLOC : SILT_FREED_FREE);
	moved = real.realloc(block, size || !block ? track_request(size) : 0);
	if (likely(moved)) {
		if (tracking)
			interpose_allocated(moved, size, pc, sp, fp);
	} else if (known && size) {
		track_not_freed(block, &old); /* with size 0, NULL means that it was freed */
	}
	if (tracking)
		track_leave();
	return moved;
}

/* -- free -- */

/* For a block that is not recorded. False: the next allocator must not free it. */
static RT_COLD bool forget_unknown(const void *block)
{
	if (real_is_boot(block) || !real_ready())
		return false;
	track_unknown_freed(track_self.guard);
	return true;
}

/* The dynamic linker frees a block: if it was the record of a module, forgets that module's
 * rules. */
static RT_COLD void forget_module(const void *block)
{
	uint32_t module;

	if (blocks_root && (module = modules_note_freed(block)) != MODULES_NONE)
		rules_forget(modules_get(module));
}

bool interpose_forget(void *block, uintptr_t frame, const struct unwind_start *caller)
{
	bool nested = track_self.guard;
	struct block old;

	if (unlikely(!block))
		return false;
	if (track_unsampled_freed(block)) {
		if (unlikely(real_is_boot(block)))
			return false;
	} else if (unlikely(!track_freed(block, &old, nested))) {
		/* A recorded block came from the next allocator; this one may not have. */
		if (!forget_unknown(block))
			return false;
	} else if (old.marked && !nested && !modules_is_loader(caller->pc) && track_self.thread &&
		   track_enter(frame)) {
		track_note_freed(old.site, caller, SILT_FREED_FREE);
		track_leave();
	}
	if (modules_is_loader(caller->pc))
		forget_module(block);
	return true;
}

/* Jumped to, like interpose_free(): neither then has a frame, and the caller here is free()'s
 * caller. */
static RT_COLD void free_known(void *block)
{
	struct unwind_start here = UNWIND_HERE;

	if (likely(interpose_forget(block, INTERPOSE_FRAME, &here)))
		real.free(block);
}

void interpose_free(void *block)
{
	if (block)
		free_known(block);
}
