/*
 * The allocator that comes next in the program's search order, and the time before it is known.
 * Path: real_ready() hot, the rest once. Threads: any may come first. Memory: a fixed arena for the
 * requests of the dynamic linker while it is asked where the allocator is.
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

/* True once `real` is filled in. False: this very thread (or one beside it) is finding it; use the
 * boot functions. */
bool real_find(void);

static inline bool real_ready(void)
{
	return likely(atomic_load_explicit(&real_known, memory_order_acquire)) || real_find();
}

/* Before all else: this library was opened while the program runs, and stands nowhere in its
 * search order; the next allocator is the one that the program uses. */
void real_attach(void);

/* Is the next allocator the C library's? Known once real_ready(): a copy of the process may not
 * ask the dynamic linker. */
bool real_is_glibc(void);
/* Is it the C library's, glibc's or musl's? */
bool real_is_libcs(void);
/* Puts what musl lacks into `real`. */
void real_of_musl(void);
/* Finds out which allocator it is and how to ask it for figures, and the C library's clock. Looks
 * for names that may not be there, of which the dynamic linker complains in the user's language:
 * not while the program may hold a lock of the C library. */
void real_identify(void);
/* The program has an allocator of its own in the executable, beside the next one. It is recorded:
 * `mallctl` (jemalloc's) or `tcmalloc_property` (MallocExtension_GetNumericProperty) tell its
 * figures, NULL where it has no such function. Or it is not recorded. Before real_identify(). */
void real_has_built_in(void *mallctl, void *tcmalloc_property);
void real_has_unseen_built_in(void);
/* enum silt_allocator: whose malloc it is; unknown before real_identify(). */
uint32_t real_allocator(void);

/* Blocks for the time before: never freed, told apart by address. NULL when the arena is used
 * up. */
void *real_boot_alloc(size_t alignment, size_t size);
#define REAL_BOOT_SIZE (256ul << 10)
extern RT_HIDDEN char real_boot_arena[REAL_BOOT_SIZE];
static inline bool real_is_boot(const void *block)
{
	return (uintptr_t)block - (uintptr_t)real_boot_arena < REAL_BOOT_SIZE;
}
size_t real_boot_size(const void *block);
/* The thread (its pointer) whose calloc() is served from the arena; 0: none. The C library ends
 * the program where some of its own requests fail, which must not happen because of one that it
 * makes for us. */
extern _Atomic uintptr_t real_boot_thread;

/* What the allocator says of its own footprint; all 0 where it cannot tell. Takes the allocator's
 * locks: only from a thread of the program, outside any allocation. */
struct real_heap {
	uint64_t arena_bytes, mapped_bytes, used_bytes, free_bytes, free_chunks, trimmable_bytes;
};
void real_heap(struct real_heap *heap);
/* Bytes the allocator has in use for a block of that size: least and most; 0 and 0 where that is
 * not known. */
void real_footprint(uintptr_t address, uint64_t size, uint64_t *least, uint64_t *most);

#endif
