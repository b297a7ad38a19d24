/*
 * Defines malloc and its family in place of the allocator's: each asks the next allocator, then records.
 * Called by: the program. Path: hot. Threads: all. Memory: none.
 * Must not: call anything that allocates, change errno; a call that is not recorded goes straight through.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "real.h"
#include "track.h"

#define HOOK(result, name, parameters) RT_EXPORT result name parameters;
#define HOOK_OWN HOOK
#include "hooks.def"
#undef HOOK

static void *boot_zeroed(size_t count, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(count, size, &bytes)
		       ? NULL
		       : real_boot_alloc(16, bytes); /* never used before */
}

static void *boot_move(void *block, size_t size)
{
	size_t old = real_boot_size(block);
	void *moved = malloc(size);

	if (moved)
		memcpy(moved, block, old < size ? old : size);
	return moved;
}

/* The way of a call that is not recorded, also before anything is known. */
static RT_COLD void *malloc_unrecorded(size_t size)
{
	return real_ready() ? real.malloc(track_request(size)) : real_boot_alloc(16, size);
}

void *malloc(size_t size)
{
	struct unwind_start here;
	void *block;

	if (track_unsampled(size))
		return real.malloc(track_request(size));
	here = UNWIND_HERE;
	if (unlikely(!track_enter()))
		return malloc_unrecorded(size);
	block = real.malloc(track_request(size));
	if (likely(block))
		track_allocated(block, size, &here);
	track_leave();
	return block;
}

/* The rest of the family shares one copy of it. */
static __attribute__((noinline)) void allocated(const void *block, uint64_t size,
						const struct unwind_start *start)
{
	track_allocated(block, size, start);
}

void *calloc(size_t count, size_t size)
{
	struct unwind_start here = UNWIND_HERE;
	size_t bytes;
	void *block;

	if (unlikely(!real_ready()))
		return boot_zeroed(count, size);
	if (!__builtin_mul_overflow(count, size, &bytes) && track_unsampled(bytes))
		return bytes < track_min_request ? real.calloc(1, track_min_request)
						 : real.calloc(count, size);
	if (unlikely(__builtin_mul_overflow(count, size, &bytes)) || bytes >= track_min_request) {
		if (!track_enter())
			return real.calloc(count, size);
		block = real.calloc(count, size);
	} else {
		if (!track_enter())
			return real.calloc(1, track_min_request);
		block = real.calloc(1, track_min_request);
	}
	if (likely(block))
		allocated(block, bytes, &here);
	track_leave();
	return block;
}

/* realloc of a live block: the record of the old one goes before its memory does, the new one is another
 * block. */
static inline void *reallocate(void *block, size_t size, const struct unwind_start *here)
{
	struct block old;
	bool known, tracking, nested;
	void *moved;

	if (size && (!block || track_unsampled_freed(block)) && track_unsampled(size))
		return real.realloc(block, track_request(size));
	nested = track_self.guard;
	tracking = track_enter();
	known = block && track_freed(block, &old, nested);
	if (unlikely(block && !known))
		track_unknown_freed(nested);
	moved = real.realloc(block, size || !block ? track_request(size) : 0);
	if (likely(moved)) {
		if (tracking)
			allocated(moved, size, here);
	} else if (known && size) {
		track_not_freed(block, &old); /* with size 0 NULL means that it was freed */
	}
	if (tracking)
		track_leave();
	return moved;
}

void *realloc(void *block, size_t size)
{
	struct unwind_start here = UNWIND_HERE;

	if (unlikely(!real_ready()))
		return block ? boot_move(block, size) : real_boot_alloc(16, size);
	if (unlikely(real_is_boot(block)))
		return boot_move(block, size);
	return reallocate(block, size, &here);
}

void *reallocarray(void *block, size_t count, size_t size)
{
	struct unwind_start here = UNWIND_HERE;
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(count, size, &bytes))) {
		errno = ENOMEM;
		return NULL;
	}
	if (unlikely(!real_ready()))
		return block ? boot_move(block, bytes) : real_boot_alloc(16, bytes);
	if (unlikely(real_is_boot(block)))
		return boot_move(block, bytes);
	return reallocate(block, bytes, &here);
}

/* A block that is not on the books. False: it is not the next allocator's to free. */
static RT_COLD bool forget_unknown(const void *block)
{
	if (real_is_boot(block) || !real_ready())
		return false;
	track_unknown_freed(track_self.guard);
	return true;
}

/* The dynamic linker frees a block: perhaps the record of a module that is gone. */
static RT_COLD void forget_module(const void *block)
{
	uint32_t module;

	if (blocks_root && (module = modules_freed(block)) != MODULES_NONE)
		rules_forget(modules_get(module));
}

/* Takes the block off the books; false: it is not the next allocator's to free. */
static RT_HOT bool forget(void *block, uintptr_t caller)
{
	struct block old;

	if (unlikely(!block))
		return false;
	if (track_unsampled_freed(block)) {
		if (unlikely(real_is_boot(block)))
			return false;
	} else if (unlikely(!track_freed(block, &old, track_self.guard)) && !forget_unknown(block)) {
		/* What is on the books came from the next allocator. */
		return false;
	}
	if (modules_is_loader(caller))
		forget_module(block);
	return true;
}

#define CALLER ((uintptr_t)__builtin_return_address(0))

void free(void *block)
{
	if (likely(forget(block, CALLER)))
		real.free(block);
}

void cfree(void *block)
{
	if (forget(block, CALLER))
		real.free(block);
}

void free_sized(void *block, size_t size)
{
	/* The size we asked for may be larger than the one the program knows. */
	(void)size;
	if (forget(block, CALLER))
		real.free(block);
}

void free_aligned_sized(void *block, size_t alignment, size_t size)
{
	(void)alignment;
	(void)size;
	if (forget(block, CALLER))
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
	if (track_unsampled(size) || !track_enter())
		return real.posix_memalign(result, alignment, track_request(size));
	error = real.posix_memalign(result, alignment, track_request(size));
	if (likely(error == 0 && *result))
		allocated(*result, size, &here);
	track_leave();
	return error;
}

/* The rest of the family differs in the function asked only. */
#define ALIGNED(call)                                                                                        \
	do {                                                                                                 \
		struct unwind_start here = UNWIND_HERE;                                                      \
		void *block;                                                                                 \
                                                                                                             \
		if (unlikely(!real_ready()))                                                                 \
			return real_boot_alloc(alignment, size);                                             \
		if (track_unsampled(size) || !track_enter())                                                 \
			return call;                                                                         \
		block = call;                                                                                \
		if (likely(block))                                                                           \
			allocated(block, size, &here);                                                       \
		track_leave();                                                                               \
		return block;                                                                                \
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
