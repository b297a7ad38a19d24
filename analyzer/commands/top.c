/*
 * silt top: the statistics of one snapshot.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <getopt.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "load/run_dir.h"
#include "render/functions_view.h"
#include "render/notes.h"
#include "render/records.h"
#include "render/text.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt top [options] SNAP|RUN\n"
	"\n"
	"Shows where the live blocks of a snapshot (of a run: its last) were allocated. With\n"
	"--by function as profilers show time: allocations, live bytes of the function "
	"itself, bytes per call,\n"
	"live blocks, live bytes through all it calls, and the blocks that were freed in "
	"the snapshot interval\n"
	"they were born in (short; of a run) or at all (freed; of a snapshot), and before their thread's "
	"next\n"
	"allocation (temporary).\n"
	"\n";

static const char more_help[] =
	"      --callers GLOB   --by function: only functions of this name, and who calls them\n"
	"      --callees GLOB   --by function: the same, and whom they call\n"
	"                       --sort also by percall, cumulative, short, temporary, name or file, and by "
	"pstats' "
	"names:\n"
	"                       ncalls, tottime, cumtime, filename\n";

enum { OPT_CALLERS = OPTIONS_FORMAT + 1, OPT_CALLEES };

struct request {
	struct options options;
	struct functions_view view;
	enum functions_order order;
	const char *order_name; /* one that only functions have; NULL */
};

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;
	int order;

	switch (option) {
	case OPTIONS_SORT:
		order = functions_order_named(value);
		if (order < 0)
			return -1;
		request->order = (enum functions_order)order;
		request->order_name = value;
		return 0;
	case OPT_CALLERS:
		request->view.callers = value;
		return -1;
	case OPT_CALLEES:
		request->view.callees = value;
		return -1;
	default:
		return -1;
	}
}

static void print_json(const struct snapshot *snapshot, const struct statistics *statistics, uint64_t limit)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.top/1");
	record_snapshot(&json, "snapshot", snapshot);
	record_totals(&json, snapshot);
	record_doubt(&json, snapshot);
	json_string(&json, "by", record_key_name(statistics->key));
	json_array(&json, "stats");
	for (size_t i = 0; i < statistics->count && i < limit; i++) {
		const struct statistic *statistic = &statistics->list[i];

		json_object(&json, NULL);
		record_key(&json, statistic->frame, statistics->key);
		json_unsigned(&json, "size", statistic->new.size);
		json_unsigned(&json, "count", statistic->new.count);
		json_unsigned(&json, "total_bytes", statistic->new.total_bytes);
		json_unsigned(&json, "peak_bytes", statistic->new.peak_bytes);
		json_unsigned(&json, "total_blocks", statistic->new.total_blocks);
		json_unsigned(&json, "freed_blocks", statistic->new.freed_blocks);
		json_unsigned(&json, "temporary_blocks", statistic->new.temporary_blocks);
		if (snapshot->process.sample_bytes) {
			json_real(&json, "size_standard_error", sqrt(statistic->new.size_variance));
			json_real(&json, "count_standard_error", sqrt(statistic->new.count_variance));
		}
		record_traceback(&json, statistic->example);
		json_end_object(&json);
	}
	json_end_array(&json);
	json_end_object(&json);
	json_finish(&json);
}

static void print_text(const struct snapshot *snapshot, const struct statistics *statistics,
		       const struct options *options)
{
	struct text_style style = {options->traceback, options->colour, false,
				   options->statistics.order == ORDER_PEAK};
	size_t shown = statistics->count < options->limit ? statistics->count : options->limit;

	text_snapshot("", snapshot);
	if (!statistics->count)
		notes_print_nothing(&options->filters, NULL);
	for (size_t i = 0; i < shown; i++)
		text_statistic(&statistics->list[i], statistics->key, &style);
	if (shown < statistics->count)
		printf("%zu more; --limit 0 shows all\n", statistics->count - shown);
}

/* --sort where it is not functions that are sorted: the names that all commands have. */
static bool set_order(struct request *request)
{
	static const char *const names[] = {"size", "count", "total", "calls", "peak"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(request->order_name, names[i]) == 0) {
			request->options.statistics.order = (enum statistics_order)i;
			return true;
		}
	}
	fprintf(stderr, "silt top: --sort %s: only with --by function\n", request->order_name);
	return false;
}

