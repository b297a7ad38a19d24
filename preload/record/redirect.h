/*
 * Redirects lookups that would find the C library's malloc to ours.
 * Path: cold. Threads: the first, or that of an attach. Memory: none; a page or two of the
 * library's become private to the process.
 * Must not: take a lock of the dynamic linker, change what is already bound.
 */
#ifndef SILT_REDIRECT_H
#define SILT_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Gives malloc's family in the C library's symbol table, in memory, our addresses. A preloaded
 * library comes first in the search order of the process, but some lookups do not follow that:
 * those of modules opened with RTLD_DEEPBIND, and dlsym() with the C library's handle. Only if the
 * next allocator is the C library's: ours then call the functions that the symbols led to. False:
 * the table could not be changed, and such calls are not recorded.
 */
bool redirect_libc(void);

/* A function that one of ours replaces. */
struct redirect_hook {
	const char *name;
	uintptr_t ours;
	/* the function of that name in the next library; 0: ours does not call it */
	uintptr_t next;
};

/* Fills in malloc's family. Returns the number of its functions, at most REDIRECT_FAMILY. */
#define REDIRECT_FAMILY 24u
size_t redirect_family(struct redirect_hook hooks[REDIRECT_FAMILY]);
/* The address that the library with code at `address` defines for the name; 0: none. */
uintptr_t redirect_find(uintptr_t address, const char *name);
/* Changes symbols of the library with code at `address` from `next` to `ours`; with `back`, from
 * `ours` to `next`. False: nothing was changed. */
bool redirect_symbols(uintptr_t address, const struct redirect_hook *hooks, size_t count,
		      bool back);

#endif
