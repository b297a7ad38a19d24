/*
 * silt overhead: measures what recording costs one program.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/usage.h"
#include "commands/commands.h"
#include "render/overhead_view.h"
#include "soak/launch.h"
#include "soak/measure.h"
#include "soak/visibility.h"
#include "util/parse.h"

#define MOST_RUNS 1000

static const char usage[] = "Usage: silt overhead [options] [--] PROGRAM [ARG...]\n"
			    "\n"
			    "Runs PROGRAM with and without silt in turn, and shows the medians of "
			    "both and the difference. Drops\n"
			    "the standard output of PROGRAM.\n"
			    "\n"
			    "  -n, --runs N         runs of each kind, after one pair that is not "
			    "counted (default: 7)\n"
			    "  -i, --interval T     as for silt run, and so are these:\n"
			    "      --graph WHEN     never, last, all or auto\n"
			    "      --depth N\n"
			    "      --sample SIZE\n"
			    "      --memory SIZE\n"
			    "      --format FORMAT  text or json\n";

static int conclude(const struct overhead *m, bool json)
{
	int without = overhead_exit_of(m->without.status), with = overhead_exit_of(m->with.status);

	overhead_view_print(m, json);
	if (m->written_files == 0)
		fprintf(stderr, "silt overhead: nothing was recorded%s%s\n",
			visibility_reason() ? ": " : "",
			visibility_reason() ? visibility_reason() : "");
	if (without != with)
		fprintf(stderr,
			"silt overhead: the exit status was %d without silt and %d with it\n",
			without, with);
	else if (without)
		fprintf(stderr, "silt overhead: the exit status was %d, with silt and without\n",
			without);
	return without != with || m->written_files == 0;
}

static int overhead(char **program, uint64_t runs, bool json)
{
	struct overhead figures = {.command = program, .runs = runs};
	int status;

	if (!launch_library("overhead") || !visibility_before("overhead", program[0], false))
		return 2;
	status = measure_overhead(&figures);
	if (status < 0)
		status = conclude(&figures, json);
	measure_free(&figures);
	return status;
}

int overhead_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"runs", required_argument, NULL, 'n'},
		{"interval", required_argument, NULL, 'i'},
		{"graph", required_argument, NULL, 'G'},
		{"depth", required_argument, NULL, 'd'},
		{"sample", required_argument, NULL, 's'},
		{"memory", required_argument, NULL, 'm'},
		{"format", required_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	uint64_t runs = 7;
	bool json = false;
	int option;

	while ((option = usage_getopt(argc, argv, "+n:i:h", options)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		} else if (option == 'n' &&
			   (!parse_number(optarg, &runs) || runs < 1 || runs > MOST_RUNS)) {
			fprintf(stderr,
				"silt overhead: --runs %s: expected a number from 1 to %d\n",
				optarg, MOST_RUNS);
			return 2;
		} else if (option == 'f' && strcmp(optarg, "json") != 0 &&
			   strcmp(optarg, "text") != 0) {
			fprintf(stderr, "silt overhead: --format %s: expected text or json\n",
				optarg);
			return 2;
		} else if (option == '?' || (option != 'n' && option != 'f' &&
					     launch_take("overhead", option, optarg) >= 0)) {
			return 2;
		}
		json = option == 'f' ? strcmp(optarg, "json") == 0 : json;
	}
	if (!usage_operands(argv[0], usage, argv + optind, 1, SIZE_MAX, "a program to run"))
		return 2;
	return overhead(argv + optind, runs, json);
}
