/* silt top: shows the statistics of one snapshot. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "load/run_dir.h"
#include "load/snapshot.h"
#include "model/functions.h"
#include "model/series.h"
#include "model/statistics.h"
#include "render/choices.h"
#include "render/functions_view.h"
#include "render/top_view.h"

static const char usage[] =
	"Usage: silt top [options] SNAP|RUN\n"
	"\n"
	"Shows where the live blocks of a snapshot were allocated; of a run: in its last\n"
	"snapshot. --by function has the columns of a profile: blocks ever allocated, their live\n"
	"bytes (self), bytes per allocation, live blocks, live bytes with the function on\n"
	"their stack (cumulative), blocks freed in the interval they were allocated in (short; of "
	"a\n"
	"snapshot: freed), blocks freed before their thread's next allocation (temporary).\n"
	"\n";

static const char more_help[] =
	"      --callers GLOB   --by function: only functions of this name, and their callers\n"
	"      --callees GLOB   --by function: only functions of this name, and what they call\n"
	"                       --sort also takes percall, cumulative, short, temporary, name,\n"
	"                       file, and names of pstats: ncalls, tottime, cumtime, filename\n";

enum { OPT_CALLERS = OPTIONS_FORMAT + 1, OPT_CALLEES };

struct request {
	struct options options;
	struct functions_view view;
	enum functions_order order;
	/* an order that only functions have; NULL: none */
	const char *order_name;
};

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;
	int order = option == OPTIONS_SORT ? functions_order_named(value) : -1;

	if (option == OPT_CALLERS)
		request->view.callers = value;
	if (option == OPT_CALLEES)
		request->view.callees = value;
	if (order < 0)
		return -1;
	request->order = (enum functions_order)order;
	request->order_name = value;
	return 0;
}

/* Returns true if functions are shown with the columns of a profile. Not in JSON where older
 * readers expect other members: estimates have errors, and --cumulative lists frames. */
static bool is_profile(const struct request *request, const struct snapshot *snapshot)
{
	const struct options *options = &request->options;

	return options->statistics.key == KEY_FUNCTION &&
	       (!options->json ||
		(!options->statistics.cumulative && !snapshot->process.sample_bytes));
}

static void print_profile(struct request *request, const struct input *input,
			  const struct series *series)
{
	struct functions *functions;

	if (request->options.statistics.cumulative && !request->order_name)
		request->order = FUNCTIONS_CUMULATIVE;
	request->view.all = request->order == FUNCTIONS_CUMULATIVE;
	functions =
		functions_new(input->profile, series, &request->options.filters, request->order);
	top_view_print_functions(input->snapshot, functions, &request->view, &request->options);
	functions_free(functions);
}

static bool show(struct request *request, const struct input *input, const struct series *series)
{
	struct statistics *statistics;

	if (is_profile(request, input->snapshot)) {
		print_profile(request, input, series);
		return true;
	}
	if (request->order_name && !options_set_order(&request->options, request->order_name)) {
		fprintf(stderr, "silt top: --sort %s: only with --by function\n",
			request->order_name);
		return false;
	}
	statistics = statistics_new(NULL, input->profile, &request->options.statistics);
	top_view_print(input->snapshot, statistics, &request->options);
	statistics_free(statistics);
	return true;
}

/* Shows a run by function. Loads all snapshots, to count short-lived blocks. */
static int show_run(struct request *request, char **operands)
{
	struct series *series = input_series("top", operands, request->options.moment);
	struct input input;
	bool good;

	if (!series)
		return 2;
	input_open_last(&input, series, &request->options);
	good = show(request, &input, series);
	options_print_hints(&request->options, input.profile);
	input_close_last(&input);
	series_free(series);
	return good ? 0 : 2;
}

int top_command(int argc, char **argv)
{
	static const struct option more_options[] = {
		{"callers", required_argument, NULL, OPT_CALLERS},
		{"callees", required_argument, NULL, OPT_CALLEES},
		{NULL, 0, NULL, 0}};
	struct request request = {.order = FUNCTIONS_SELF};
	struct options_more more = {more_options, more_help, take, &request};
	struct input input;
	int status = options_read_more(&request.options, usage, argc, argv, &more);
	bool functions = request.options.statistics.key == KEY_FUNCTION;

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
