/*
 * The next allocator in the program's search order, and allocation before it is known.
 * Path: real_ready() hot, the rest once. Threads: any may be first. Memory: a fixed arena for what
 * the dynamic linker allocates while it looks up the allocator.
 * Must not: record anything.
 */
#ifndef SILT_REAL_H
#define SILT_REAL_H

#include <sys/types.h>

#include "base/rt.h"

struct real {
#define HOOK(result, name, parameters) result(*name) parameters;
#include "record/hooks.def"
#undef HOOK
};

extern RT_HIDDEN struct real real;
extern _Atomic bool real_known;

/* Looks up the next allocator. Returns true once `real` is filled in; false while this thread, or
 * another, is at it: then use the boot functions. */
bool real_find(void);

static inline bool real_ready(void)
{
	return likely(atomic_load_explicit(&real_known, memory_order_acquire)) || real_find();
}

/* Must precede all else if this library was opened while the program runs. The library is then not
 * in the search order, and the next allocator is the one that the program uses. */
void real_attach(void);

/* True if the next allocator is glibc's. Only after real_ready(): a copy of the process must not
 * call the dynamic linker. */
bool real_is_glibc(void);
/* True if it is the C library's, glibc's or musl's. */
bool real_is_c_library(void);
/* Fills in what musl lacks in `real`. */
void real_complete_musl(void);
/* Finds out which allocator it is, how to ask it for figures, and whether the clock is the C
 * library's. Looks up names that may not exist, for which the dynamic linker composes messages
 * under a lock of the C library: not while the program may hold one. */
void real_identify(void);
/* Call before real_identify() if the executable has an allocator beside the next one, and it is
 * recorded. Its figures are from `mallctl` (jemalloc) or `tcmalloc_property`
 * (MallocExtension_GetNumericProperty); NULL: it has no such function. */
void real_add_built_in(void *mallctl, void *tcmalloc_property);
/* The same, but it is not recorded. */
void real_add_unrecorded_built_in(void);
/* enum silt_allocator; SILT_ALLOCATOR_UNKNOWN before real_identify(). */
uint32_t real_allocator(void);

/* Allocates from the boot arena, before the next allocator is known. Such blocks are recognised by
 * their address and never freed. NULL: the arena is used up. */
void *real_boot_alloc(size_t alignment, size_t size);
#define REAL_BOOT_SIZE (256ul << 10)
extern RT_HIDDEN char real_boot_arena[REAL_BOOT_SIZE];
/* True if the block is in the boot arena. */
static inline bool real_is_boot(const void *block)
{
	return (uintptr_t)block - (uintptr_t)real_boot_arena < REAL_BOOT_SIZE;
}
/* The size that was requested for a block of the boot arena. */
size_t real_boot_size(const void *block);
/* Thread pointer of the thread whose calloc() is served from the boot arena; 0: none. The C library
 * ends the program if some of its own allocations fail, which must not happen for one that it makes
 * for us. */
extern _Atomic uintptr_t real_boot_thread;

/* The allocator's figures of its heap, in bytes but for free_chunks; 0: unknown. */
struct real_heap {
	uint64_t arena_bytes, mapped_bytes, used_bytes, free_bytes, free_chunks, trimmable_bytes;
};
/* Reads them. Takes the allocator's locks: only in a thread of the program, outside any
 * allocation. */
void real_read_heap(struct real_heap *heap);
/* The least and the most bytes that the allocator uses for a block of that size; 0 and 0:
 * unknown. */
void real_footprint(uintptr_t address, uint64_t size, uint64_t *least, uint64_t *most);

#endif
