/*
 * All locks of the library around a copy of the process, in their one order: no copy finds a lock
 * that a thread holds which is not in it. Path: cold. Threads: the one that forks; the helper
 * process. Memory: none.
 * Must not: be used where the calling thread may hold one of these locks.
 */
#ifndef SILT_FORK_H
#define SILT_FORK_H

#include <stdbool.h>

/* Before the copy. */
void fork_lock_all(void);
/* The same from the helper process. False, and no lock is held: one of a pool is held by a thread
 * that may never let it go. */
bool fork_try_lock_all(void);
/* After it, in both. */
void fork_unlock_all(void);

#endif
