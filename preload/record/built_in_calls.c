/*
 * Replaces the functions of an allocator in the executable: see built_in_calls.h.
 * Path: warm. Threads: all. Memory: none.
 * Must not: call another function of the allocator than the program called, or with other
 * arguments, except for a block smaller than BLOCKS_MIN_REQUEST.
 */
#include <stddef.h>

#include "base/rt.h"
#include "record/blocks.h"
#include "record/built_in.h"
#include "record/interpose.h"
#include "record/track.h"
#include "silt_snapshot.h"
#include "unwind/capture.h"

/* -- functions that allocate `size` bytes -- */

/* `arguments` are evaluated when `size` has been raised to the least request. */

#define MADE(name, parameters, types, arguments)                                                   \
	void *built_in_##name parameters;                                                          \
	void *built_in_##name parameters                                                           \
	{                                                                                          \
		struct unwind_start here = UNWIND_HERE;                                            \
		void *(*before)types = (void *(*)types)built_in.name;                              \
		const size_t wanted = size;                                                        \
		void *block;                                                                       \
                                                                                                   \
		size = track_request(size);                                                        \
		if (track_unsampled(wanted) || !track_enter(INTERPOSE_FRAME))                      \
			return before arguments;                                                   \
		block = before arguments;                                                          \
		if (likely(block))                                                                 \
			track_allocated(block, wanted, &here);                                     \
		else                                                                               \
			track_note_refused(wanted);                                                \
		track_leave();                                                                     \
		return block;                                                                      \
	}

MADE(malloc, (size_t size), (size_t), (size))
MADE(aligned_alloc, (size_t alignment, size_t size), (size_t, size_t), (alignment, size))
MADE(memalign, (size_t alignment, size_t size), (size_t, size_t), (alignment, size))
MADE(valloc, (size_t size), (size_t), (size))
MADE(pvalloc, (size_t size), (size_t), (size))
MADE(mallocx, (size_t size, int flags), (size_t, int), (size, flags))
MADE(_Znwm, (size_t size), (size_t), (size))
MADE(_Znam, (size_t size), (size_t), (size))
MADE(_ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size_t, const void *), (size, tag))
MADE(_ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size_t, const void *), (size, tag))
MADE(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size_t, size_t), (size, alignment))
MADE(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size_t, size_t), (size, alignment))
MADE(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
     (size_t, size_t, const void *), (size, alignment, tag))
MADE(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
     (size_t, size_t, const void *), (size, alignment, tag))

void *built_in_calloc(size_t count, size_t size);
void *built_in_calloc(size_t count, size_t size)
{
	struct unwind_start here = UNWIND_HERE;
	void *(*before)(size_t, size_t) = (void *(*)(size_t, size_t))built_in.calloc;
	size_t bytes;
	bool fits = !__builtin_mul_overflow(count, size, &bytes);
	void *block;

	if (fits && bytes < track_min_request) {
		size = track_min_request;
		count = 1;
	}
	if ((fits && track_unsampled(bytes)) || !track_enter(INTERPOSE_FRAME))
		return before(count, size);
	block = before(count, size);
	if (likely(block))
		track_allocated(block, bytes, &here);
	track_leave();
	return block;
}

int built_in_posix_memalign(void **result, size_t alignment, size_t size);
int built_in_posix_memalign(void **result, size_t alignment, size_t size)
{
	struct unwind_start here = UNWIND_HERE;
	int (*before)(void **, size_t, size_t) =
		(int (*)(void **, size_t, size_t))built_in.posix_memalign;
	int error;

	if (track_unsampled(size) || !track_enter(INTERPOSE_FRAME))
		return before(result, alignment, track_request(size));
	error = before(result, alignment, track_request(size));
	if (likely(error == 0 && *result))
		track_allocated(*result, size, &here);
	track_leave();
	return error;
}

/* -- functions that resize a block -- */

struct moving {
	bool nested, tracking, known;
	struct block old;
};

/* Removes the record of the old block, before its memory can be reused. */
static void begin_move(struct moving *moving, void *block, size_t size, uintptr_t frame,
		       const struct unwind_start *here)
{
	moving->nested = track_self.guard;
	moving->tracking = track_enter(frame);
	moving->known = block && track_freed(block, &moving->old, moving->nested);
	if (block && !moving->known)
		track_unknown_freed(moving->nested);
	if (moving->known && moving->old.marked && moving->tracking)
		track_note_freed(moving->old.site, here,
				 size ? SILT_FREED_REALLOC : SILT_FREED_FREE);
}

static void end_move(const struct moving *moving, void *block, void *moved, size_t size,
		     const struct unwind_start *here)
{
	if (likely(moved) && moving->tracking)
		track_allocated(moved, size, here);
	else if (!moved && moving->known && size)
		track_not_freed(block, &moving->old); /* with size 0, NULL means: freed */
	if (moving->tracking)
		track_leave();
}

static bool is_unsampled(const void *block, size_t size)
{
	return size && (!block || track_unsampled_freed(block)) && track_unsampled(size);
}

void *built_in_realloc(void *block, size_t size);
void *built_in_realloc(void *block, size_t size)
{
	struct unwind_start here = UNWIND_HERE;
	void *(*before)(void *, size_t) = (void *(*)(void *, size_t))built_in.realloc;
	size_t request = size || !block ? track_request(size) : 0;
	struct moving moving;
	void *moved;

	if (is_unsampled(block, size))
		return before(block, request);
	begin_move(&moving, block, size, INTERPOSE_FRAME, &here);
	moved = before(block, request);
	end_move(&moving, block, moved, size, &here);
	return moved;
}

