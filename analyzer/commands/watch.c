/*
 * silt watch: a live screen of a run: sites by growth, the verdict so far.
 * Must not: disturb the process but for the snapshots that are asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "load/run_dir.h"
#include "render/screen.h"
#include "util/control.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"

static const char usage[] = "Usage: silt watch [options] PID|RUN\n"
			    "\n"
			    "A live screen of a process that was started with `silt run`, or of its run "
			    "directory: call sites by\n"
			    "growth, and the verdict so far. It shows what snapshots show: `silt run "
			    "--interval 1s` makes them. F1 lists\n"
			    "the keys.\n"
			    "\n";

#define MOST_SNAPSHOTS 64 /* looked at: an even spread, with the first and the last */

struct watch {
	const struct options *options;
	struct profile_context *context;
	char *directory; /* the run */
	/* NULL until there is a snapshot: */
	struct series *series;
	struct profile *profile;
	struct trend *trend;
	struct diagnosis *diagnosis;
	char *newest;	     /* path of the last snapshot looked at */
	double looked, took; /* when, and how long that was, in seconds */
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void forget(struct watch *watch)
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

static void group(struct watch *watch, enum statistics_key key)
{
	struct statistics_options options = {.key = key, .filters = &watch->options->filters};

	if (!watch->series)
		return;
	trend_free(watch->trend);
	watch->trend = trend_new(watch->series, watch->profile, &options, 0);
}

/* Of a process that ends only what it had while it worked; how many are left. */
static size_t drop_end(struct snapshot **list, size_t count)
{
	size_t working = count;

	while (working && !snapshot_shows_work(&list[working - 1]->process))
		working--;
	for (size_t i = working; working && i < count; i++)
		snapshot_free(list[i]);
	return working ? working : count;
}

/* Snapshots may be thinned away while they are read: those are left out. */
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

/* Looks for newer snapshots, at most once a second and a fifth of the time. True: there is something new. */
static bool look(struct watch *watch, enum statistics_key key)
{
	struct diagnosis_options judging = {-1, -1, &watch->options->blame};
	struct snapshot_error error;
	double start = now();
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
		forget(watch);
		watch->series = series;
		watch->profile = profile_new(watch->context, series->snapshots[series->count - 1],
					     &watch->options->blame);
		group(watch, key);
		watch->diagnosis = diagnosis_new(series, watch->context, &judging);
		free(watch->newest);
		watch->newest = mem_string(run->snapshots[run->count - 1]);
	}
	run_dir_free(run);
	watch->looked = now();
	watch->took = watch->looked - start;
	return series;
}

static bool is_running(const struct watch *watch)
{
	return watch->series &&
	       (kill((pid_t)watch->series->snapshots[watch->series->count - 1]->process.pid, 0) == 0 ||
		errno == EPERM);
}

/* Asks for a snapshot; what came of it. To free. */
static char *take_snapshot(const struct watch *watch)
{
	int connection = control_connect_in(watch->directory);
	char answer[5000];
	bool good;

	if (connection < 0)
		return mem_string("no snapshot: the process does not answer");
	good = control_ask(connection, "graph \n", answer, sizeof answer) > 0;
	close(connection);
	return good ? mem_format("snapshot: %s", answer) : mem_string("no snapshot: the process ended");
}

static void run_screen(struct watch *watch)
{
	struct screen_view view = {.key = watch->options->statistics.key};
	bool paused = false;
	char *message = NULL;

	while (!screen_ended) {
		struct screen_facts facts;
		enum screen_action action;
		int key;

		if (!paused)
			look(watch, view.key);
		facts = (struct screen_facts){watch->directory, watch->series,	watch->trend,
					      watch->diagnosis, watch->context, is_running(watch),
					      paused,		message};
		screen_draw(&facts, &view);
		key = screen_key();
		if (key < 0)
			continue;
		free(message);
		message = NULL;
		action = screen_act(&view, key);
		if (action == SCREEN_QUIT)
			break;
		if (action == SCREEN_PAUSE)
			paused = !paused;
		if (action == SCREEN_REGROUP)
			group(watch, view.key);
		if (action == SCREEN_SNAPSHOT)
			message = take_snapshot(watch);
	}
	free(message);
}

/* The run directory that the operand means, to free; NULL after printing what is wrong. */
static char *find_run(const char *operand)
{
	struct snapshot_error error;
	struct run_dir *run;
	uint64_t pid;
	char *found;

	if (run_dir_is_directory(operand)) {
		run = run_dir_open(operand, &error);
		found = mem_string(run ? run->path : operand); /* without a snapshot yet: as it is */
		run_dir_free(run);
		return found;
	}
	if (!parse_number(operand, &pid) || pid == 0 || pid > INT32_MAX) {
		fputs("silt watch: ", stderr);
		utf8_print(stderr, operand);
		fputs(": neither a run directory nor a process\n", stderr);
		return NULL;
	}
	found = control_find((pid_t)pid);
	if (!found)
		fprintf(stderr, "silt watch: %s: no such process, or it was not started with `silt run`\n",
			operand);
	return found;
}

/* What reading symbols has to say must not stand in the midst of the screen. */
static int silence(void)
{
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (saved >= 0 && null >= 0)
		dup2(null, STDERR_FILENO);
	if (null >= 0)
		close(null);
	return saved;
}

static int watch_run(const struct options *options, const char *operand)
{
	struct watch watch = {.options = options, .directory = find_run(operand)};
	int saved;

	if (!watch.directory)
		return 2;
	if (!screen_begin()) {
		free(watch.directory);
		return 2;
	}
	saved = silence();
	watch.context = profile_context_new();
	run_screen(&watch);
	screen_end();
	if (saved >= 0) {
		dup2(saved, STDERR_FILENO);
		close(saved);
	}
	forget(&watch);
	profile_context_free(watch.context);
	free(watch.newest);
	free(watch.directory);
	return screen_ended ? 128 + (int)screen_ended : 0;
}

int watch_command(int argc, char **argv)
{
	struct options options;
	int status = options_read(&options, usage, argc, argv);

	if (status < 0 &&
	    !usage_operands("silt watch", usage, argv + optind, 1, 1, "a process or a run directory")) {
		status = 2;
	} else if (status < 0 && options.statistics.key == KEY_TRACEBACK) {
		fputs("silt watch: --by traceback: expected line, function, file or module\n", stderr);
		status = 2;
	} else if (status < 0) {
		status = watch_run(&options, argv[optind]);
	}
	options_free(&options);
	return status;
}
