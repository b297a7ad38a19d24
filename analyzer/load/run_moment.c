/*
 * Chooses the snapshot that stands for a run: see run_moment.h.
 * Must not: load more snapshots than needed: they may be large.
 */
#include "load/run_moment.h"

#include <stdlib.h>

#include "load/snapshot.h"
#include "silt_snapshot.h"

/* Returns the index of the snapshot with this sequence number; run->count: there is none. */
static size_t find_sequence(const struct run_dir *run, uint64_t sequence)
{
	size_t i = 0;

	while (i < run->count && run_dir_sequence(run->snapshots[i]) != sequence)
		i++;
	return i;
}

/* Goes back from the last snapshot, which was taken while the process ended. Returns NULL
 * without an error if all were. */
static struct snapshot *load_before_end(const struct run_dir *run, size_t *number,
					struct snapshot_error *error)
{
	struct snapshot *snapshot;

	while ((*number)-- > 0) {
		snapshot = snapshot_load(run->snapshots[*number], error);
		if (!snapshot || snapshot_shows_work(&snapshot->process))
			return snapshot;
		snapshot_free(snapshot);
	}
	error->text[0] = 0;
	return NULL;
}

/* Which has the most live bytes; run->count: one cannot be read. */
static size_t find_most(const struct run_dir *run, struct silt_process *process,
			struct snapshot_error *error)
{
	struct silt_process one;
	size_t found = 0;

	*process = (struct silt_process){0};
	for (size_t i = 0; i < run->count; i++) {
		if (!snapshot_peek(run->snapshots[i], &one, error))
			return run->count;
		if (i == 0 || one.live_bytes > process->live_bytes) {
			*process = one;
			found = i;
		}
	}
	return found;
}

static char *peak_beside(const char *path, const struct silt_process *of,
			 struct silt_process *process)
{
	struct snapshot_error unread;
	char *peak = run_dir_peak(path);

	if (snapshot_peek(peak, process, &unread) && process->pid == of->pid &&
	    process->start_unix_ns == of->start_unix_ns)
		return peak;
	free(peak);
	return NULL;
}

char *run_moment_find_peak(const struct snapshot *snapshot, struct silt_process *process)
{
	return peak_beside(snapshot->path, &snapshot->process, process);
}

/* Loads the snapshot with the most live bytes. `number`: index of the first snapshot of the series
 * that is not before it. */
static struct snapshot *load_peak(const struct run_dir *run, size_t *number,
				  struct snapshot_error *error)
{
	struct silt_process most, kept, process;
	struct snapshot *snapshot = NULL;
	char *peak;

	*number = find_most(run, &most, error);
	if (*number == run->count)
		return NULL;
	peak = peak_beside(run->snapshots[*number], &most, &kept);
	if (peak && kept.live_bytes > most.live_bytes)
		snapshot = snapshot_load(peak, error);
	free(peak);
	if (!snapshot)
		return snapshot_load(run->snapshots[*number], error);
	*number = 0;
	while (*number < run->count && snapshot_peek(run->snapshots[*number], &process, error) &&
	       process.uptime_ns < kept.uptime_ns)
		++*number;
	return snapshot;
}

/* Loads it, and says where in the run it is. */
static struct snapshot *load_at(const struct run_dir *run, enum run_moment moment, size_t *number,
				struct snapshot_error *error)
{
	struct snapshot *last, *working;
	size_t announced;

	if (moment == RUN_PEAK)
		return load_peak(run, number, error);
	*number = moment == RUN_FIRST ? 0 : run->count - 1;
	last = snapshot_load(run->snapshots[*number], error);
	if (!last || moment != RUN_WORKING || snapshot_shows_work(&last->process))
		return last;
	announced = find_sequence(run, last->process.end_sequence);
	if (announced < run->count) {
		*number = announced;
		working = snapshot_load(run->snapshots[announced], error);
	} else {
		working = load_before_end(run, number, error);
		if (!working && !error->text[0]) {
			*number = run->count - 1;
			return last;
		}
	}
	snapshot_free(last);
	return working;
}

struct snapshot *run_moment_load(const struct run_dir *run, enum run_moment moment,
				 struct snapshot_error *error)
{
	size_t number;

	return load_at(run, moment, &number, error);
}

struct snapshot *run_moment_load_graph(const struct run_dir *run, enum run_moment moment,
				       struct snapshot_error *error)
{
	size_t number;
	struct snapshot *chosen = load_at(run, moment, &number, error), *snapshot;

	if (!chosen || chosen->graph.summary.status == SILT_GRAPH_DONE)
		return chosen;
	while (number-- > 0) {
		snapshot = snapshot_load(run->snapshots[number], error);
		if (!snapshot || snapshot->graph.summary.status == SILT_GRAPH_DONE) {
			snapshot_free(chosen);
			return snapshot;
		}
		snapshot_free(snapshot);
	}
	return chosen;
}
