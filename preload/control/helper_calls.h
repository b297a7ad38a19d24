/*
 * System calls of the program that would fail because of the helper, or would find it: see
 * helper_calls.c.
 * Path: cold. Threads: any. Memory: static.
 * Must not: change what a call does or returns.
 */
#ifndef SILT_HELPER_CALLS_H
#define SILT_HELPER_CALLS_H

#include <stdbool.h>

/* Looks up the C library's functions. Must precede forks: a child may find the dynamic linker's
 * lock held. */
void helper_calls_prepare(void);
/* Called before a system call that is made by number. Returns true if the helper was stopped:
 * control_restart_helper() is due after the call. */
bool helper_calls_before(long number, const unsigned long arguments[6]);

#endif
