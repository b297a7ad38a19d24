/*
 * The run directory kept open, for a process that gives up the rights to reach it by name.
 * Path: cold. Threads: one at a time (run.c's lock). Memory: static.
 * Must not: trust the number of a descriptor: the program may close it and open another.
 */
#ifndef SILT_RUN_HOLD_H
#define SILT_RUN_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#define RUN_HOLD_OWNER UINT32_MAX /* leaves the owner as it is */

/* Keeps a descriptor of the directory, and gives the directory to a user. */
void run_hold(int directory, uint32_t user);
bool run_is_held(void);
/* Another descriptor of it, to be closed; -ENOENT: it is not held, or no more. */
int run_hold_open(void);
/* The number of the one that is needed yet, the parent's before there is an own one; -1: none. For
 * the helper, which closes all others. */
int run_hold_fd(void);
/* This process is a copy: what is held is its parent's run directory, and a place for one of its
 * own. */
void run_hold_after_fork(void);
bool run_parent_is_held(void);
/* A descriptor of the parent's, to be closed; -ENOENT: there is none. */
int run_hold_open_parent(void);

#endif
