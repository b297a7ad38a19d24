/*
 * The analyzer's end of a running process's control socket (`control` in its run directory).
 * Must not: trust what answers: it must belong to the same user, or to root.
 */
#ifndef SILT_UTIL_CONTROL_H
#define SILT_UTIL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Connects to the process `pid`, whose run directory is OUT/NAME.PID or, after a name was used
 * twice, OUT/NAME.PID.N. A descriptor, or -1 with errno: ENOENT: no such run directory,
 * ECONNREFUSED: nobody answers there, EPERM: another user's. */
int control_connect(const char *out, pid_t pid);
/* Is this the name of a run directory of the process? */
bool control_names_process(const char *name, pid_t pid);
/* The run directory of a process by its helper, whose working directory it is; to free. NULL: it
 * has no helper, or it is another user's. A process may have overwritten its environment, so
 * SILT_OUT is the second place to look. */
char *control_find(pid_t pid);
/* Connects by a run directory's path; else as control_connect(). */
int control_connect_in(const char *run_directory);
/* Sends `request` (with its newline) and reads one line of answer, without its newline; the
 * length, or -1 with errno. ETIMEDOUT: the answer is not whole after so many milliseconds;
 * control_ask() takes as many as a snapshot with the heap graph may take. */
ssize_t control_ask_within(int connection, const char *request, char *answer, size_t size,
			   int64_t timeout_ms);
ssize_t control_ask(int connection, const char *request, char *answer, size_t size);

#endif
