/*
 * Forked children that end at once: past a number of them they are only counted, so that a program
 * which forks without end fills no disk and loses no time.
 * Path: cold. Threads: any. Memory: a page that a process and all its forked descendants share.
 * Must not: hold up anybody; count a child twice.
 */
#ifndef SILT_RUN_CHILDREN_H
#define SILT_RUN_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>

/* Of one exec'd program and what it forks; without the page every child is recorded. */
void run_children_start(void);
/* This process is a forked child. */
void run_children_after_fork(void);
/* Asked at the end of a process that has written nothing: is it one too many? The answer stays the
 * same. */
bool run_children_only_counted(void);
/* How many were only counted. */
uint64_t run_children_not_recorded(void);

#endif
