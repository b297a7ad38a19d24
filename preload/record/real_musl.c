/*
 * What the next allocator lacks, or does by calling others of its functions, if it is musl's: see
 * real.h.
 * Path: hot, under musl. Threads: all. Memory: none.
 *
 * musl's calloc() calls malloc(), and its posix_memalign(), memalign() and valloc() call
 * aligned_alloc() or memalign(), by their public names. These calls come to our functions, which
 * must not record them as further blocks.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/rt.h"
#include "record/real.h"
#include "record/track.h"

static struct real musl;

#define GUARDED(result, call)                                                                      \
	do {                                                                                       \
		uintptr_t guard = track_self.guard;                                                \
		result value;                                                                      \
                                                                                                   \
		track_self.guard = guard ? guard : 1;                                              \
		value = call;                                                                      \
		track_self.guard = guard;                                                          \
		return value;                                                                      \
	} while (0)

static void *guarded_calloc(size_t count, size_t size)
{
	GUARDED(void *, musl.calloc(count, size));
}

static int guarded_posix_memalign(void **result, size_t alignment, size_t size)
{
	GUARDED(int, musl.posix_memalign(result, alignment, size));
}

static void *guarded_memalign(size_t alignment, size_t size)
{
	GUARDED(void *, musl.memalign(alignment, size));
}

static void *guarded_valloc(size_t size)
{
	GUARDED(void *, musl.memalign(rt_page_size(), size));
}

static void *guarded_pvalloc(size_t size)
{
	size_t page = rt_page_size();

	GUARDED(void *, musl.memalign(page, (size + page - 1) & ~(page - 1)));
}

void real_complete_musl(void)
{
	musl = real;
	real.calloc = guarded_calloc;
	real.posix_memalign = guarded_posix_memalign;
	real.memalign = guarded_memalign;
	real.valloc = guarded_valloc;
	real.pvalloc = guarded_pvalloc;
	if (!real.mmap64) /* musl has this name only for old programs */
		real.mmap64 = real.mmap;
}
