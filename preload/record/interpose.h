/*
 * Shared by the functions that replace malloc's family (interpose.c) and those that replace an
 * allocator in the executable (built_in_calls.c).
 * Path: hot. Threads: all. Memory: none.
 */
#ifndef SILT_RECORD_INTERPOSE_H
#define SILT_RECORD_INTERPOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/capture.h"

/* Removes the record of a block that the program is about to free. `frame`: the frame address of
 * the function that replaces free(); `caller`: its caller. Returns false if the next allocator must
 * not free the block: it is NULL, or did not come from that. */
bool interpose_forget(void *block, uintptr_t frame, const struct unwind_start *caller);

#endif
