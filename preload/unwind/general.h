/*
 * Captures a traceback by libunwind: for frames that simple rules cannot step over, and to check
 * those that can.
 * Path: cold, microseconds a frame. Threads: one at a time, under a lock. Memory: several KiB of
 * the caller's stack.
 * Must not: take the dynamic linker's lock.
 */
#ifndef SILT_UNWIND_GENERAL_H
#define SILT_UNWIND_GENERAL_H

#include "unwind/capture.h"

/* Loads libunwind; without it every walk finds nothing. Calls the dynamic linker. */
void unwind_general_load(void);
/* The block of the heap that it has for us; NULL: none. */
const void *unwind_general_block(void);

/* The numbers of the pcs of `start` and its callers: at most `max` into `pcs`, innermost first.
 * Returns how many; `failed`: the outermost frame was not reached, for another reason than
 * `max`. */
uint32_t unwind_general_walk(const struct unwind_start *start, uint32_t *pcs, uint32_t max,
			     bool *failed);

/* From where a thread was stopped (registers as arch.h has them) outwards to the first frame
 * that is not `inside`: registers then are what they were there, but those that a call does not
 * preserve are 0. False, and nothing is changed: there is none, or unwinding fails. */
bool unwind_general_leave(uintptr_t *registers, bool (*inside)(uintptr_t pc));

/* Between the two the lock is held. */
void unwind_general_before_fork(void);
void unwind_general_after_fork(void);

#endif
