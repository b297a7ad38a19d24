/*
 * Opens what the operands of a command name: see inputs.h.
 * Must not: know options other than those that choose a snapshot.
 */
#include "cli/inputs.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/usage.h"
#include "diagnose/ranking.h"
#include "load/run_dir.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/recorded.h"
#include "render/choices.h"
#include "render/notes.h"
#include "silt_snapshot.h"
#include "util/mem.h"
#include "util/utf8.h"

static void complain(const char *command, const struct snapshot_error *error)
{
	fprintf(stderr, "%s: ", command);
	utf8_print(stderr, error->text);
	fputc('\n', stderr);
}

/* Opens a run directory; of a folder with several runs the one that `silt report` lists first. */
static struct run_dir *open_run(const char *command, const char *path, struct snapshot_error *error)
{
	struct run_dir *run = run_dir_open(path, error);
	struct recorded_list list;
	size_t chosen;

	/* argv[0] of a command is "silt COMMAND" */
	if (!run && run_dir_below(path) &&
	    recorded_find_runs(command + strlen("silt "), path, &list)) {
		chosen = 0;
		if (list.count == 1 || ranking_choose(command + strlen("silt "), &list, &chosen))
			run = run_dir_open(list.list[chosen].path, error);
		recorded_list_free(&list);
	}
	return run;
}

struct snapshot *input_load(const char *command, const char *path, enum run_moment moment)
{
	struct snapshot_error error;
	struct snapshot *snapshot;
	struct run_dir *run;

	if (!run_dir_is_directory(path)) {
		snapshot = snapshot_load(path, &error);
	} else {
		run = open_run(command, path, &error);
		snapshot = run ? run_moment_load(run, moment, &error) : NULL;
		run_dir_free(run);
	}
	if (!snapshot)
		complain(command, &error);
	return snapshot;
}

static const char *why_no_graph(const struct silt_graph *graph)
{
	switch (graph->status) {
	case SILT_GRAPH_TIME:
		return "its heap graph took longer than SILT_GRAPH_LIMIT allows";
	case SILT_GRAPH_MEMORY:
		return "its heap graph took more memory than SILT_GRAPH_LIMIT allows, or than "
		       "there was";
	case SILT_GRAPH_FORK:
		return "its heap graph could not be made: the system would not copy the process";
	case SILT_GRAPH_FAILED:
		return "its heap graph could not be made: the copy of the process ended early";
	case SILT_GRAPH_HELPER:
		return "its heap graph could not be made: there was no helper process";
	default:
		return "it has no heap graph; take one with `silt run --graph last` or `silt snap "
		       "PID --graph`";
	}
}

static struct snapshot *load_graph(const char *command, const char *path, enum run_moment moment)
{
	struct snapshot_error error;
	struct snapshot *snapshot;
	struct run_dir *run = NULL;

	if (!run_dir_is_directory(path)) {
		snapshot = snapshot_load(path, &error);
	} else {
		run = open_run(command, path, &error);
		snapshot = run ? run_moment_load_graph(run, moment, &error) : NULL;
		run_dir_free(run);
	}
	if (!snapshot) {
		complain(command, &error);
	} else if (snapshot->graph.summary.status != SILT_GRAPH_DONE) {
		snprintf(error.text, sizeof error.text, "%.300s: %s", snapshot->path,
			 why_no_graph(&snapshot->graph.summary));
		complain(command, &error);
		snapshot_free(snapshot);
		snapshot = NULL;
	}
	return snapshot;
}

char *input_newest_run(const char *command)
{
	const char *out = getenv("SILT_OUT");
	struct snapshot_error error;
	char *run;

	if (!out || !out[0])
		out = "silt-out";
	run = run_dir_newest(out, &error);
	if (run)
		fprintf(stderr, "%s: %s\n", command, run);
	else
		fprintf(stderr,
			"%s: no run was named, and there is none in %s: silt run PROGRAM makes "
			"one\n",
			command, out);
	return run;
}

static struct series *load_one_process(const char *command, char **operands, enum run_moment moment)
{
	struct recorded_list list;
	struct series *series = NULL;
	size_t chosen = 0;

	if (!recorded_find(command, operands, &list))
		return NULL;
	if (list.count > 1 && operands[1])
		utf8_complain("silt %s: these are %zu processes; name one", command, list.count);
	else if (list.count == 1 || ranking_choose(command, &list, &chosen))
		series = recorded_load(command, &list.list[chosen], moment);
	recorded_list_free(&list);
	return series;
}

struct series *input_series(const char *command, char **operands, enum run_moment moment)
{
	char *name = mem_format("silt %s", command);
	char *newest[2] = {operands[0] ? NULL : input_newest_run(name), NULL};
	struct series *series =
		operands[0] || newest[0]
			? load_one_process(command, operands[0] ? operands : newest, moment)
			: NULL;

	free(name);
	free(newest[0]);
	return series;
}

bool input_open(struct input *input, const struct options *options, const char *usage, char **argv,
		bool graph)
{
	char *newest = argv[optind] ? NULL : input_newest_run(argv[0]);
	const char *operand = newest ? newest : argv[optind];

	if (!usage_operands(argv[0], usage, argv + optind, 0, 1, "one snapshot or run")) {
		free(newest);
		return false;
	}
	input->snapshot = !operand ? NULL
			  : graph  ? load_graph(argv[0], operand, options->moment)
				   : input_load(argv[0], operand, options->moment);
	free(newest);
	if (!input->snapshot)
		return false;
	input->context = profile_context_new();
	input->profile = profile_new(input->context, input->snapshot, &options->blame);
	return true;
}

void input_close(struct input *input)
{
	struct snapshot *snapshot = input->snapshot;

	input_close_last(input);
	snapshot_free(snapshot);
}

bool input_is_one(const char *path)
{
	char magic[sizeof SILT_MAGIC - 1];
	int descriptor;
	bool is;

	if (run_dir_is_directory(path))
		return true;
	descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	is = descriptor >= 0 && read(descriptor, magic, sizeof magic) == (ssize_t)sizeof magic &&
	     memcmp(magic, SILT_MAGIC, sizeof magic) == 0;
	if (descriptor >= 0)
		close(descriptor);
	return is;
}

void input_open_last(struct input *input, const struct series *series,
		     const struct options *options)
{
	input->snapshot = series->snapshots[series->count - 1];
	input->context = profile_context_new();
	input->profile = profile_new(input->context, input->snapshot, &options->blame);
}

void input_close_last(struct input *input)
{
	notes_print(input->context);
	profile_free(input->profile);
	profile_context_free(input->context);
}
