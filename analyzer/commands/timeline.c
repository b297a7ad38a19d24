/*
 * silt timeline: shows live heap, resident memory and the sites that grow most, over the time of a
 * run.
 */
#include <getopt.h>
#include <stdio.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/statistics.h"
#include "model/trend.h"
#include "render/choices.h"
#include "render/notes.h"
#include "render/timeline_view.h"
#include "util/parse.h"

static const char usage[] = "Usage: silt timeline [options] [RUN|SNAP...]\n"
			    "\n"
			    "Charts a run over time: live bytes as columns, resident memory (RSS) "
			    "as dots, and below them the call\n"
			    "sites that grew most, each with a chart of its live bytes.\n"
			    "\n";

static const char more_help[] =
	"      --width N        columns of the chart (default: the width of the terminal, else "
	"80)\n"
	"                       --sort has no effect: the order is by growth\n";

enum { OPT_WIDTH = OPTIONS_FORMAT + 1 };

struct request {
	struct options options;
	uint64_t width;
};

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;

	if (option != OPT_WIDTH)
		return -1;
	if (!parse_number(value, &request->width) || request->width < 40 || request->width > 1000) {
		fprintf(stderr, "silt timeline: --width %s: expected a number from 40 to 1000\n",
			value);
		return 2;
	}
	return -1;
}

static void show(const struct request *request, const struct series *series)
{
	struct profile_context *context = profile_context_new();
	struct profile *profile =
		profile_new(context, series->snapshots[series->count - 1], &request->options.blame);
	struct trend *trend = trend_new(series, profile, &request->options.statistics, 0);

	timeline_view_print(series, trend, &request->options, request->width);
	notes_print(context);
	options_print_hints(&request->options, profile);
	trend_free(trend);
	profile_free(profile);
	profile_context_free(context);
}

int timeline_command(int argc, char **argv)
{
	static const struct option more_options[] = {{"width", required_argument, NULL, OPT_WIDTH},
						     {NULL, 0, NULL, 0}};
	struct request request = {.width = 0};
	struct options_more more = {more_options, more_help, take, &request};
	struct series *series;
	int status = options_read_more(&request.options, usage, argc, argv, &more);

	if (status < 0 && (request.options.statistics.key == KEY_TRACEBACK ||
			   request.options.statistics.cumulative)) {
		fputs("silt timeline: --by traceback and --cumulative make no timeline\n", stderr);
		status = 2;
	} else if (status < 0) {
		series = input_series("timeline", argv + optind, request.options.moment);
		status = series ? 0 : 2;
		if (series)
			show(&request, series);
		series_free(series);
	}
	options_free(&request.options);
	return status;
}
