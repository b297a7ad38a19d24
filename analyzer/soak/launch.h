/*
 * Starting a program under libsilt.so, with the options that say what is recorded.
 */
#ifndef SILT_SOAK_LAUNCH_H
#define SILT_SOAK_LAUNCH_H

#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#define LAUNCH_OPTIONS                                                                             \
	{"interval", required_argument, NULL, 'i'}, {"growth", required_argument, NULL, 'g'},      \
		{"signal", required_argument, NULL, 'S'}, {"depth", required_argument, NULL, 'd'}, \
		{"sample", required_argument, NULL, 's'}, {"graph", required_argument, NULL, 'G'}, \
		{"only", required_argument, NULL, 'O'}, {"memory", required_argument, NULL, 'm'},  \
	{                                                                                          \
		"keep", required_argument, NULL, 'k'                                               \
	}

/* Checks an option's value and hands it to the library in its variable; -1, or 2 after printing
 * what is wrong. */
int launch_take(const char *command, int option, const char *value);

/* What holds for a variable that neither an option nor the user's environment has set. */
void launch_default(const char *name, const char *value);

/* Sets the environment for the programs that are started from now on: the library, and OUT ("" or
 * NULL: silt-out) where run directories go. 0, or 2 after printing what is wrong. `extra`: another
 * library to preload, after ours; NULL: none. */
int launch_prepare(const char *command, const char *out, const char *extra);
/* Where run directories go, absolute, after launch_prepare(). */
const char *launch_out(void);
/* libsilt.so, or another file beside it; NULL, with a message, if there is none. */
const char *launch_library(const char *command);
/* In a child: the environment as it was before launch_prepare(). */
void launch_restore(void);

/* Starts the program, with that signal mask; its pid, or -1 after printing what is wrong. A
 * program that cannot be executed ends with status 126 or 127 and says why. */
pid_t launch_program(const char *command, char **argv, const sigset_t *mask);

/* A program ended by a signal has its last snapshot written after its end: waits for that, two
 * seconds at most; otherwise for a heap graph that takes longer than the program's end waits. */
void launch_wait_for_last_snapshot(const char *out, pid_t pid, bool signalled);
/* Before the program is started: where process 1 does not look like one that waits for children it
 * does not know, helpers of programs that are killed come to us; whoever else loses its parent as
 * well. */
void launch_adopt_helpers(void);

#endif
