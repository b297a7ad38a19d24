/*
 * A program that is recorded in the foreground, as by silt run: its start, its signals, its end,
 * what is said then.
 */
#ifndef SILT_SOAK_RECORDING_H
#define SILT_SOAK_RECORDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "soak/soak.h"

/* Starts it (launch.h) and passes on to it what signals we get; its pid, or -1 after printing what
 * is wrong. */
pid_t recording_start(char **argv);
/* Waits for its end, and looks at the processes that it starts in the meantime. Its status as
 * waitpid() has it. */
int recording_wait(pid_t pid, struct soak_seen *seen);
/* Notes in its run directories below `out` that a signal has ended the process (load/ended.h), now.
 * `oom_before`: oom_kills() as it began. True: the kernel has, for want of memory. */
bool recording_note_end(const char *out, pid_t pid, int status, uint64_t oom_before);
/* Notes in `out` which processes could not be recorded (load/unrecorded.h), and says so of those
 * that are new there. */
void recording_name_unrecorded(struct soak_seen *seen, const char *out);
/* The closing line: how many snapshots were written to `out` since then, and the command to type
 * next. */
void recording_say_next(const char *out, const struct timespec *since);

#endif
