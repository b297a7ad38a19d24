/*
 * silt explain: describes a kind of finding: what it looks like in memory, how it is recognized,
 * what it is mistaken for, how to repair it. silt-diagnosis(7) does so at length.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/usage.h"
#include "commands/commands.h"
#include "diagnose/finding.h"
#include "render/explain_view.h"

static const char usage[] =
	"Usage: silt explain [KIND]\n"
	"\n"
	"Describes a kind of finding of `silt report`. Without KIND it lists the kinds.\n";

int explain_command(int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	int option;

	while ((option = usage_getopt(argc, argv, "h", options)) != -1) {
		if (option != 'h')
			return 2;
		fputs(usage, stdout);
		return 0;
	}
	if (!usage_operands(argv[0], usage, argv + optind, 0, 1, "one kind of finding"))
		return 2;
	if (!argv[optind]) {
		explain_view_list();
		return 0;
	}
	for (int kind = 0; kind < FINDING_KINDS; kind++) {
		if (strcmp(argv[optind], finding_kind_name((enum finding_kind)kind)) == 0) {
			explain_view_print((enum finding_kind)kind);
			return 0;
		}
	}
	fprintf(stderr, "silt explain: no kind \"%s\"; `silt explain` lists them\n", argv[optind]);
	return 2;
}
