/*
 * The processes that operands name (snapshots, run directories, folders of these), each with its
 * snapshots.
 * Must not: judge; put snapshots of two processes into one series.
 */
#ifndef SILT_MODEL_RECORDED_H
#define SILT_MODEL_RECORDED_H

#include "load/run_moment.h"
#include "load/unrecorded.h"
#include "model/series.h"

struct recorded_process {
	/* of the run directory; of snapshots that were named, the first one's */
	char *path;
	/* paths */
	char **snapshots;
	size_t count;
	/* of named snapshots: who the process is */
	uint64_t start_unix_ns;
	uint32_t pid;
};

struct recorded_list {
	struct recorded_process *list;
	size_t count, capacity;
	struct unrecorded_list unrecorded;
};

/* The processes that operands name: snapshots, run directories, and folders with run
 * directories in them. False after printing what is wrong, in the name of a command. */
bool recorded_find(const char *command, char **operands, struct recorded_list *list);
/* Those in run directories at and below one path. */
bool recorded_find_runs(const char *command, const char *path, struct recorded_list *list);
void recorded_list_free(struct recorded_list *list);

/* The snapshots of a process in the order of time; with RUN_WORKING only those from before its
 * end, if there are such. NULL after printing what is wrong. */
struct series *recorded_load(const char *command, const struct recorded_process *process,
			     enum run_moment moment);

#endif
