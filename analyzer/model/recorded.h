/*
 * Finds the processes that operands name (snapshots, run directories, folders of run directories),
 * each with its snapshots.
 * Must not: judge; put snapshots of two processes into one series.
 */
#ifndef SILT_MODEL_RECORDED_H
#define SILT_MODEL_RECORDED_H

#include "load/run_moment.h"
#include "load/unrecorded.h"
#include "model/series.h"

struct recorded_process {
	/* the run directory; of snapshots that were named, the first one */
	char *path;
	/* paths of snapshots */
	char **snapshots;
	size_t count;
	/* identity of the process, if snapshots were named */
	uint64_t start_unix_ns;
	uint32_t pid;
};

struct recorded_list {
	struct recorded_process *list;
	size_t count, capacity;
	struct unrecorded_list unrecorded;
};

/* Finds the processes that the operands name. Returns false after printing an error in the name
 * of `command`. */
bool recorded_find(const char *command, char **operands, struct recorded_list *list);
/* Finds the run directories at and below one path. */
bool recorded_find_runs(const char *command, const char *path, struct recorded_list *list);
void recorded_list_free(struct recorded_list *list);

/* Loads the snapshots of a process in the order of time. With RUN_WORKING, leaves out those from
 * the process's end, unless there are no others. Returns NULL after printing an error. */
struct series *recorded_load(const char *command, const struct recorded_process *process,
			     enum run_moment moment);

#endif
