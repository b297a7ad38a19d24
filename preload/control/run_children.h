/*
 * Forked children that end at once: beyond a number of them they are only counted, so that a
 * program that forks without end does not fill the disk or lose time.
 * Path: cold. Threads: any. Memory: a page that a process and all its forked descendants share.
 * Must not: delay a thread; count a child twice.
 */
#ifndef SILT_RUN_CHILDREN_H
#define SILT_RUN_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>

/* Makes the page for an exec'd program and what it forks. Without it every child is recorded. */
void run_children_start(void);
/* This process is a forked child. */
void run_children_after_fork(void);
/* Called at the end of a process that has written nothing. True: it is only counted. Further calls
 * return the same. */
bool run_children_only_counted(void);
/* Number of processes that were only counted. */
uint64_t run_children_not_recorded(void);

#endif
