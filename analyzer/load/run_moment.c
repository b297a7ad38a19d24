/*
 * Chooses the snapshot that stands for a run: see run_moment.h.
 * Must not: load more snapshots than needed: they may be large.
 */
#include "load/run_moment.h"
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
static size_t find_peak(const struct run_dir *run, struct snapshot_error *error)
{
	struct silt_process process;
	uint64_t most = 0;
	size_t found = 0;

	for (size_t i = 0; i < run->count; i++) {
		if (!snapshot_peek(run->snapshots[i], &process, error))
			return run->count;
		if (process.live_bytes > most) {
			most = process.live_bytes;
			found = i;
		}
	}
	return found;
}

/* Loads it, and says where in the run it is. */
static struct snapshot *load_at(const struct run_dir *run, enum run_moment moment, size_t *number,
				struct snapshot_error *error)
{
	struct snapshot *last, *working;
	size_t announced;

	*number = moment == RUN_FIRST  ? 0
		  : moment == RUN_PEAK ? find_peak(run, error)
				       : run->count - 1;
	if (*number == run->count)
		return NULL;
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
