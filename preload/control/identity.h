/*
 * Programs that change their user, groups, capabilities or root directory: see identity.c.
 * Path: cold. Threads: any. Memory: none.
 * Must not: change what a call does or returns.
 */
#ifndef SILT_IDENTITY_H
#define SILT_IDENTITY_H

#include <stdbool.h>

/* Looks up the C library's functions. Must precede forks: a child may find the dynamic linker's
 * lock held. */
void identity_prepare(void);
/* Called before a system call that is made by number. Returns true if the helper was stopped:
 * control_restart_helper() is due after the call. */
bool identity_before(long number, const unsigned long arguments[6]);
/* The same for prctl(). */
bool identity_before_prctl(int option);

#endif
