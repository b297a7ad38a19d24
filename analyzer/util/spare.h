/*
 * Keeps large arrays that are freed, and hands them out again. A run is read one snapshot after the
 * other, and the arrays of one fit the next: fresh memory of the kernel costs a page fault for each
 * 4 KiB, half a second for each GiB.
 * Must not: know what the arrays are for.
 * Threads: any.
 */
#ifndef SILT_UTIL_SPARE_H
#define SILT_UTIL_SPARE_H

#include <stddef.h>

/* Returns an array of at least `count` elements of `size` bytes, which are not zeroed; give it to
 * spare_give(). Ends the program if there is no memory. */
void *spare_take(size_t count, size_t size);
/* Returns a kept array of at least `bytes`; NULL: there is none that fits. */
void *spare_reuse(size_t bytes);
/* Keeps an array of spare_take(), spare_reuse() or malloc(), or frees it. Does nothing for NULL. */
void spare_give(void *memory);
/* Frees the arrays that are kept, after the last snapshot is read. */
void spare_empty(void);

#endif
