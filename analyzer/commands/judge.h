/*
 * The processes that a judging command looks at, each with its series of snapshots.
 * Must not: judge; put snapshots of two processes into one series.
 */
#ifndef SILT_COMMANDS_JUDGE_H
#define SILT_COMMANDS_JUDGE_H

#include "load/run_moment.h"
#include "load/unrecorded.h"
#include "model/series.h"

struct judge_process {
	char *path;	  /* of the run directory; of snapshots that were named, the first one's */
	char **snapshots; /* paths */
	size_t count;
	uint64_t start_unix_ns; /* of named snapshots: who the process is */
	uint32_t pid;
};

struct judge_list {
	struct judge_process *list;
	size_t count, capacity;
	struct unrecorded_list unrecorded;
};

/* The processes that operands name: snapshots, run directories, and folders with run directories in them. False after printing what is
 * wrong, in the name of a command. */
bool judge_find(const char *command, char **operands, struct judge_list *list);
/* Those in run directories at and below one path. */
bool judge_find_runs(const char *command, const char *path, struct judge_list *list);
void judge_list_free(struct judge_list *list);

/* The snapshots of a process in the order of time; with RUN_WORKING only those from before its end, if there are such. NULL after
 * printing what is wrong. */
struct series *judge_load_process(const char *command, const struct judge_process *process,
				  enum run_moment moment);

/* The same for the one process that the operands mean: of a folder of several the one that `silt report` puts first. */
struct series *judge_load(const char *command, char **operands, enum run_moment moment);

#endif
