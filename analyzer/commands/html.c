/*
 * silt html: writes one self-contained page about a run.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "model/statistics.h"
#include "model/trend.h"
#include "render/choices.h"
#include "render/html_page.h"
#include "render/notes.h"
#include "render/written_view.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/utf8.h"
#include "util/whole_file.h"

static const char usage[] = "Usage: silt html [options] [RUN|SNAP...]\n"
			    "\n"
			    "Writes one self-contained page about a run and prints its path: "
			    "findings, growth over time, changes\n"
			    "between two moments, a flame graph, holders, source lines. The page "
			    "needs no network and no server.\n"
			    "--include, --exclude, --by, --sort and --format have no effect.\n"
			    "\n";

static const char more_help[] =
	"  -o, --out FILE       write FILE (default: PROGRAM.PID.html; -: standard output)\n"
	"      --warmup T       how long the program takes to warm up (default: a third of the "
	"run)\n";

enum { OPT_WARMUP = OPTIONS_FORMAT + 1 };

struct request {
	struct options options;
	const char *out;
	double warmup;
};

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;
	uint64_t ns;

	switch (option) {
	case 'o':
		request->out = value;
		return -1;
	case OPT_WARMUP:
		if (parse_duration(value, &ns)) {
			request->warmup = (double)ns / 1e9;
			return -1;
		}
		utf8_complain("silt html: --warmup %s: expected a time such as 10s or 5m", value);
		return 2;
	default:
		return -1;
	}
}

static void write_page(FILE *file, const struct request *request, const struct series *series)
{
	struct profile_context *context = profile_context_new();
	struct diagnosis_options judging = {request->warmup, -1, &request->options.blame};
	struct statistics_options by_line = {.key = KEY_LINE, .filters = &request->options.filters};
	struct profile *profile =
		profile_new(context, series->snapshots[series->count - 1], &request->options.blame);
	const struct snapshot *start = series->count > 1 ? series_whole(series, 0) : NULL;
	struct profile *first = start ? profile_new(context, start, &request->options.blame) : NULL;
	struct diagnosis *diagnosis = diagnosis_new(series, context, &judging);
	struct trend *trend = trend_new(series, profile, &by_line, 0);
	struct html_source sources[HTML_SOURCES];
	struct html_page page = {series, profile, context, diagnosis, sources, 0};

	page.source_count = html_find_sources(sources, trend, first, profile);
	html_write(file, &page);
	html_free_sources(sources, page.source_count);
	notes_print(context);
	options_print_hints(&request->options, profile);
	trend_free(trend);
	diagnosis_free(diagnosis);
	profile_free(first);
	profile_free(profile);
	profile_context_free(context);
}

static int write_file(const char *path, const struct request *request, const struct series *series)
{
	struct whole_file file;
	bool good = whole_file_open(&file, path);

	if (good) {
		write_page(file.file, request, series);
		good = whole_file_close(&file, true);
	}
	if (good)
		written_view_print(path);
	else
		utf8_complain("silt html: %s: %s", path, strerror(errno));
	return good ? 0 : 2;
}

static int write_to(const struct request *request, const struct series *series)
{
	char *name;
	int status;

	if (request->out && strcmp(request->out, "-") == 0) {
		write_page(stdout, request, series);
		return 0;
	}
	name = request->out ? mem_string(request->out)
			    : html_default_name(series->snapshots[series->count - 1]);
	status = write_file(name, request, series);
	free(name);
	return status;
}

int html_command(int argc, char **argv)
{
	static const struct option more_options[] = {
		{"out", required_argument, NULL, 'o'},
		{"warmup", required_argument, NULL, OPT_WARMUP},
		{NULL, 0, NULL, 0}};
	struct request request = {.warmup = -1};
	struct options_more more = {more_options, more_help, take, &request};
	struct series *series;
	int status = options_read_more(&request.options, usage, argc, argv, &more);

	if (status < 0) {
		series = input_series("html", argv + optind, request.options.moment);
		status = series ? write_to(&request, series) : 2;
		series_free(series);
	}
	options_free(&request.options);
	return status;
}
