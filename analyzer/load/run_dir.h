/*
 * Finds run directories, and lists the snapshots of one process in order.
 * Must not: open the snapshots.
 */
#ifndef SILT_LOAD_RUN_DIR_H
#define SILT_LOAD_RUN_DIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/snapshot.h"

struct run_dir {
	char *path;
	/* paths, oldest first */
	char **snapshots;
	/* at least 1 */
	size_t count;
};

/* Returns true if the path is a directory. */
bool run_dir_is_directory(const char *path);
/* Opens a run directory, or a directory that contains exactly one. Returns NULL and an error
 * otherwise. Free with run_dir_free(). */
struct run_dir *run_dir_open(const char *path, struct snapshot_error *error);
/* Returns the run directories at and below a path, sorted by name; the caller frees each and the
 * array. `error`: its text is empty, unless there is no run directory (errno is 0 then), or a
 * directory cannot be read; the readable ones are returned all the same. */
char **run_dir_all(const char *path, size_t *count, struct snapshot_error *error);
/* Returns the run directory at or below a path that has the newest last snapshot, which the
 * caller frees. Returns NULL and an error if there is none. */
char *run_dir_newest(const char *path, struct snapshot_error *error);
/* Returns the number of run directories at and below a path; 0 if it cannot be read. */
size_t run_dir_below(const char *path);
/* Returns the path of the snapshot of the peak beside a run's snapshot, which the caller frees. The
 * file need not exist. */
char *run_dir_peak(const char *snapshot);
/* Returns the sequence number in the path of a snapshot. */
unsigned long long run_dir_sequence(const char *snapshot);
/* Returns NAME of a run directory NAME.PID or NAME.PID.N, which the caller frees, and stores PID
 * (0: there is none) unless `pid` is NULL. NAME is the name under which the program was started;
 * one file may be several programs. */
char *run_dir_program(const char *path, uint32_t *pid);
void run_dir_free(struct run_dir *run);

#endif
