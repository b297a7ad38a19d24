/*
 * Chooses the snapshot that stands for a run.
 * Must not: judge what is in a snapshot.
 */
#ifndef SILT_LOAD_RUN_MOMENT_H
#define SILT_LOAD_RUN_MOMENT_H

#include "load/run_dir.h"
#include "silt_snapshot.h"

struct snapshot;
struct snapshot_error;

enum run_moment {
	/* the last one before the end of the process began; if there is none, the last */
	RUN_WORKING,
	/* the last one */
	RUN_END,
	RUN_FIRST,
	/* the one with the most live bytes, which may be the snapshot of the peak */
	RUN_PEAK,
};

/* Returns the path of the snapshot of the peak in the run of `snapshot`, which the caller frees,
 * and its process record. Returns NULL if there is none, or it cannot be read. */
char *run_moment_find_peak(const struct snapshot *snapshot, struct silt_process *process);

/* Loads the snapshot that stands for the run. Returns NULL and an error if it cannot be read. */
struct snapshot *run_moment_load(const struct run_dir *run, enum run_moment moment,
				 struct snapshot_error *error);
/* Loads it too, but prefers the last snapshot up to it that has a heap graph. */
struct snapshot *run_moment_load_graph(const struct run_dir *run, enum run_moment moment,
				       struct snapshot_error *error);

#endif
