/*
 * Lookups that end at the C library's malloc lead to ours.
 * Path: cold, once. Threads: the first. Memory: none; a page or two of the C library's become the
 * process's own.
 * Must not: take a lock of the dynamic linker's, change what is already bound.
 */
#ifndef SILT_REDIRECT_H
#define SILT_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A preloaded library comes first in the search order of the process, but not where the dynamic
 * linker is told to look elsewhere: in modules opened with RTLD_DEEPBIND, and by dlsym() with the
 * handle of the C library. So the symbols of malloc's family in the C library's own table in memory
 * are given our addresses. Only where the next allocator is the C library's: what those symbols led
 * to is what ours ask. False: they could not be changed; then such calls pass by unseen.
 */
bool redirect_libc(void);

/* A function that one of ours stands in for. */
struct redirect_hook {
	const char *name;
	uintptr_t ours;
	/* What is by that name in the library that comes next; 0: ours does not ask for it. */
	uintptr_t next;
};

/* Fills in malloc's family as found; returns how many, at most REDIRECT_FAMILY. */
#define REDIRECT_FAMILY 24u
size_t redirect_family(struct redirect_hook hooks[REDIRECT_FAMILY]);
/* Where the library that has the code at `address` defines that name; 0: it does not. */
uintptr_t redirect_find(uintptr_t address, const char *name);
/* Symbols of the library that has the code at `address`, which lead to `next`, lead to `ours`
 * from now on; `back`: the other way round. False: nothing was changed. */
bool redirect_symbols(uintptr_t address, const struct redirect_hook *hooks, size_t count,
		      bool back);

#endif
