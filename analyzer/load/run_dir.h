/*
 * Run directories: the snapshots of one process, in order.
 * Must not: open the snapshots.
 */
#ifndef SILT_LOAD_RUN_DIR_H
#define SILT_LOAD_RUN_DIR_H

#include <stdbool.h>
#include <stddef.h>

#include "load/snapshot.h"

struct run_dir {
	char *path;
	/* paths, oldest first */
	char **snapshots;
	/* at least 1 */
	size_t count;
};

/* Is it a directory, of a run or any other? */
bool run_dir_is_directory(const char *path);
/* Opens a run directory, or a directory that holds exactly one. NULL and an error otherwise. */
struct run_dir *run_dir_open(const char *path, struct snapshot_error *error);
/* The run directories at and below a path, by name; to be freed, and so is each. An error (else
 * its text is empty) if there is none, errno being 0 then, or if one of the directories cannot be
 * read, with those that can. */
char **run_dir_all(const char *path, size_t *count, struct snapshot_error *error);
/* The run directory at or below a path whose last snapshot is the newest; to be freed. NULL and an
 * error if there is none. */
char *run_dir_newest(const char *path, struct snapshot_error *error);
/* How many run directories there are at and below a path; 0 if that cannot be told. */
size_t run_dir_below(const char *path);
/* The number in the name of a run's snapshot. */
unsigned long long run_dir_sequence(const char *snapshot);
void run_dir_free(struct run_dir *run);

#endif
