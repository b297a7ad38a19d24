/*
 * Loads a run that goes on: see watched.h.
 * Must not: disturb the process, except for snapshots that the user asks for.
 */
#include "soak/watched.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diagnose/diagnose.h"
#include "load/run_dir.h"
#include "load/run_moment.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/statistics.h"
#include "util/control.h"
#include "util/mem.h"
#include "util/monotonic.h"

#define MOST_SNAPSHOTS 64 /* loaded at most: an even spread, with the first and the last */

void watched_forget(struct watched *watch)
{
	diagnosis_free(watch->diagnosis);
	trend_free(watch->trend);
	profile_free(watch->profile);
	series_free(watch->series);
	watch->diagnosis = NULL;
	watch->trend = NULL;
	watch->profile = NULL;
	watch->series = NULL;
}

void watched_group(struct watched *watch, enum statistics_key key)
{
	struct statistics_options options = {.key = key, .filters = &watch->options->filters};

	if (!watch->series)
		return;
	trend_free(watch->trend);
	watch->trend = trend_new(watch->series, watch->profile, &options, 0);
}

/* If the process has ended, drops the snapshots of its end. Returns the number of snapshots
 * left. */
static size_t drop_end(struct snapshot **list, size_t count)
{
	size_t working = count;

	while (working && !snapshot_shows_work(&list[working - 1]->process))
		working--;
	for (size_t i = working; working && i < count; i++)
		snapshot_free(list[i]);
	return working ? working : count;
}

/* Leaves out snapshots that are thinned out while they are read. */
static struct series *load(const struct run_dir *run, enum run_moment moment)
{
	size_t count = run->count < MOST_SNAPSHOTS ? run->count : MOST_SNAPSHOTS, loaded = 0;
	struct snapshot **list = mem_zeroed(count, sizeof(struct snapshot *));
	struct snapshot_error error;

	for (size_t i = 0; i < count; i++) {
		size_t number = count == 1 ? 0 : i * (run->count - 1) / (count - 1);
		struct snapshot *snapshot = snapshot_load(run->snapshots[number], &error);

		if (snapshot)
			list[loaded++] = snapshot;
	}
	if (moment == RUN_WORKING)
		loaded = drop_end(list, loaded);
	if (loaded)
		return series_new(list, loaded);
	free(list);
	return NULL;
}

bool watched_look(struct watched *watch, enum statistics_key key)
{
	struct diagnosis_options judging = {-1, -1, &watch->options->blame};
	struct snapshot_error error;
	double start = monotonic_seconds();
	struct series *series;
	struct run_dir *run;

	if (start - watch->looked < 0.5 + 4 * watch->took)
		return false;
	run = run_dir_open(watch->directory, &error);
	watch->looked = start;
	watch->took = 0;
	if (!run)
		return false;
	if (watch->newest && strcmp(watch->newest, run->snapshots[run->count - 1]) == 0) {
		run_dir_free(run);
		return false;
	}
	series = load(run, watch->options->moment);
	if (series) {
		watched_forget(watch);
		watch->series = series;
		watch->profile = profile_new(watch->context, series->snapshots[series->count - 1],
					     &watch->options->blame);
		watched_group(watch, key);
		watch->diagnosis = diagnosis_new(series, watch->context, &judging);
		free(watch->newest);
		watch->newest = mem_string(run->snapshots[run->count - 1]);
	}
	run_dir_free(run);
	watch->looked = monotonic_seconds();
	watch->took = watch->looked - start;
	return series;
}

bool watched_is_running(const struct watched *watch)
{
	return watch->series &&
	       (kill((pid_t)watch->series->snapshots[watch->series->count - 1]->process.pid, 0) ==
			0 ||
		errno == EPERM);
}

char *watched_take_snapshot(const struct watched *watch)
{
	int connection = control_connect_in(watch->directory);
	char answer[5000];
	bool good;

	if (connection < 0)
		return mem_string("no snapshot: the process does not answer");
	good = control_ask(connection, "graph \n", answer, sizeof answer) > 0;
	close(connection);
	return good ? mem_format("snapshot: %s", answer)
		    : mem_string("no snapshot: the process ended");
}
