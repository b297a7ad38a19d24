/*
 * Captures tracebacks by libunwind: for frames beyond simple rules, and to check the others.
 * Path: cold, microseconds a frame. Threads: one at a time, under a lock. Memory: several KiB of
 * the caller's stack.
 * Must not: take the dynamic linker's lock.
 */
#ifndef SILT_UNWIND_GENERAL_H
#define SILT_UNWIND_GENERAL_H

#include "unwind/capture.h"

/* Loads libunwind; without it all walks are empty. Calls the dynamic linker. */
void unwind_general_load(void);
/* The heap block that libunwind has allocated for us; NULL: none. */
const void *unwind_general_block(void);

/* Stores the numbers of the pcs of `start` and its callers, innermost first. Returns how many, at
 * most `max`. *failed: the outermost frame was not reached for another reason than `max`. */
uint32_t unwind_general_walk(const struct unwind_start *start, uint32_t *pcs, uint32_t max,
			     bool *failed);

/* Unwinds a stopped thread's registers (as arch.h has them) to the innermost frame that is not
 * `inside`; registers that a call does not preserve are then 0. False, with nothing changed: there
 * is no such frame, or unwinding fails. */
bool unwind_general_leave(uintptr_t *registers, bool (*inside)(uintptr_t pc));

/* Take and release the lock around a copy of the process. */
void unwind_general_before_fork(void);
void unwind_general_after_fork(void);

#endif
