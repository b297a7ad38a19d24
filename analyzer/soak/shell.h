/*
 * Shell commands beside the program of a soak: its load, and the test whether it is ready.
 * Must not: be recorded.
 */
#ifndef SILT_SOAK_SHELL_H
#define SILT_SOAK_SHELL_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/wait.h>

/* True if the wait status means that the shell could not run the command. */
#define SHELL_NOT_RUN(status)                                                                      \
	(WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127))

/* Starts a command in a process group of its own, with its output on standard error. `quiet`:
 * discards the output. Returns its pid; 0: it could not be started. */
pid_t shell_start(const char *command, bool quiet);
/* Sends SIGTERM to the command's process group; `pid` may be 0. */
void shell_stop(pid_t pid);
/* Returns a wait status in words, such as "status 1"; the caller frees it. */
char *shell_status_text(int status);

#endif
