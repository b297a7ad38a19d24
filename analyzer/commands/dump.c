/*
 * silt dump: every record of a snapshot, for debugging.
 * Must not: symbolize; it shows what is stored.
 */
#include <getopt.h>
#include <stdio.h>

#include "cli/inputs.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "load/run_moment.h"
#include "load/snapshot.h"
#include "render/dump_view.h"

static const char usage[] =
	"Usage: silt dump SNAP\n"
	"\n"
	"Prints every record of a snapshot file. silt-snapshot(5) describes the records.\n";

int dump_command(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	struct snapshot *snapshot;
	int option;

	while ((option = usage_getopt(argc, argv, "h", options)) != -1) {
		if (option != 'h')
			return 2;
		fputs(usage, stdout);
		return 0;
	}
	if (!usage_operands(argv[0], usage, argv + optind, 1, 1, "a snapshot or a run"))
		return 2;
	snapshot = input_load(argv[0], argv[optind], RUN_WORKING);
	if (!snapshot)
		return 2;
	dump_view_print(snapshot);
	snapshot_free(snapshot);
	return 0;
}
