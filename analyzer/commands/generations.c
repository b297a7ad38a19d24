/*
 * silt generations: shows the survivors of each site by the snapshot interval they were born in
 * (CPython's gc.get_stats for C).
 */
#include "cli/inputs.h"
#include "cli/options.h"
#include "commands/commands.h"
#include "render/choices.h"
#include "render/generations_view.h"

static const char usage[] = "Usage: silt generations [options] SNAP|RUN\n"
			    "\n"
			    "Shows the live blocks of each call site by the snapshot interval in "
			    "which they were allocated; of a\n"
			    "run: in its last snapshot. A leak leaves survivors of many intervals, "
			    "a full cache only of the last\n"
			    "few.\n"
			    "\n";

int generations_command(int argc, char **argv)
{
	struct options options;
	struct input input;
	int status = options_read(&options, usage, argc, argv);

	if (status < 0) {
		status = 2;
		if (input_open(&input, &options, usage, argv, false)) {
			generations_view_print(input.profile, &options);
			input_close(&input);
			status = 0;
		}
	}
	options_free(&options);
	return status;
}
