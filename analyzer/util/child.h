/*
 * Runs other programs and waits for them. Each has a process group of its own; a signal that this
 * process gets ends the group and everything it has started.
 * Must not: print, know what is run.
 */
#ifndef SILT_UTIL_CHILD_H
#define SILT_UTIL_CHILD_H

#include <signal.h>

/* The signal that asked this process to end; 0: none. Once it is set, nothing is started any
 * more. */
extern volatile sig_atomic_t child_signal;

/* Makes waiting for children possible where SIGCHLD is ignored by inheritance: the kernel keeps no
 * exit status then. Call it first. */
void child_expect(void);
/* In a child, before it executes the user's program: ignores SIGCHLD again if it was ignored. */
void child_restore(void);
/* Catches SIGINT, SIGTERM and SIGHUP, and adopts orphans of the children. Call it once. */
void child_begin(void);
/* Ignores these signals from now on, so that a clean-up after a signal is not interrupted. */
void child_end(void);

struct child {
	/* NULL: the working directory of this process */
	const char *directory;
	/* descriptors; -1: those of this process */
	int out, err;
};

/* Runs `argv` without input and waits for its end. Returns its status as a shell shows it: 128+N
 * if signal N ended it, 127 if it cannot be started. Descendants that are left when a signal
 * asks this process to end have ten seconds before they are killed. */
int child_run(const char *const *argv, const struct child *how);
/* Runs `argv` in the same way. Returns what it writes, without the last newline, which the
 * caller frees; NULL unless its status is 0. */
char *child_output(const char *const *argv, const char *directory);

#endif
