/*
 * What the functions that stand in for malloc's family share with those that stand in for an
 * allocator in the executable.
 * Path: hot. Threads: all. Memory: none.
 */
#ifndef SILT_RECORD_INTERPOSE_H
#define SILT_RECORD_INTERPOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/capture.h"

/* Takes a block off the books that the caller at `caller` is about to free; `frame`: of the
 * function that stands in for free(). Returns false if the block did not come from the next
 * allocator. */
bool interpose_forget(void *block, uintptr_t frame, const struct unwind_start *caller);

#endif
