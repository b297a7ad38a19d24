/*
 * Defines the functions of malloc's family that programs call seldom, and those of
 * allocator_calls.h but operator new.
 * Path: warm. Threads: all. Memory: none.
 * Must not: call anything that allocates, change errno; a call that is not recorded goes straight
 * through.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/rt.h"
#include "record/allocator_calls.h"
#include "record/blocks.h"
#include "record/interpose.h"
#include "record/real.h"
#include "record/track.h"
#include "unwind/capture.h"

#define HOOK(result, name, parameters) RT_EXPORT result name parameters;
#define HOOK_OWN HOOK
#include "record/hooks.def"
#undef HOOK

/* -- malloc's family -- */

void *reallocarray(void *block, size_t count, size_t size)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(count, size, &bytes))) {
		errno = ENOMEM;
		return NULL;
	}
	return interpose_realloc(block, bytes, INTERPOSE_HERE);
}

void cfree(void *block)
{
	struct unwind_start here = UNWIND_HERE;

	if (interpose_forget(block, INTERPOSE_FRAME, &here))
		real.free(block);
}

void free_sized(void *block, size_t size)
{
	/* The size that we requested may be larger than the one that the program passes. */
	struct unwind_start here = UNWIND_HERE;

	(void)size;
	if (interpose_forget(block, INTERPOSE_FRAME, &here))
		real.free(block);
}

void free_aligned_sized(void *block, size_t alignment, size_t size)
{
	struct unwind_start here = UNWIND_HERE;

	(void)alignment;
	(void)size;
	if (interpose_forget(block, INTERPOSE_FRAME, &here))
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
	if (track_unsampled(size) || !track_enter(INTERPOSE_FRAME))
		return real.posix_memalign(result, alignment, track_request(size));
	error = real.posix_memalign(result, alignment, track_request(size));
	if (likely(error == 0 && *result))
		interpose_allocated(*result, size, here.pc, here.sp, here.fp);
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
		if (track_unsampled(size) || !track_enter(INTERPOSE_FRAME))                        \
			return call;                                                               \
		block = call;                                                                      \
		if (likely(block))                                                                 \
			interpose_allocated(block, size, here.pc, here.sp, here.fp);               \
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

size_t malloc_usable_size(void *block)
{
	if (unlikely(!block))
		return 0;
	if (unlikely(real_is_boot(block)))
		return real_boot_size(block);
	return real_ready() ? real.malloc_usable_size(block) : 0;
}

/* -- allocator_calls.h -- */

void *calls_new_nothrow(size_t size, const void *tag)
{
	void *block = interpose_malloc(size, INTERPOSE_HERE);

	return likely(block) ? block : allocator_calls.new_nothrow(size, tag);
}

/* NULL: no memory, or an invalid alignment. */
static void *aligned_slowly(size_t size, size_t alignment, INTERPOSE_CALLER)
{
	void *block = NULL;
	size_t least = alignment < sizeof block ? sizeof block : alignment;
	bool tracking = !track_unsampled(size) && track_enter(frame);

	if (real.posix_memalign(&block, least, track_request(size)) != 0)
		block = NULL;
	if (likely(block) && tracking)
		interpose_allocated(block, size, pc, sp, fp);
	if (tracking)
		track_leave();
	return block;
}

void *calls_new_aligned(size_t size, size_t alignment)
{
	void *block = aligned_slowly(size, alignment, INTERPOSE_HERE);

	return likely(block) ? block : allocator_calls.new_aligned(size, alignment);
}

void *calls_new_aligned_nothrow(size_t size, size_t alignment, const void *tag)
{
	void *block = aligned_slowly(size, alignment, INTERPOSE_HERE);

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
	tracking = track_enter(INTERPOSE_FRAME);
	known = track_freed(block, &old, nested);
	if (unlikely(!known))
		track_unknown_freed(nested);
	moved = allocator_calls.rallocx(block, track_request(size), flags);
	if (unlikely(!moved) && known)
		track_not_freed(block, &old);
	else if (moved && tracking)
		interpose_allocated(moved, size, here.pc, here.sp, here.fp);
	if (tracking)
		track_leave();
	return moved;
}

/* The block stays in place. */
size_t calls_xallocx(void *block, size_t size, size_t extra, int flags)
{
	struct unwind_start here = UNWIND_HERE;
	bool nested = track_self.guard, tracking = track_enter(INTERPOSE_FRAME);
	size_t got = allocator_calls.xallocx(block, track_request(size), extra, flags);
	struct block old;

	if (got >= size && tracking && track_freed(block, &old, nested))
		interpose_allocated(block, size, here.pc, here.sp, here.fp);
	if (tracking)
		track_leave();
	return got;
}
