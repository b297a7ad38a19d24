/*
 * Lookups that end at the C library's malloc lead to ours.
 * Path: cold, once. Threads: the first. Memory: none; a page or two of the C library's become the process's
 * own.
 * Must not: take a lock of the dynamic linker's, change what is already bound.
 */
#ifndef SILT_REDIRECT_H
#define SILT_REDIRECT_H

#include <stdbool.h>

/*
 * A preloaded library comes first in the search order of the process, but not where the dynamic linker is told to look elsewhere: in
 * modules opened with RTLD_DEEPBIND, and by dlsym() with the handle of the C library. So the symbols of malloc's family in the C
 * library's own table in memory are given our addresses. Only where the next allocator is the C library's: what those symbols
 * led to is what ours ask. False: they could not be changed; then such calls pass by unseen.
 */
bool redirect_libc(void);

#endif
