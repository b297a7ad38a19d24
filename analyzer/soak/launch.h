/*
 * Starts a program under libsilt.so, with the options of recording.
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
		{"peak", required_argument, NULL, 'P'}, {"only", required_argument, NULL, 'O'},    \
		{"memory", required_argument, NULL, 'm'},                                          \
	{                                                                                          \
		"keep", required_argument, NULL, 'k'                                               \
	}

/* Checks the value of an option and sets the library's environment variable. Returns -1, or 2
 * after printing an error. */
int launch_take(const char *command, int option, const char *value);

/* Sets a variable that neither an option nor the user's environment has set. */
void launch_default(const char *name, const char *value);

/* Sets the environment for programs started from now on: libsilt.so, and `out`, the parent of
 * run directories ("" or NULL: silt-out). `extra`: another library to preload after libsilt.so;
 * NULL: none. Returns 0, or 2 after printing an error. */
int launch_prepare(const char *command, const char *out, const char *extra);
/* Returns the parent of run directories; absolute after launch_prepare(). */
const char *launch_out(void);
/* Returns the path of libsilt.so; NULL, after printing an error, if it is not found. */
const char *launch_library(const char *command);
/* Restores, in a child process, the environment from before launch_prepare(). */
void launch_restore(void);

/* Starts the program with the signal mask `mask`. Returns its pid, or -1 after printing an
 * error. If the program cannot be executed, the child prints why and exits with status 126 or
 * 127. */
pid_t launch_program(const char *command, char **argv, const sigset_t *mask);

/* Waits for the last snapshot, which may be written after the program's end. If a signal ended
 * the program, waits 2 s at most; otherwise until a heap graph is done that the program itself
 * did not wait for. */
void launch_wait_for_last_snapshot(const char *out, pid_t pid, bool signalled);
/* Makes this process adopt the helpers of killed programs, and other orphans, if process 1 does
 * not seem to wait for unknown children. Call it before the program is started. */
void launch_adopt_helpers(void);

#endif
