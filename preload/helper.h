/*
 * The helper: a process that shares this process's memory (CLONE_VM) but not its thread group, descriptors,
 * signal handlers, privileges or working directory. It takes the snapshots that come by time, growth, signal
 * or request.
 * Called by control.c. Path: cold. Threads: it is none of the program's, so a program of one thread stays
 * one for the C library and the kernel. Memory: a stack of 64 KiB, which bounds what its code may put there.
 * Must not: use thread-local storage or errno (it runs on its maker's), call libc beyond string functions,
 * keep open any descriptor of the program, be seen by the program's wait().
 *
 * What ends it: the program's end (a pidfd tells), after which it can still write the last snapshot, the
 * memory being its own too; or the program's exec (the socket to it is close-on-exec).
 */
#ifndef SILT_HELPER_H
#define SILT_HELPER_H

#include "run.h"

/* Starts it, if it does not run. False: the system would not. */
bool helper_start(void);
/* Waits, a second at most, until it listens, if that is asked for: whoever started the program finds it from then on, also
 * where the program ends at once. */
void helper_wait_listening(void);
bool helper_running(void);
/* Asks for a snapshot and waits until it is written, at most a minute (and the time a graph may take). False: there is no helper to do it. */
bool helper_snapshot(const struct run_request *request);
/* Asks for one without waiting; safe in a signal handler and while the program holds any lock. */
void helper_request(uint32_t trigger);
/* The program's last snapshot has been written: none is needed when it is gone. */
void helper_last_written(void);
/* The program's snapshot before an abort() has been written: if a handler jumps out of that, more may come. */
void helper_may_live_on(void);
/* The program makes no system call for us any more: the helper looks by itself whether it is asked, and takes the snapshot at the end. */
void helper_confine(void);
/* This process is a copy: it has no helper. */
void helper_after_fork(void);

#endif
