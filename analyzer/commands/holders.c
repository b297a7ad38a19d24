/*
 * silt holders: shows who holds the live blocks, with the paths from the holder to the blocks.
 */
#include <getopt.h>
#include <string.h>

#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "model/filter.h"
#include "model/holders.h"
#include "render/choices.h"
#include "render/holders_view.h"

static const char usage[] = "Usage: silt holders [options] SNAP|RUN\n"
			    "\n"
			    "Shows which global variables, threads and other roots hold the live "
			    "blocks, and by which paths; of a\n"
			    "run: in its last snapshot with a heap graph.\n"
			    "\n";

static const char more_help[] =
	"      --global GLOB    show only holders of this name\n"
	"      --function GLOB  show only paths to blocks that a function of this name allocated\n"
	"      --site FILE:LINE show only paths to blocks that were allocated there; a pattern as "
	"for --include\n"
	"                       --format also takes dot: a graph for Graphviz\n";

enum { OPT_SITE = OPTIONS_FORMAT + 1, OPT_FUNCTION, OPT_GLOBAL };

struct request {
	struct options options;
	struct holders_view view;
	bool dot;
};

static int take(void *argument, int option, const char *value)
{
	struct request *request = argument;

	switch (option) {
	case OPTIONS_FORMAT:
		request->dot = strcmp(value, "dot") == 0;
		return request->dot ? 0 : -1;
	case OPT_SITE:
		filter_add(&request->view.sites, value, true);
		return -1;
	case OPT_FUNCTION:
		request->view.function = value;
		return -1;
	case OPT_GLOBAL:
		request->view.global = value;
		return -1;
	default:
		return 2;
	}
}

int holders_command(int argc, char **argv)
{
	static const struct option more_options[] = {
		{"site", required_argument, NULL, OPT_SITE},
		{"function", required_argument, NULL, OPT_FUNCTION},
		{"global", required_argument, NULL, OPT_GLOBAL},
		{NULL, 0, NULL, 0}};
	struct request request = {.view.options = &request.options};
	struct options_more more = {more_options, more_help, take, &request};
	struct holders *holders;
	struct input input;
	int status = options_read_more(&request.options, usage, argc, argv, &more);

	if (status < 0) {
		status = 2;
		if (input_open(&input, &request.options, usage, argv, true)) {
			holders = holders_new(input.context, input.profile);
			if (request.dot)
				holders_dot(&request.view, holders);
			else if (request.options.json)
				holders_json(&request.view, input.profile, holders);
			else
				holders_text(&request.view, input.profile, holders);
			holders_free(holders);
			input_close(&input);
			status = 0;
		}
	}
	filter_free(&request.view.sites);
	options_free(&request.options);
	return status;
}
