/*
 * Reads the options of `silt report`: see report_options.h.
 */
#include "cli/report_options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "util/mem.h"
#include "util/parse.h"

static const char usage[] = "Usage: silt report [options] [RUN|SNAP...]\n"
			    "\n"
			    "Says which call sites grow without bound in a run, what kind of leak "
			    "each is, and who holds the\n"
			    "memory. Without an operand it takes the newest run in silt-out.\n"
			    "\n";
static const char more_help[] = "      --warmup T       how long the program takes to warm up: 10s "
				"(default: a third of the run)\n"
				"      --per 'N UNIT'   the run did N units of work ('5000 "
				"requests'): show rates per unit, too\n"
				"      --verbose        show all call sites\n";

enum { OPT_WARMUP = OPTIONS_FORMAT + 1, OPT_VERBOSE, OPT_PER };

/* Reads "5000 requests": a number, and the unit it counts. */
static int take_per(struct report_options *request, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	char *number = mem_substring(value, digits);
	uint64_t count;
	bool good = parse_number(number, &count) && count > 0;

	free(number);
	if (!good) {
		fprintf(stderr,
			"silt report: --per %s: expected a number and what it counts, such as "
			"'5000 requests'\n",
			value);
		return 2;
	}
	request->iterations = (double)count;
	request->view.unit = value + digits + strspn(value + digits, " ");
	if (!request->view.unit[0])
		request->view.unit = "iteration";
	return -1;
}

static int take(void *argument, int option, const char *value)
{
	struct report_options *request = argument;
	uint64_t ns;

	switch (option) {
	case OPTIONS_FORMAT:
		return -1;
	case OPT_WARMUP:
		if (!parse_duration(value, &ns)) {
			fprintf(stderr,
				"silt report: --warmup %s: expected a time such as 10s or 5m\n",
				value);
			return 2;
		}
		request->warmup = (double)ns / 1e9;
		return -1;
	case OPT_PER:
		return take_per(request, value);
	case OPT_VERBOSE:
		request->view.verbose = true;
		return -1;
	default:
		return 2;
	}
}

static const struct option more_options[] = {{"warmup", required_argument, NULL, OPT_WARMUP},
					     {"per", required_argument, NULL, OPT_PER},
					     {"verbose", no_argument, NULL, OPT_VERBOSE},
					     {NULL, 0, NULL, 0}};

int report_options_read(struct report_options *request, int argc, char **argv)
{
	struct options_more more = {more_options, more_help, take, NULL};

	*request = (struct report_options){
		.warmup = -1,
		.iterations = -1,
		.view = {.options = &request->options, .unit = "iteration"}};
	more.argument = request;
	return options_read_more(&request->options, usage, argc, argv, &more);
}
