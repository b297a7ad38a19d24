/*
 * System calls of the program that the helper would be in the way of, or that would be in its: see
 * helper_calls.c.
 * Path: cold. Threads: any. Memory: static.
 * Must not: change what a call does or returns.
 */
#ifndef SILT_HELPER_CALLS_H
#define SILT_HELPER_CALLS_H

#include <stdbool.h>

/* Looks the C library's functions up: before the program forks, because a child may find the
 * dynamic linker's lock held. */
void helper_calls_prepare(void);
/* Before a system call by its number. True: the helper has left, and control_step_back() is due
 * after the call. */
bool helper_calls_before(long number, const unsigned long arguments[6]);

#endif