void *built_in_rallocx(void *block, size_t size, int flags);
void *built_in_rallocx(void *block, size_t size, int flags)
{
	struct unwind_start here = UNWIND_HERE;
	void *(*before)(void *, size_t, int) = (void *(*)(void *, size_t, int))built_in.rallocx;
	struct moving moving;
	void *moved;

	if (is_unsampled(block, size))
		return before(block, track_request(size), flags);
	begin_move(&moving, block, size, INTERPOSE_FRAME, &here);
	moved = before(block, track_request(size), flags);
	end_move(&moving, block, moved, size, &here);
	return moved;
}

/* Resizes the block in place, if there is room. */
size_t built_in_xallocx(void *block, size_t size, size_t extra, int flags);
size_t built_in_xallocx(void *block, size_t size, size_t extra, int flags)
{
	struct unwind_start here = UNWIND_HERE;
	size_t (*before)(void *, size_t, size_t, int) =
		(size_t(*)(void *, size_t, size_t, int))built_in.xallocx;
	bool nested = track_self.guard, tracking = track_enter(INTERPOSE_FRAME);
	size_t got = before(block, track_request(size), extra, flags);
	struct block old;

	if (got >= size && tracking && track_freed(block, &old, nested))
		track_allocated(block, size, &here);
	if (tracking)
		track_leave();
	return got;
}

/*
 * -- functions that free --
 *
 * The guard is set meanwhile, because an operator delete of the program may free another address
 * than it was given. If the program passes a size below track_min_request, which is not what was
 * requested, the function without a size is called.
 */

#define FREED(name, parameters, types, arguments)                                                  \
	void built_in_##name parameters;                                                           \
	void built_in_##name parameters                                                            \
	{                                                                                          \
		struct unwind_start here = UNWIND_HERE;                                            \
		void(*before) types = (void(*) types)built_in.name;                                \
		uintptr_t guard = track_self.guard;                                                \
                                                                                                   \
		interpose_forget(block, INTERPOSE_FRAME, &here);                                   \
		track_self.guard = guard ? guard : INTERPOSE_FRAME;                                \
		before arguments;                                                                  \
		track_self.guard = guard;                                                          \
	}

#define FREED_OF_SIZE(name, parameters, types, arguments, other, other_types, other_arguments)     \
	void built_in_##name parameters;                                                           \
	void built_in_##name parameters                                                            \
	{                                                                                          \
		struct unwind_start here = UNWIND_HERE;                                            \
		void(*before) types = (void(*) types)built_in.name;                                \
		void(*without) other_types =                                                       \
			(void(*) other_types)(built_in.other ? built_in.other : built_in.free);    \
		uintptr_t guard = track_self.guard;                                                \
                                                                                                   \
		interpose_forget(block, INTERPOSE_FRAME, &here);                                   \
		track_self.guard = guard ? guard : INTERPOSE_FRAME;                                \
		if (size < track_min_request && without)                                           \
			without other_arguments;                                                   \
		else                                                                               \
			before arguments;                                                          \
		track_self.guard = guard;                                                          \
	}

FREED(free, (void *block), (void *), (block))
FREED(cfree, (void *block), (void *), (block))
FREED(dallocx, (void *block, int flags), (void *, int), (block, flags))
FREED(_ZdlPv, (void *block), (void *), (block))
FREED(_ZdaPv, (void *block), (void *), (block))
FREED(_ZdlPvRKSt9nothrow_t, (void *block, const void *tag), (void *, const void *), (block, tag))
FREED(_ZdaPvRKSt9nothrow_t, (void *block, const void *tag), (void *, const void *), (block, tag))
FREED(_ZdlPvSt11align_val_t, (void *block, size_t alignment), (void *, size_t), (block, alignment))
FREED(_ZdaPvSt11align_val_t, (void *block, size_t alignment), (void *, size_t), (block, alignment))
FREED(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment, const void *tag),
      (void *, size_t, const void *), (block, alignment, tag))
FREED(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment, const void *tag),
      (void *, size_t, const void *), (block, alignment, tag))

FREED_OF_SIZE(free_sized, (void *block, size_t size), (void *, size_t), (block, size), free,
	      (void *), (block))
FREED_OF_SIZE(free_aligned_sized, (void *block, size_t alignment, size_t size),
	      (void *, size_t, size_t), (block, alignment, size), free, (void *), (block))
FREED_OF_SIZE(sdallocx, (void *block, size_t size, int flags), (void *, size_t, int),
	      (block, size, flags), dallocx, (void *, int), (block, flags))
FREED_OF_SIZE(_ZdlPvm, (void *block, size_t size), (void *, size_t), (block, size), _ZdlPv,
	      (void *), (block))
FREED_OF_SIZE(_ZdaPvm, (void *block, size_t size), (void *, size_t), (block, size), _ZdaPv,
	      (void *), (block))
FREED_OF_SIZE(_ZdlPvmSt11align_val_t, (void *block, size_t size, size_t alignment),
	      (void *, size_t, size_t), (block, size, alignment), _ZdlPvSt11align_val_t,
	      (void *, size_t), (block, alignment))
FREED_OF_SIZE(_ZdaPvmSt11align_val_t, (void *block, size_t size, size_t alignment),
	      (void *, size_t, size_t), (block, size, alignment), _ZdaPvSt11align_val_t,
	      (void *, size_t), (block, alignment))