/* Are functions shown with the columns of a profile? What an older reader of the JSON knows stays as it is: estimates have
 * errors, and --cumulative lists frames. */
static bool is_profile(const struct request *request, const struct snapshot *snapshot)
{
	const struct options *options = &request->options;

	if (options->statistics.key != KEY_FUNCTION)
		return false;
	return !options->json || (!options->statistics.cumulative && !snapshot->process.sample_bytes);
}

static void print_profile(struct request *request, const struct input *input, const struct series *series)
{
	struct functions_view *view = &request->view;
	struct functions *functions;
	struct json json = {.file = stdout};

	if (request->options.statistics.cumulative && !request->order_name)
		request->order = FUNCTIONS_CUMULATIVE;
	view->all = request->order == FUNCTIONS_CUMULATIVE;
	view->limit = request->options.limit;
	view->traceback = request->options.traceback;
	view->colour = request->options.colour;
	functions = functions_new(input->profile, series, &request->options.filters, request->order);
	if (request->options.json) {
		json_object(&json, NULL);
		json_string(&json, "schema", "silt.top/1");
		record_snapshot(&json, "snapshot", input->snapshot);
		record_totals(&json, input->snapshot);
		record_doubt(&json, input->snapshot);
		json_string(&json, "by", record_key_name(KEY_FUNCTION));
		functions_json(&json, functions, view);
		json_end_object(&json);
		json_finish(&json);
	} else {
		text_snapshot("", input->snapshot);
		functions_text(functions, view);
	}
	functions_free(functions);
}

static bool show(struct request *request, const struct input *input, const struct series *series)
{
	struct statistics *statistics;

	if (is_profile(request, input->snapshot)) {
		print_profile(request, input, series);
		return true;
	}
	if (request->order_name && !set_order(request))
		return false;
	statistics = statistics_new(NULL, input->profile, &request->options.statistics);
	if (request->options.json)
		print_json(input->snapshot, statistics, request->options.limit);
	else
		print_text(input->snapshot, statistics, &request->options);
	statistics_free(statistics);
	return true;
}

/* A run by function: all snapshots are looked at, for the short-lived blocks. */
static int show_run(struct request *request, char **operands)
{
	struct series *series = input_series("top", operands, request->options.moment);
	struct input input;
	bool good;

	if (!series)
		return 2;
	input.snapshot = series->snapshots[series->count - 1];
	input.context = profile_context_new();
	input.profile = profile_new(input.context, input.snapshot, &request->options.blame);
	good = show(request, &input, series);
	notes_print(input.context);
	options_print_hints(&request->options, input.profile);
	profile_free(input.profile);
	profile_context_free(input.context);
	series_free(series);
	return good ? 0 : 2;
}

int top_command(int argc, char **argv)
{
	static const struct option more_options[] = {{"callers", required_argument, NULL, OPT_CALLERS},
						     {"callees", required_argument, NULL, OPT_CALLEES},
						     {NULL, 0, NULL, 0}};
	struct request request = {.order = FUNCTIONS_SELF};
	struct options_more more = {more_options, more_help, take, &request};
	struct input input;
	bool functions;
	int status = options_read_more(&request.options, usage, argc, argv, &more);

	functions = request.options.statistics.key == KEY_FUNCTION;
	if (status < 0 && (request.view.callers || request.view.callees) && !functions) {
		fputs("silt top: --callers and --callees: only with --by function\n", stderr);
		status = 2;
	} else if (status < 0 && functions && argv[optind] && !argv[optind + 1] &&
		   run_dir_is_directory(argv[optind])) {
		status = show_run(&request, argv + optind);
	} else if (status < 0) {
		status = 2;
		if (input_open(&input, &request.options, usage, argv, false)) {
			status = show(&request, &input, NULL) ? 0 : 2;
			options_print_hints(&request.options, input.profile);
			input_close(&input);
		}
	}
	options_free(&request.options);
	return status;
}
