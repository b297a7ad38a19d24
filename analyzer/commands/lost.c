/*
 * silt lost: shows the unreachable blocks by call site, and the cycles among them (CPython's
 * gc.garbage for C).
 */
#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "render/choices.h"
#include "render/lost_view.h"

static const char usage[] = "Usage: silt lost [options] SNAP|RUN\n"
			    "\n"
			    "Shows the blocks that no pointer leads to, by call site: lost "
			    "directly, lost through another lost\n"
			    "block, or in a cycle of blocks that only point to each other; of a "
			    "run: in its last snapshot with a\n"
			    "heap graph.\n"
			    "\n";

int lost_command(int argc, char **argv)
{
	struct options options;
	struct input input;
	int status = options_read(&options, usage, argc, argv);

	if (status < 0) {
		status = 2;
		if (input_open(&input, &options, usage, argv, true)) {
			lost_view_print(input.profile, &options);
			input_close(&input);
			status = 0;
		}
	}
	options_free(&options);
	return status;
}
