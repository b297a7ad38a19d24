/*
 * silt fleet: shows the findings of many runs of many hosts, and what they go with.
 */
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/gate_options.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "gate/fleet.h"
#include "gate/gate.h"
#include "render/fleet_view.h"
#include "util/parse.h"
#include "util/utf8.h"

#define DEFAULT_LEVEL 0.01
#define DEFAULT_LIMIT 10

enum { OPT_LEVEL = 1000, OPT_FORMAT };

static const char usage[] =
	"Usage: silt fleet [options] DIR...\n"
	"\n"
	"Judges every run in the directories and below, as silt check does, and says with what "
	"each finding of\n"
	"a program occurs: a build, version, host, folder between DIR and the run, or command-line "
	"argument.\n"
	"It names one only if chance does not explain it.\n"
	"Exit status: 0 clean, 1 findings, 2 wrong usage or unreadable input, 3 inconclusive.\n"
	"\n"
	"      --level P             accept an error with this probability, over all comparisons "
	"(default: 0.01)\n"
	"  -n, --limit N             show N findings of each program, 0: all (default: 10)\n"
	"      --format text|json    output format (default: text)\n"
	"      --warmup T            how long a program takes to warm up (default: a third of the "
	"run)\n"
	"      --fail-on KINDS       fail only for these kinds of finding, separated by commas\n"
	"      --min-confidence X    do not fail for findings of lower confidence, 0 to 1 "
	"(default: 0.6)\n"
	"      --suppressions FILE   a file in LeakSanitizer's or Valgrind's syntax; may be "
	"repeated\n"
	"  -h, --help                print this help\n";

struct request {
	struct gate_options gate;
	double level;
	uint64_t limit;
	bool json;
};

static int complain(const char *option, const char *value, const char *expected)
{
	utf8_complain("silt fleet: --%s %s: expected %s", option, value, expected);
	return 2;
}

static int take_level(struct request *request, const char *value)
{
	char *end;

	request->level = strtod(value, &end);
	if (!*end && end != value && request->level > 0 && request->level < 1)
		return -1;
	return complain("level", value, "a probability between 0 and 1, such as 0.01");
}

static int take(struct request *request, int option, const char *value)
{
	switch (option) {
	case 'h':
		fputs(usage, stdout);
		return 0;
	case OPT_LEVEL:
		return take_level(request, value);
	case 'n':
		if (!parse_number(value, &request->limit))
			return complain("limit", value, "a number");
		request->limit = request->limit ? request->limit : UINT64_MAX;
		return -1;
	case OPT_FORMAT:
		request->json = strcmp(value, "json") == 0;
		if (!request->json && strcmp(value, "text") != 0)
			return complain("format", value, "text or json");
		return -1;
	default:
		return gate_options_take(&request->gate, option, value);
	}
}

static int show(struct request *request, char **operands)
{
	struct gate *gate = gate_new(&request->gate.policy, operands);
	struct fleet *fleet;
	int status;

	if (!gate)
		return 2;
	fleet = fleet_new(gate, operands, request->level);
	if (request->json)
		fleet_json(fleet);
	else
		fleet_text(fleet, request->limit);
	status = gate->status;
	fleet_free(fleet);
	gate_free(gate);
	return status;
}

int fleet_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"level", required_argument, NULL, OPT_LEVEL},
		{"limit", required_argument, NULL, 'n'},
		{"format", required_argument, NULL, OPT_FORMAT},
		{"warmup", required_argument, NULL, GATE_OPTION_WARMUP},
		{"fail-on", required_argument, NULL, GATE_OPTION_FAIL_ON},
		{"min-confidence", required_argument, NULL, GATE_OPTION_MIN_CONFIDENCE},
		{"suppressions", required_argument, NULL, GATE_OPTION_SUPPRESSIONS},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct request request = {.level = DEFAULT_LEVEL, .limit = DEFAULT_LIMIT};
	int option, status = -1;

	gate_options_init(&request.gate, "fleet");
	while (status < 0 && (option = usage_getopt(argc, argv, "n:h", options)) != -1)
		status = take(&request, option, optarg);
	if (status < 0 &&
	    !usage_operands(argv[0], usage, argv + optind, 1, SIZE_MAX, "directories with runs"))
		status = 2;
	if (status < 0)
		status = show(&request, argv + optind);
	gate_options_free(&request.gate);
	return status;
}
