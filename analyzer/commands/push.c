/*
 * silt push: sends the snapshots of runs to an engine for continuous profiling.
 */
#include <getopt.h>

#include "cli/push_options.h"
#include "commands/commands.h"
#include "push/push.h"

int push_command(int argc, char **argv)
{
	struct push_options push;
	int status = push_options_read(&push, argc, argv);

	if (status < 0)
		status = push_all(&push.request, argv + optind);
	push_options_free(&push);
	return status;
}
