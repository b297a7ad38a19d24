/*
 * Functions beside malloc's family by which the next allocator allocates and frees: operator new of
 * shared jemalloc, tcmalloc and mimalloc, mallocx(3), and tc_malloc() and its kin. They do not call
 * malloc, so their symbols in the allocator are redirected to functions of ours (redirect.h,
 * rebind.h). The C library has none.
 * Path: finding and redirecting: cold, once; the calls: hot. Threads: the first, or that of an
 * attach; all. Memory: none.
 * Must not: be exported: programs look for operator new by name.
 */
#ifndef SILT_RECORD_ALLOCATOR_CALLS_H
#define SILT_RECORD_ALLOCATOR_CALLS_H

#include <stddef.h>

#include "base/rt.h"
#include "record/redirect.h"

/* The next allocator's functions; NULL: it has none of that name. */
struct allocator_calls {
	void *(*new)(size_t size);
	void *(*new_nothrow)(size_t size, const void *tag);
	void *(*new_aligned)(size_t size, size_t alignment);
	void *(*new_aligned_nothrow)(size_t size, size_t alignment, const void *tag);
	void *(*mallocx)(size_t size, int flags);
	void *(*rallocx)(void *block, size_t size, int flags);
	size_t (*xallocx)(void *block, size_t size, size_t extra, int flags);
};
extern struct allocator_calls allocator_calls RT_HIDDEN;

#define ALLOCATOR_CALLS 64u
/* Finds the functions that the next allocator has. Returns their number, at most ALLOCATOR_CALLS.
 * Once: after a redirection this would find ours. */
size_t allocator_calls_find(struct redirect_hook hooks[ALLOCATOR_CALLS]);
/* Redirects them to ours, in a program that starts. Takes the dynamic linker's lock. */
void allocator_calls_redirect(void);

/* calls_new() is in interpose.c, the others in interpose_rare.c. They do what the allocator's do.
 * Without memory they call the allocator's, which calls the program's new_handler or throws. */
void *calls_new(size_t size);
void *calls_new_nothrow(size_t size, const void *tag);
void *calls_new_aligned(size_t size, size_t alignment);
void *calls_new_aligned_nothrow(size_t size, size_t alignment, const void *tag);
void *calls_mallocx(size_t size, int flags);
void *calls_rallocx(void *block, size_t size, int flags);
size_t calls_xallocx(void *block, size_t size, size_t extra, int flags);

#endif
