/*
 * Shared by the functions that replace malloc's family (interpose.c, interpose_rare.c) and those
 * that replace an allocator in the executable (built_in_calls.c).
 * Path: cold, but for interpose_forget(). Threads: all. Memory: none.
 * Must not: call anything that allocates, change errno.
 */
#ifndef SILT_RECORD_INTERPOSE_H
#define SILT_RECORD_INTERPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arch.h"
#include "base/rt.h"
#include "unwind/capture.h"

/* The frame address of the function that uses it, and the pc of its caller. */
#define INTERPOSE_FRAME ((uintptr_t)__builtin_frame_address(0))
#define INTERPOSE_PC ((uintptr_t)__builtin_return_address(0))
/* The frame address of an interposed function and the registers of its caller, as parameters of a
 * function that continues it, and as its arguments. */
#define INTERPOSE_CALLER uintptr_t frame, uintptr_t pc, uintptr_t sp, uintptr_t fp
#define INTERPOSE_HERE                                                                             \
	INTERPOSE_FRAME, INTERPOSE_PC, ARCH_CALLER_SP, *(const uintptr_t *)INTERPOSE_FRAME

/* malloc() and its like where anything is special: before the next allocator is known, while the
 * thread is inside of the library, with sampling, if the allocation fails, for a block that is not
 * recorded. The fast paths of interpose.c end with a jump to these. */
RT_COLD void *interpose_malloc(size_t size, INTERPOSE_CALLER);
RT_COLD void *interpose_calloc(size_t count, size_t size, INTERPOSE_CALLER);
RT_COLD void *interpose_realloc(void *block, size_t size, INTERPOSE_CALLER);
/* Must be jumped to: it takes its own caller for free()'s. */
RT_COLD void interpose_free(void *block);

/* Records an allocated block. The guard is set. */
RT_COLD void interpose_allocated(const void *block, uint64_t size, uintptr_t pc, uintptr_t sp,
				 uintptr_t fp);

/* Removes the record of a block that the program is about to free. `frame`: the frame address of
 * the function that replaces free(); `caller`: its caller. Returns false if the next allocator must
 * not free the block: it is NULL, or did not come from that. */
bool interpose_forget(void *block, uintptr_t frame, const struct unwind_start *caller);

#endif
