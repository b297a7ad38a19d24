/*
 * The analyzer's end of the control socket of a process (`control` in its run directory).
 * Must not: trust what answers, unless it belongs to the same user or to root.
 */
#ifndef SILT_UTIL_CONTROL_H
#define SILT_UTIL_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Connects to the process `pid`, whose run directory is OUT/NAME.PID or, if that name was taken,
 * OUT/NAME.PID.N. Returns a descriptor, or -1 and errno: ENOENT: no such run directory,
 * ECONNREFUSED: nobody answers there, EPERM: it belongs to another user. */
int control_connect(const char *out, pid_t pid);
/* Returns true if `name` is that of a run directory of the process. */
bool control_names_process(const char *name, pid_t pid);
/* Returns the run directory of a process, which is the working directory of its helper; the
 * caller frees it. Returns NULL if the process has no helper, or is another user's. More
 * reliable than SILT_OUT, because a process may overwrite its environment. */
char *control_find(pid_t pid);
/* Connects by the path of a run directory; otherwise as control_connect(). */
int control_connect_in(const char *run_directory);
/* Sends `request` (with its newline) and reads one line of answer, without its newline. Returns
 * its length, or -1 and errno; ETIMEDOUT: the answer is not complete after timeout_ms
 * milliseconds. The timeout of control_ask() suffices for a snapshot with the heap graph. */
ssize_t control_ask_within(int connection, const char *request, char *answer, size_t size,
			   int64_t timeout_ms);
ssize_t control_ask(int connection, const char *request, char *answer, size_t size);

#endif
