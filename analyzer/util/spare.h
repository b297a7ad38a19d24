/*
 * Large arrays that come and go, as those of one snapshot after the other: what is freed is kept
 * for the next one. Memory that is fresh from the kernel costs a page fault for each 4 KiB, half
 * a second for each GiB.
 * Threads: any.
 */
#ifndef SILT_UTIL_SPARE_H
#define SILT_UTIL_SPARE_H

#include <stddef.h>

/* Room for `count` elements of `size` bytes, which are not zeroed; it may be larger. Ends the
 * program if there is no memory. */
void *spare_take(size_t count, size_t size);
/* The same if there is such an array already; else NULL. */
void *spare_reuse(size_t bytes);
/* Gives up what came from there, or from malloc(); NULL: nothing. */
void spare_give(void *memory);
/* Gives back what is kept: no more snapshots are read. */
void spare_empty(void);

#endif
