/*
 * What else the next allocator gives blocks by, beside malloc's family: operator new of shared
 * jemalloc, tcmalloc and mimalloc, and mallocx(3), which do not ask malloc for them. Such names of
 * the allocator's lead to functions of ours (redirect.h, rebind.h); the C library has none.
 * Path: find, lead: cold, once; the calls: hot. Threads: the first, or that of an attach; all.
 * Memory: none.
 * Must not: be exported: a program asks whether there is an operator new by its name.
 */
#ifndef SILT_RECORD_ALLOCATOR_CALLS_H
#define SILT_RECORD_ALLOCATOR_CALLS_H

#include <stddef.h>

#include "base/rt.h"
#include "record/redirect.h"

/* By their own names in the next allocator; NULL: it has none. */
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

/* Those that the next allocator has; how many, at most ALLOCATOR_CALLS. Once. */
#define ALLOCATOR_CALLS 32u
size_t allocator_calls_find(struct redirect_hook hooks[ALLOCATOR_CALLS]);
/* Leads them to ours, in a program that starts. Takes the dynamic linker's lock. */
void allocator_calls_lead_here(void);

/* interpose.c. As the allocator's own; where it has no memory the allocator itself says so: it
 * calls the program's new_handler, or throws. */
void *calls_new(size_t size);
void *calls_new_nothrow(size_t size, const void *tag);
void *calls_new_aligned(size_t size, size_t alignment);
void *calls_new_aligned_nothrow(size_t size, size_t alignment, const void *tag);
void *calls_mallocx(size_t size, int flags);
void *calls_rallocx(void *block, size_t size, int flags);
size_t calls_xallocx(void *block, size_t size, size_t extra, int flags);

#endif
