/*
 * Defines malloc and its family in place of the allocator's: each calls the next allocator, then
 * records.
 * Path: hot. Threads: all. Memory: none.
 * Must not: call anything that allocates, change errno; a call that is not recorded goes straight
 * through.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
#include "unwind/rules.h"
#include "unwind/walks.h"

#define HOOK(result, name, parameters) RT_EXPORT result name parameters;
#define HOOK_OWN HOOK
#include "record/hooks.def"
#undef HOOK

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

/* The caller's registers and our own frame, for the slow paths, which are separate functions. */
#define CALLER_PARAMETERS uintptr_t frame, uintptr_t pc, uintptr_t sp, uintptr_t fp
#define CALLER_ARGUMENTS FRAME, CALLER, ARCH_CALLER_SP, *(const uintptr_t *)FRAME
#define CALLER ((uintptr_t)__builtin_return_address(0))
#define FRAME ((uintptr_t)__builtin_frame_address(0))

/* Cold: a call stack that is not remembered, or an unusual block. The guard is set. */
static __attribute__((noinline)) void allocated(const void *block, uint64_t size, CALLER_PARAMETERS)
{
	(void)frame;
	track_allocated(block, size, &(struct unwind_start){pc, sp, fp});
}

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
	record(block, size, thread, CALLER, ARCH_CALLER_SP, *(const uintptr_t *)FRAME)

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

static RT_COLD void *malloc_slowly(size_t size, CALLER_PARAMETERS)
{
	void *block;

	if (track_unsampled(size))
		return real.malloc(track_request(size));
	if (unlikely(!track_enter(frame)))
		return malloc_unrecorded(size);
	block = real.malloc(track_request(size));
	if (likely(block))
		allocated(block, size, frame, pc, sp, fp);
	else
		track_note_refused(size);
	track_leave();
	return block;
}

void *malloc(size_t size)
{
	struct track_thread *thread = track_fast();
	void *block;

	if (unlikely(!thread))
		return malloc_slowly(size, CALLER_ARGUMENTS);
	track_self.guard = FRAME;
	block = real.malloc(track_request(size));
	return likely(block) ? RECORD(block, size) : refused(size);
}

/* -- calloc -- */

static RT_COLD void *calloc_slowly(size_t count, size_t size, CALLER_PARAMETERS)
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
		allocated(block, bytes, frame, pc, sp, fp);
	track_leave();
	return block;
}

void *calloc(size_t count, size_t size)
{
	struct track_thread *thread = track_fast();
	size_t bytes;
	void *block;

	if (unlikely(!thread) || unlikely(__builtin_mul_overflow(count, size, &bytes)) ||
	    unlikely(bytes < track_min_request))
		return calloc_slowly(count, size, CALLER_ARGUMENTS);
	track_self.guard = FRAME;
	block = real.calloc(count, size);
	return likely(block) ? RECORD(block, bytes) : refused(bytes);
}

/* -- realloc: the old block is removed before its memory is freed; the new one is another block
 * -- */

static RT_COLD void *reallocate_slowly(void *block, size_t size, CALLER_PARAMETERS)
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
			allocated(moved, size, frame, pc, sp, fp);
	} else if (known && size) {
		track_not_freed(block, &old); /* with size 0, NULL means that it was freed */
	}
	if (tracking)
		track_leave();
	return moved;
}

void *realloc(void *block, size_t size)
{
	struct track_thread *thread = track_fast();
	bool hand_in = false;
	struct block old;
	void *moved;

	if (unlikely(!thread) || unlikely(!size))
		return reallocate_slowly(block, size, CALLER_ARGUMENTS);
	track_self.guard = FRAME;
	if (block && unlikely(!track_freed_fast(thread, block, &old, &hand_in))) {
		track_self.guard = 0;
		return reallocate_slowly(block, size, CALLER_ARGUMENTS);
	}
	if (unlikely(hand_in))
		counters_hand_in_fall(&thread->counters,
				      &(struct counters_fall){old.site, {1, old.size}});
	moved = real.realloc(block, track_request(size));
	if (likely(moved))
		return RECORD(moved, size);
	if (block)
		track_not_freed(block, &old);
	track_self.guard = 0;
	return NULL;
}

void *reallocarray(void *block, size_t count, size_t size)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(count, size, &bytes))) {
		errno = ENOMEM;
		return NULL;
	}
	return reallocate_slowly(block, bytes, CALLER_ARGUMENTS);
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

/* Jumped to, like free_slowly(): neither then has a frame, and the caller here is free()'s
 * caller. */
static RT_COLD void free_known(void *block)
{
	struct unwind_start here = UNWIND_HERE;

	if (likely(interpose_forget(block, FRAME, &here)))
		real.free(block);
}

static RT_COLD void free_slowly(void *block)
{
	if (block)
		free_known(block);
}

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

	if (unlikely(!thread) || unlikely(track_self.guard) || modules_is_loader(CALLER) ||
	    unlikely(!track_freed_fast(thread, block, &old, &hand_in)))
		free_slowly(block);
	else if (unlikely(hand_in))
		free_and_hand_in(block, thread);
	else
		real.free(block);
}

void cfree(void *block)
{
	struct unwind_start here = UNWIND_HERE;

	if (interpose_forget(block, FRAME, &here))
		real.free(block);
}

void free_sized(void *block, size_t size)
{
	/* The size that we requested may be larger than the one that the program passes. */
	struct unwind_start here = UNWIND_HERE;

	(void)size;
	if (interpose_forget(block, FRAME, &here))
		real.free(block);
}

