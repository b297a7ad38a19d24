/*
 * silt refs: shows who points to the blocks of a site and what they point to (CPython's
 * gc.get_referrers, gc.get_referents and sys.getrefcount for C).
 */
#include <getopt.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "model/filter.h"
#include "render/choices.h"
#include "render/references.h"

static const char usage[] = "Usage: silt refs [options] SNAP|RUN\n"
			    "\n"
			    "Shows for each call site which pointers lead to its blocks and which "
			    "lead from them, and which words\n"
			    "in the blocks are functions or reference counts; of a run: in its "
			    "last snapshot with a heap graph.\n"
			    "\n";

static const char more_help[] = "      --site FILE:LINE show only blocks that were allocated "
				"there; a pattern as for --include\n";

enum { OPT_SITE = OPTIONS_FORMAT + 1 };

static int take(void *argument, int option, const char *value)
{
	if (option == OPT_SITE) {
		filter_add(argument, value, true);
		return -1;
	}
	return option == OPTIONS_FORMAT ? -1 : 2;
}

int refs_command(int argc, char **argv)
{
	static const struct option more_options[] = {{"site", required_argument, NULL, OPT_SITE},
						     {NULL, 0, NULL, 0}};
	struct filter_list sites = {0};
	struct options_more more = {more_options, more_help, take, &sites};
	struct options options;
	struct input input;
	int status = options_read_more(&options, usage, argc, argv, &more);

	if (status < 0) {
		status = 2;
		if (input_open(&input, &options, usage, argv, true)) {
			refs_view_print(input.context, input.profile, &options, &sites);
			input_close(&input);
			status = 0;
		}
	}
	filter_free(&sites);
	options_free(&options);
	return status;
}
