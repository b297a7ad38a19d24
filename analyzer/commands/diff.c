/*
 * silt diff: what changed between two snapshots, by call site.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "commands/diff_runs.h"
#include "load/run_dir.h"
#include "load/run_moment.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/statistics.h"
#include "render/choices.h"
#include "render/diff_view.h"
#include "render/notes.h"
#include "util/utf8.h"

static const char usage[] = "Usage: silt diff [options] OLD NEW\n"
			    "       silt diff [options] RUN\n"
			    "       silt diff [options] --runs BASE_RUN NEW_RUN\n"
			    "\n"
			    "Shows what changed from one snapshot to another, by call site; of a "
			    "run: from its first snapshot to\n"
			    "its last one.\n"
			    "\n";

#define RUNS 2000
static const char runs_help[] = "      --runs           compare how fast the call sites of two "
				"runs grow, per unit of work, also of\n"
				"                       different builds; exit status: 1 a call "
				"site grows faster, 3 inconclusive\n";

static int take_runs(void *runs, int option, const char *value)
{
	(void)value;
	if (option == RUNS)
		*(bool *)runs = true;
	return -1;
}

/* Loads the two snapshots that the operands name. Returns false after printing an error. */
static bool load_both(const char *command, char **operands, enum run_moment moment,
		      struct snapshot **old, struct snapshot **new)
{
	bool one = !operands[1];

	if (one && !run_dir_is_directory(operands[0])) {
		fprintf(stderr, "%s: ", command);
		utf8_print(stderr, operands[0]);
		fputs(": one snapshot has nothing to be compared with; name two, or a run "
		      "directory\n",
		      stderr);
		return false;
	}
	*old = input_load(command, operands[0], one ? RUN_FIRST : moment);
	*new = *old ? input_load(command, operands[!one], moment) : NULL;
	if (*new &&one && strcmp((*old)->path, (*new)->path) == 0) {
		fprintf(stderr, "%s: ", command);
		utf8_print(stderr, operands[0]);
		fputs(": the run has one snapshot only; more are taken with --interval, --growth "
		      "or silt snap\n",
		      stderr);
		return false;
	}
	return *new != NULL;
}

static bool same_process(const struct snapshot *a, const struct snapshot *b)
{
	return a->process.pid == b->process.pid &&
	       a->process.start_unix_ns == b->process.start_unix_ns;
}

static void compare(const struct snapshot *old, const struct snapshot *new,
		    const struct options *options)
{
	struct profile_context *context = profile_context_new();
	struct profile *new_profile = profile_new(context, new, &options->blame);
	struct profile *old_profile = profile_new(context, old, &options->blame);
	struct statistics *statistics =
		statistics_new(old_profile, new_profile, &options->statistics);

	if (same_process(old, new) && old->process.uptime_ns > new->process.uptime_ns)
		fputs("silt diff: warning: OLD was taken after NEW: growth shows as a fall; give "
		      "the earlier one first\n",
		      stderr);
	diff_view_print(old, new, statistics, options);
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
	static const struct option more_options[] = {{"runs", no_argument, NULL, RUNS},
						     {NULL, 0, NULL, 0}};
	bool runs = false;
	struct options options;
	int status = options_read_more(
		&options, usage, argc, argv,
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
