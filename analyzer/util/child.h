/*
 * Running other programs and waiting for them, so that nothing stays behind: each has a process
 * group of its own, which a signal that we get ends, with all that it has started.
 * Must not: print, know what is run.
 */
#ifndef SILT_UTIL_CHILD_H
#define SILT_UTIL_CHILD_H

#include <signal.h>

/* The signal that has asked us to end; 0: none. From then on nothing is started any more. */
extern volatile sig_atomic_t child_signal;

/* Catches SIGINT, SIGTERM and SIGHUP, and adopts what children leave behind. To be called once. */
void child_begin(void);
/* Ours again, for what must be cleaned up after a signal: later ones are ignored. */
void child_end(void);

struct child {
	/* NULL: ours */
	const char *directory;
	/* descriptors; -1: ours */
	int out, err;
};

/* Runs `argv` to its end, without input. Its status as shells have it: 128+N if signal N ended it,
 * 127 if it cannot be started. A descendant that is left when a signal asks us to end has ten
 * seconds. */
int child_run(const char *const *argv, const struct child *how);
/* The same; what it writes, without the last newline, to be freed; NULL unless its status is 0. */
char *child_output(const char *const *argv, const char *directory);

#endif
