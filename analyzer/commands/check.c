/*
 * silt check: `silt report` as a gate, over many processes, in the formats of CI systems.
 */
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/config.h"
#include "cli/gate_options.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "gate/gate.h"

static const char usage[] =
	"Usage: silt check [options] RUN...\n"
	"\n"
	"Judges every run in the given directories and below.\n"
	"Exit status: 0 clean, 1 findings, 2 wrong usage or unreadable input, 3 inconclusive.\n"
	"\n";

int check_command(int argc, char **argv)
{
	static const struct option options[] = {
		GATE_OPTIONS, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	struct gate_options gate_options;
	struct config config;
	int option, status;

	gate_options_init(&gate_options, "check");
	status = config_read(&config, "check", config_given(argc, argv, "h", options))
			 ? gate_options_configure(&gate_options, &config)
			 : 2;
	while (status < 0 && (option = usage_getopt(argc, argv, "h", options)) != -1) {
		if (option == 'h') {
			printf("%s%s", usage, gate_options_help);
			status = 0;
		} else {
			status = gate_options_take(&gate_options, option, optarg);
		}
	}
	if (status < 0 &&
	    !usage_operands(argv[0], usage, argv + optind, 1, SIZE_MAX, "run directories"))
		status = 2;
	if (status < 0) {
		struct gate *gate = gate_options_judge(&gate_options, argv + optind);

		status = gate ? gate_options_conclude(&gate_options, gate) : 2;
	}
	gate_options_free(&gate_options);
	config_free(&config);
	return status;
}
