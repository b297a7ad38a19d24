/*
 * silt bisect: finds the commit that brought a leak.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/usage.h"
#include "commands/commands.h"
#include "soak/bisect.h"
#include "util/child.h"

enum { OPT_GOOD = 1000, OPT_BAD, OPT_BUILD, OPT_STEP, OPT_RECORD };

static const char usage[] =
	"Usage: silt bisect --good REV --bad REV --build CMD [options] -- SOAK...\n"
	"       silt bisect --step --build CMD -- SOAK...\n"
	"\n"
	"Finds the commit that introduced a leak. Runs git bisect in a work tree of its own; each "
	"step builds\n"
	"with CMD and judges with `silt soak SOAK...`.\n"
	"Exit status: 0 found, 1 not found, 2 wrong usage or revisions.\n"
	"\n"
	"      --good REV    a revision that does not leak\n"
	"      --bad REV     a later revision that leaks\n"
	"      --build CMD   shell command that builds, run in the directory that corresponds to "
	"this one\n"
	"  -o, --out DIR     keep the runs, those of each commit in DIR/COMMIT (default: they are "
	"removed)\n"
	"      --step        build and judge only what is checked out here, for your own git "
	"bisect run; exit\n"
	"                    status: 0 clean, 1 leaking, 125 does not build or is inconclusive\n"
	"      --record DIR  with --step: write the log and the findings to files in DIR\n"
	"  -h, --help        print this help\n";

struct request {
	struct bisect bisect;
	bool step;
};

static int take(struct request *request, int option, const char *value)
{
	switch (option) {
	case 'h':
		fputs(usage, stdout);
		return 0;
	case OPT_GOOD:
		request->bisect.good = value;
		return -1;
	case OPT_BAD:
		request->bisect.bad = value;
		return -1;
	case OPT_BUILD:
		request->bisect.build = value;
		return -1;
	case OPT_STEP:
		request->step = true;
		return -1;
	case OPT_RECORD:
		request->bisect.record = value;
		return -1;
	case 'o':
		request->bisect.out = value;
		return -1;
	default:
		return 2;
	}
}

static bool check(const struct request *request, char **operands)
{
	const char *missing = !request->step && !request->bisect.good  ? "--good"
			      : !request->step && !request->bisect.bad ? "--bad"
			      : !request->bisect.build		       ? "--build"
								       : NULL;

	if (missing) {
		fprintf(stderr, "silt bisect: %s is needed\n", missing);
		return false;
	}
	return usage_operands("silt bisect", usage, operands, 1, SIZE_MAX,
			      "options of silt soak and a program, after --");
}

int bisect_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"good", required_argument, NULL, OPT_GOOD},
		{"bad", required_argument, NULL, OPT_BAD},
		{"build", required_argument, NULL, OPT_BUILD},
		{"out", required_argument, NULL, 'o'},
		{"step", no_argument, NULL, OPT_STEP},
		{"record", required_argument, NULL, OPT_RECORD},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct request request = {0};
	int option, status = -1;

	while (status < 0 && (option = usage_getopt(argc, argv, "+o:h", options)) != -1)
		status = take(&request, option, optarg);
	if (status >= 0)
		return status;
	if (!check(&request, argv + optind))
		return 2;
	request.bisect.soak = argv + optind;
	child_begin();
	return request.step ? bisect_step(&request.bisect) : bisect_run(&request.bisect);
}
