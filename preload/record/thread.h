/*
 * The state of each thread: given to it at its first allocation, taken back when it ends, and then
 * given to the next one, which counts on in its tallies.
 * Path: cold. Threads: all, under one lock. Memory: own pages, never freed: as many as there were
 * threads at once.
 * Must not: call the allocator; take the lock while another thread's state is read (states are only
 * ever added to the list).
 */
#ifndef SILT_THREAD_H
#define SILT_THREAD_H

#include "record/track.h"

/* The key whose destructor takes a state back. */
void thread_start(void);
/* This thread has a state from now on; false: there is no memory for it. */
bool thread_have(void);
/* A state for the time of a call; NULL: no memory. Returned by thread_give(). */
struct track_thread *thread_take(void);
void thread_give(struct track_thread *thread);
/* The state that was taken becomes this thread's own. False: it has one, or none could be taken
 * back at its end. */
bool thread_keep(struct track_thread *thread);
/* A block of a thread without a state: it counts as a lost record. */
void thread_lost_early(void);

#endif
