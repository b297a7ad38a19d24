/*
 * Reads the snapshot files of a run one after the other, in the order of time. A thread reads the
 * next file while the caller works on the one before.
 * Must not: keep a snapshot.
 */
#ifndef SILT_LOAD_RUN_FILES_H
#define SILT_LOAD_RUN_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "silt_snapshot.h"

struct snapshot;
struct snapshot_error;
struct run_files;

/* Compares the times of two snapshots, for qsort(). The wall clock may be set while a program runs,
 * so time counts from the start of each process. */
int run_files_compare(const struct silt_process *x, const struct silt_process *y);
/* Returns that time in nanoseconds. */
uint64_t run_files_time(const struct silt_process *process);

/* Opens files in any order; `paths` must stay. Leaves out the snapshot of the peak and, unless
 * `with_end`, those taken while the process ended, but never all files. Returns NULL and an error
 * if a process record cannot be read. Close with run_files_close(). */
struct run_files *run_files_open(char *const *paths, size_t count, bool with_end,
				 struct snapshot_error *error);
/* Returns the number of files that are not left out. */
size_t run_files_count(const struct run_files *files);
/* Loads the next file, the last one whole, the others as SNAPSHOT_COUNTERS; free it with
 * snapshot_free(). Call it at most run_files_count() times. Returns NULL and an error if it cannot
 * be read. */
struct snapshot *run_files_next(struct run_files *files, struct snapshot_error *error);
void run_files_close(struct run_files *files);

#endif
