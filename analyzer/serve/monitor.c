/* Keeps the figures of the runs below a directory: see monitor.h. */
#include "serve/monitor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/run_dir.h"
#include "load/snapshot.h"
#include "load/unrecorded.h"
#include "model/profile.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/utf8.h"

struct candidate {
	struct run_dir *run;
	uint64_t time_unix_ns;
};

struct monitor *monitor_new(const char *path)
{
	struct monitor *monitor = mem_zeroed(1, sizeof *monitor);

	monitor->path = mem_string(path);
	return monitor;
}

static void free_list(struct process_figures **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		figures_free(list[i]);
	free(list);
}

void monitor_free(struct monitor *monitor)
{
	if (!monitor)
		return;
	free_list(monitor->list, monitor->count);
	free(monitor->path);
	free(monitor);
}

/* -- the runs -- */

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->time_unix_ns != y->time_unix_ns)
		return x->time_unix_ns < y->time_unix_ns ? 1 : -1;
	return strcmp(x->run->path, y->run->path);
}

/* Returns false if the run cannot be read, unless it is just being removed. */
static bool add_candidate(struct monitor *monitor, struct candidate *candidate, const char *path)
{
	struct snapshot_error error;
	struct silt_process process;

	candidate->run = run_dir_open(path, &error);
	if (!candidate->run ||
	    snapshot_peek(candidate->run->snapshots[candidate->run->count - 1], &process, &error)) {
		candidate->time_unix_ns = candidate->run ? process.time_unix_ns : 0;
		return candidate->run;
	}
	if (access(candidate->run->snapshots[candidate->run->count - 1], F_OK) == 0) {
		monitor->unreadable++;
		monitor->error = error;
	}
	run_dir_free(candidate->run);
	return false;
}

/* -- their figures -- */

static struct process_figures *take_known(struct monitor *monitor, const char *run)
{
	for (size_t i = 0; i < monitor->count; i++) {
		struct process_figures *known = monitor->list[i];

		if (known && strcmp(known->run, run) == 0) {
			monitor->list[i] = NULL;
			return known;
		}
	}
	return NULL;
}

/* Returns the name of a run: its path below the directory, or its own name. */
static char *run_name(const struct monitor *monitor, const char *path)
{
	size_t length = strlen(monitor->path), end = strlen(path);
	const char *start = path;

	while (end > 1 && path[end - 1] == '/')
		end--;
	while (length > 1 && monitor->path[length - 1] == '/')
		length--;
	if (strncmp(path, monitor->path, length) == 0 && path[length] == '/' && length < end)
		start = path + length + strspn(path + length, "/");
	else if (memrchr(path, '/', end))
		start = (const char *)memrchr(path, '/', end) + 1;
	return mem_substring(start, (size_t)(path + end - start));
}

static struct process_figures *look_at(struct monitor *monitor, const struct run_dir *run,
				       struct profile_context *context)
{
	char *path_name = run_name(monitor, run->path), *name = utf8_clean(path_name);
	struct process_figures *known = take_known(monitor, name), *new;
	struct snapshot_error error;

	free(path_name);
	if (known && figures_hold(known, run)) {
		free(name);
		return known;
	}
	new = figures_new(run, context, &error);
	if (new) {
		figures_free(known);
		new->run = name;
		return new;
	}
	free(name);
	if (run_dir_is_directory(run->path) && !known) {
		monitor->unreadable++;
		monitor->error = error;
	}
	return known;
}

static int compare_figures(const void *a, const void *b)
{
	return strcmp((*(struct process_figures *const *)a)->run,
		      (*(struct process_figures *const *)b)->run);
}

static void look_at_newest(struct monitor *monitor, struct candidate *candidates, size_t count)
{
	struct process_figures **list =
		mem_zeroed(count < MONITOR_PROCESSES ? count : MONITOR_PROCESSES,
			   sizeof(struct process_figures *));
	/* made anew for each look, because modules may have been rebuilt */
	struct profile_context *context = profile_context_new();
	size_t taken = 0;

	for (size_t i = 0; i < count && i < MONITOR_PROCESSES; i++) {
		list[taken] = look_at(monitor, candidates[i].run, context);
		taken += list[taken] != NULL;
	}
	profile_context_free(context);
	monitor->left_out = count > MONITOR_PROCESSES ? count - MONITOR_PROCESSES : 0;
	free_list(monitor->list, monitor->count);
	monitor->list = list;
	monitor->count = taken;
	if (taken)
		qsort(list, taken, sizeof(struct process_figures *), compare_figures);
}

bool monitor_look(struct monitor *monitor)
{
	struct unrecorded_list unrecorded = {0};
	struct candidate *candidates;
	size_t count = 0, good = 0;
	char **paths;

	monitor->unreadable = 0;
	monitor->error.text[0] = '\0';
	paths = run_dir_all(monitor->path, &count, &monitor->error);
	candidates = mem_zeroed(count + 1, sizeof *candidates);
	for (size_t i = 0; i < count; i++) {
		good += add_candidate(monitor, &candidates[good], paths[i]);
		free(paths[i]);
	}
	free(paths);
	if (good)
		qsort(candidates, good, sizeof *candidates, compare_candidates);
	look_at_newest(monitor, candidates, good);
	for (size_t i = 0; i < good; i++)
		run_dir_free(candidates[i].run);
	free(candidates);
	unrecorded_read(&unrecorded, monitor->path);
	monitor->unrecorded = unrecorded.count;
	unrecorded_free(&unrecorded);
	return monitor->count > 0;
}
