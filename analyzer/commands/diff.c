/*
 * silt diff: what changed between two snapshots, by call site.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "commands/diff_runs.h"
#include "load/run_dir.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "util/utf8.h"

static const char usage[] = "Usage: silt diff [options] OLD NEW\n"
			    "       silt diff [options] RUN\n"
			    "       silt diff [options] --runs BASE_RUN NEW_RUN\n"
			    "\n"
			    "Shows what changed from one snapshot to another (of a run: from its first to "
			    "its last), by call site.\n"
			    "\n";

#define RUNS 2000
static const char runs_help[] = "      --runs           how fast the sites of two runs grow, per unit of "
				"work; of any builds. Exit status 1:\n"
				"                       some grow faster than before, 3: inconclusive\n";

static int take_runs(void *runs, int option, const char *value)
{
	(void)value;
	if (option == RUNS)
		*(bool *)runs = true;
	return -1;
}

/* Of a difference it is an upper bound: blocks that live in both snapshots are in both estimates. */
static void print_errors(struct json *json, const struct statistic *statistic)
{
	const struct statistics_figures *old = &statistic->old, *new = &statistic->new;

	json_real(json, "size_standard_error", sqrt(new->size_variance));
	json_real(json, "size_diff_standard_error", sqrt(new->size_variance + old->size_variance));
	json_real(json, "count_standard_error", sqrt(new->count_variance));
	json_real(json, "count_diff_standard_error", sqrt(new->count_variance + old->count_variance));
}

static void print_json(const struct snapshot *old, const struct snapshot *new,
		       const struct statistics *statistics, uint64_t limit)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.diff/1");
	record_snapshot(&json, "old", old);
	record_snapshot(&json, "new", new);
	json_string(&json, "by", record_key_name(statistics->key));
	json_array(&json, "stats");
	for (size_t i = 0; i < statistics->count && i < limit; i++) {
		const struct statistic *statistic = &statistics->list[i];

		json_object(&json, NULL);
		record_key(&json, statistic->frame, statistics->key);
		json_unsigned(&json, "size", statistic->new.size);
		json_signed(&json, "size_diff", (int64_t)(statistic->new.size - statistic->old.size));
		json_unsigned(&json, "count", statistic->new.count);
		json_signed(&json, "count_diff", (int64_t)(statistic->new.count - statistic->old.count));
		json_signed(&json, "total_bytes_diff",
			    (int64_t)(statistic->new.total_bytes - statistic->old.total_bytes));
		json_signed(&json, "total_blocks_diff",
			    (int64_t)(statistic->new.total_blocks - statistic->old.total_blocks));
		if (old->process.sample_bytes || new->process.sample_bytes)
			print_errors(&json, statistic);
		record_traceback(&json, statistic->example);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

static void print_text(const struct snapshot *old, const struct snapshot *new,
		       const struct statistics *statistics, const struct options *options)
{
	struct text_style style = {options->traceback, options->colour, true,
				   options->statistics.order == ORDER_PEAK};
	size_t shown = statistics->count < options->limit ? statistics->count : options->limit;

	text_snapshot("old: ", old);
	text_snapshot("new: ", new);
	if (!statistics->count)
		notes_print_nothing(&options->filters, NULL);
	for (size_t i = 0; i < shown; i++)
		text_statistic(&statistics->list[i], statistics->key, &style);
	if (shown < statistics->count)
		printf("%zu more; --limit 0 shows all\n", statistics->count - shown);
}

/* The two snapshots the operands name; false after printing what is wrong. */
static bool load_both(const char *command, char **operands, enum run_moment moment, struct snapshot **old,
		      struct snapshot **new)
{
	bool one = !operands[1];

	if (one && !run_dir_is_directory(operands[0])) {
		fprintf(stderr, "%s: ", command);
		utf8_print(stderr, operands[0]);
		fputs(": one snapshot has nothing to be compared with; name two, or a run directory\n",
		      stderr);
		return false;
	}
	*old = input_load(command, operands[0], one ? RUN_FIRST : moment);
	*new = *old ? input_load(command, operands[!one], moment) : NULL;
	if (*new &&one && strcmp((*old)->path, (*new)->path) == 0) {
		fprintf(stderr, "%s: ", command);
		utf8_print(stderr, operands[0]);
		fputs(": the run has one snapshot only; more are taken with --interval, --growth or silt "
		      "snap\n",
		      stderr);
		return false;
	}
	return *new != NULL;
}

static bool same_process(const struct snapshot *a, const struct snapshot *b)
{
	return a->process.pid == b->process.pid && a->process.start_unix_ns == b->process.start_unix_ns;
}

static void compare(const struct snapshot *old, const struct snapshot *new, const struct options *options)
{
	struct profile_context *context = profile_context_new();
	struct profile *new_profile = profile_new(context, new, &options->blame);
	struct profile *old_profile = profile_new(context, old, &options->blame);
	struct statistics *statistics = statistics_new(old_profile, new_profile, &options->statistics);

	if (same_process(old, new) && old->process.uptime_ns > new->process.uptime_ns)
		fputs("silt diff: warning: OLD was taken after NEW: growth shows as a fall; give the earlier "
		      "one "
		      "first\n",
		      stderr);
	if (options->json)
		print_json(old, new, statistics, options->limit);
	else
		print_text(old, new, statistics, options);
	notes_print(context);
	options_print_hints(options, new_profile);
	statistics_free(statistics);
	profile_free(old_profile);
	profile_free(new_profile);
	profile_context_free(context);
}

int diff_command(int argc, char **argv)
{
	struct snapshot *old = NULL, *new = NULL;
	static const struct option more_options[] = {{"runs", no_argument, NULL, RUNS}, {NULL, 0, NULL, 0}};
	bool runs = false;
	struct options options;
	int status = options_read_more(&options, usage, argc, argv,
				       &(struct options_more){more_options, runs_help, take_runs, &runs});

	if (status >= 0)
		goto out;
	status = 2;
	if (!usage_operands(argv[0], usage, argv + optind, runs ? 2 : 1, 2,
			    runs ? "two runs with --runs" : "two snapshots, or a run")) {
		goto out;
	} else if (runs) {
		status = diff_runs("diff", argv + optind, &options);
	} else if (load_both(argv[0], argv + optind, options.moment, &old, &new)) {
		compare(old, new, &options);
		status = 0;
	}
	snapshot_free(old);
	snapshot_free(new);
out:
	options_free(&options);
	return status;
}
