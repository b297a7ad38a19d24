/*
 * Keeps the run directory open for a process that gives up the rights to reach it by name.
 * Path: cold. Threads: one at a time (run.c's lock). Memory: static.
 * Must not: trust a descriptor's number: the program may close it and open something else.
 */
#ifndef SILT_RUN_HOLD_H
#define SILT_RUN_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#define RUN_HOLD_OWNER UINT32_MAX /* do not change the owner */

/* Keeps a descriptor of the directory, and gives the directory to a user. */
void run_hold(int directory, uint32_t user);
bool run_is_held(void);
/* Returns another descriptor of it, which the caller closes; -ENOENT: it is not held any more. */
int run_hold_open(void);
/* The number of the descriptor that is kept, or of the parent's if there is no own one; -1: none.
 * The helper closes all others. */
int run_hold_fd(void);
/* This process is a copy: what is held becomes the parent's run directory. */
void run_hold_after_fork(void);
bool run_parent_is_held(void);
/* Returns a descriptor of the parent's run directory, which the caller closes; -ENOENT: not
 * held. */
int run_hold_open_parent(void);

#endif
