/*
 * Records a program in the foreground, as `silt run` does: its start, its signals, its end, and
 * what is printed then.
 */
#ifndef SILT_SOAK_RECORDING_H
#define SILT_SOAK_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "soak/soak.h"

/* Starts the program (launch.h) and passes signals on to it. Returns its pid, or -1 after
 * printing an error. */
pid_t recording_start(char **argv);
/* Waits for the program's end, and looks at the processes that it starts in the meantime.
 * Returns its wait status. */
int recording_wait(pid_t pid, struct soak_seen *seen);
/* Notes in the run directories of the process below `out` that a signal has just ended it
 * (load/ended.h). `oom_before`: oom_kills() at its start. Returns true if the kernel's OOM
 * killer ended it. */
bool recording_note_end(const char *out, pid_t pid, int status, uint64_t oom_before);
/* Notes in `out` which processes could not be recorded (load/unrecorded.h), and prints those
 * that are new there. */
void recording_name_unrecorded(struct soak_seen *seen, const char *out);
/* Returns the number of processes begun since `since` that are recorded in `out` and still run, and
 * stores the first of them. */
size_t recording_goes_on(const char *out, const struct timespec *since, pid_t *first);
/* Prints the closing line: how many snapshots were written to `out` since `since`, and the
 * command to type next. */
void recording_print_next(const char *out, const struct timespec *since);

#endif
