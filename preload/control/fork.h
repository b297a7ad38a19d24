/*
 * Takes and releases all locks of the library around a copy of the process, in one order, so that
 * the copy has no lock held by a thread that it lacks.
 * Path: cold. Threads: the one that forks; the helper process. Memory: none.
 * Must not: be used where the calling thread may hold one of these locks.
 */
#ifndef SILT_FORK_H
#define SILT_FORK_H

#include <stdbool.h>

/* In the thread that forks, before the fork. */
void fork_lock_all(void);
/* In the helper process. Returns false, and holds no lock, if a thread does not release the lock of
 * pools within a second. */
bool fork_try_lock_all(void);
/* After the copy was made, in both processes. */
void fork_unlock_all(void);

#endif