void free_aligned_sized(void *block, size_t alignment, size_t size)
{
	struct unwind_start here = UNWIND_HERE;

	(void)alignment;
	(void)size;
	if (interpose_forget(block, FRAME, &here))
		real.free(block);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
	struct unwind_start here = UNWIND_HERE;
	int error;

	if (unlikely(!real_ready())) {
		*result = real_boot_alloc(alignment, size);
		return *result ? 0 : ENOMEM;
	}
	if (track_unsampled(size) || !track_enter((uintptr_t)__builtin_frame_address(0)))
		return real.posix_memalign(result, alignment, track_request(size));
	error = real.posix_memalign(result, alignment, track_request(size));
	if (likely(error == 0 && *result))
		allocated(*result, size, FRAME, here.pc, here.sp, here.fp);
	track_leave();
	return error;
}

/* The rest of the family differs only in the function that is called. */
#define ALIGNED(call)                                                                              \
	do {                                                                                       \
		struct unwind_start here = UNWIND_HERE;                                            \
		void *block;                                                                       \
                                                                                                   \
		if (unlikely(!real_ready()))                                                       \
			return real_boot_alloc(alignment, size);                                   \
		if (track_unsampled(size) || !track_enter((uintptr_t)__builtin_frame_address(0)))  \
			return call;                                                               \
		block = call;                                                                      \
		if (likely(block))                                                                 \
			allocated(block, size, FRAME, here.pc, here.sp, here.fp);                  \
		track_leave();                                                                     \
		return block;                                                                      \
	} while (0)

void *aligned_alloc(size_t alignment, size_t size)
{
	ALIGNED(real.aligned_alloc(alignment, track_request(size)));
}

void *memalign(size_t alignment, size_t size)
{
	ALIGNED(real.memalign(alignment, track_request(size)));
}

void *valloc(size_t size)
{
	const size_t alignment = rt_page_size();

	ALIGNED(real.valloc(track_request(size)));
}

void *pvalloc(size_t size)
{
	const size_t alignment = rt_page_size();

	ALIGNED(real.pvalloc(track_request(size)));
}

/* -- allocator_calls.h -- */

void *calls_new(size_t size)
{
	struct track_thread *thread = track_fast();
	void *block;

	if (unlikely(!thread)) {
		block = malloc_slowly(size, CALLER_ARGUMENTS);
		return likely(block) ? block : allocator_calls.new(size);
	}
	track_self.guard = FRAME;
	block = real.malloc(track_request(size));
	if (likely(block))
		return RECORD(block, size);
	refused(size);
	return allocator_calls.new(size);
}

void *calls_new_nothrow(size_t size, const void *tag)
{
	void *block = malloc_slowly(size, CALLER_ARGUMENTS);

	return likely(block) ? block : allocator_calls.new_nothrow(size, tag);
}

/* NULL: no memory, or an invalid alignment. */
static void *aligned_slowly(size_t size, size_t alignment, CALLER_PARAMETERS)
{
	void *block = NULL;
	size_t least = alignment < sizeof block ? sizeof block : alignment;
	bool tracking = !track_unsampled(size) && track_enter(frame);

	if (real.posix_memalign(&block, least, track_request(size)) != 0)
		block = NULL;
	if (likely(block) && tracking)
		allocated(block, size, frame, pc, sp, fp);
	if (tracking)
		track_leave();
	return block;
}

void *calls_new_aligned(size_t size, size_t alignment)
{
	void *block = aligned_slowly(size, alignment, CALLER_ARGUMENTS);

	return likely(block) ? block : allocator_calls.new_aligned(size, alignment);
}

void *calls_new_aligned_nothrow(size_t size, size_t alignment, const void *tag)
{
	void *block = aligned_slowly(size, alignment, CALLER_ARGUMENTS);

	return likely(block) ? block : allocator_calls.new_aligned_nothrow(size, alignment, tag);
}

void *calls_mallocx(size_t size, int flags)
{
	const size_t alignment = 16;

	ALIGNED(allocator_calls.mallocx(track_request(size), flags));
}

void *calls_rallocx(void *block, size_t size, int flags)
{
	struct unwind_start here = UNWIND_HERE;
	bool nested = track_self.guard, tracking, known;
	struct block old;
	void *moved;

	if (track_unsampled_freed(block) && track_unsampled(size))
		return allocator_calls.rallocx(block, track_request(size), flags);
	tracking = track_enter(FRAME);
	known = track_freed(block, &old, nested);
	if (unlikely(!known))
		track_unknown_freed(nested);
	moved = allocator_calls.rallocx(block, track_request(size), flags);
	if (unlikely(!moved) && known)
		track_not_freed(block, &old);
	else if (moved && tracking)
		allocated(moved, size, FRAME, here.pc, here.sp, here.fp);
	if (tracking)
		track_leave();
	return moved;
}

/* The block stays in place. */
size_t calls_xallocx(void *block, size_t size, size_t extra, int flags)
{
	struct unwind_start here = UNWIND_HERE;
	bool nested = track_self.guard, tracking = track_enter(FRAME);
	size_t got = allocator_calls.xallocx(block, track_request(size), extra, flags);
	struct block old;

	if (got >= size && tracking && track_freed(block, &old, nested))
		allocated(block, size, FRAME, here.pc, here.sp, here.fp);
	if (tracking)
		track_leave();
	return got;
}

size_t malloc_usable_size(void *block)
{
	if (unlikely(!block))
		return 0;
	if (unlikely(real_is_boot(block)))
		return real_boot_size(block);
	return real_ready() ? real.malloc_usable_size(block) : 0;
}
