/*
 * The state of each thread: assigned at its first allocation, released when it ends, and then
 * assigned to another thread, which continues its counters.
 * Path: cold. Threads: all, under one lock. Memory: own pages, never freed: as many as threads at
 * once.
 * Must not: call the allocator; take the lock to read another thread's state (states are only ever
 * added to the list).
 */
#ifndef SILT_THREAD_H
#define SILT_THREAD_H

#include "record/track.h"

/* Creates the key whose destructor releases a thread's state. */
void thread_start(void);
/* Assigns this thread a state. False: no memory. */
bool thread_assign(void);
/* Takes a state for the time of a call, to be returned by thread_give(). NULL: no memory. */
struct track_thread *thread_take(void);
void thread_give(struct track_thread *thread);
/* Assigns this thread the state that it has taken. False: it has one, or could not release it at
 * its end. */
bool thread_keep(struct track_thread *thread);
/* Counts a lost record of a thread without a state. */
void thread_count_lost(void);

#endif
