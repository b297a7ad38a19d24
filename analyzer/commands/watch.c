/*
 * silt watch: shows a live screen of a run: sites by growth, the verdict so far.
 * Must not: disturb the process, except for snapshots that the user asks for.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/options.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "load/run_dir.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/statistics.h"
#include "render/choices.h"
#include "render/screen.h"
#include "soak/watched.h"
#include "util/control.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"

static const char usage[] = "Usage: silt watch [options] PID|RUN\n"
			    "\n"
			    "A live screen of a process that silt records, or of its run "
			    "directory: call sites by growth, and the\n"
			    "verdict so far. The screen shows snapshots; `silt run --interval 1s` "
			    "takes one every second.\n"
			    "F1 lists the keys.\n"
			    "\n";

static void run_screen(struct watched *watch)
{
	struct screen_view view = {.key = watch->options->statistics.key};
	bool paused = false;
	char *message = NULL;

	while (!screen_ended) {
		struct screen_facts facts;
		enum screen_action action;
		int key;

		if (!paused)
			watched_look(watch, view.key);
		facts = (struct screen_facts){watch->directory, watch->series,
					      watch->trend,	watch->diagnosis,
					      watch->context,	watched_is_running(watch),
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
			watched_group(watch, view.key);
		if (action == SCREEN_SNAPSHOT)
			message = watched_take_snapshot(watch);
	}
	free(message);
}

/* Returns the run directory that the operand names, which the caller frees; NULL after printing
 * an error. */
static char *find_run(const char *operand)
{
	struct snapshot_error error;
	struct run_dir *run;
	uint64_t pid;
	char *found;

	if (run_dir_is_directory(operand)) {
		run = run_dir_open(operand, &error);
		found = mem_string(run ? run->path : operand /* the run has no snapshot yet */);
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
		fprintf(stderr,
			"silt watch: %s: no such process, or it is not recorded: silt attach does "
			"that\n",
			operand);
	return found;
}

static int watch_run(const struct options *options, const char *operand)
{
	struct watched watch = {.options = options, .directory = find_run(operand)};

	if (!watch.directory)
		return 2;
	if (!screen_begin()) {
		free(watch.directory);
		return 2;
	}
	watch.context = profile_context_new();
	run_screen(&watch);
	screen_end();
	watched_forget(&watch);
	profile_context_free(watch.context);
	free(watch.newest);
	free(watch.directory);
	return screen_ended ? 128 + (int)screen_ended : 0;
}

int watch_command(int argc, char **argv)
{
	struct options options;
	int status = options_read(&options, usage, argc, argv);

	if (status < 0 && !usage_operands("silt watch", usage, argv + optind, 1, 1,
					  "a process or a run directory")) {
		status = 2;
	} else if (status < 0 && options.statistics.key == KEY_TRACEBACK) {
		fputs("silt watch: --by traceback: expected line, function, file or module\n",
		      stderr);
		status = 2;
	} else if (status < 0) {
		status = watch_run(&options, argv[optind]);
	}
	options_free(&options);
	return status;
}
