/*
 * Programs that change their rights: see identity.c.
 * Path: cold. Threads: any. Memory: none.
 * Must not: change what a call does or returns.
 */
#ifndef SILT_IDENTITY_H
#define SILT_IDENTITY_H

#include <stdbool.h>

/* Looks up what a program uses to change its user: a child may find the dynamic linker's lock
 * held. */
void identity_prepare(void);
/* Before a system call by its number. True: the helper has left, and control_step_back() is due
 * after the call. */
bool identity_before(long number, const unsigned long arguments[6]);
/* The same for prctl(). */
bool identity_before_prctl(int option);

#endif
