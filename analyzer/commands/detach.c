/*
 * silt detach: ends the recording of an attached process.
 * Must not: touch the process except through attach/.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "attach/attach.h"
#include "cli/process.h"
#include "cli/usage.h"
#include "commands/commands.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt detach [--timeout T] PID\n"
	"\n"
	"Takes a last snapshot of a process that `silt attach` records, and ends the recording. "
	"Nothing of silt\n"
	"runs in the process afterwards. `silt attach` can record it again.\n"
	"\n"
	"  -t, --timeout T  how long to look for a moment at which silt can detach (default: 5s)\n"
	"  -q, --quiet      print no closing line\n";

int detach_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"timeout", required_argument, NULL, 't'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct attach_request request = {
		.timeout_ns = ATTACH_TIMEOUT_NS, .library = "", .settings = "", .settings_size = 1};
	struct attach_answer answer;
	bool quiet = false;
	int option, status = 0;
	char *run;

	while ((option = usage_getopt(argc, argv, "t:qh", options)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (option == '?')
			return 2;
		if (option == 't' &&
		    process_take_timeout("detach", optarg, &request.timeout_ns) >= 0)
			return 2;
		quiet |= option == 'q';
	}
	if (!usage_operands(argv[0], usage, argv + optind, 1, 1, "the number of a process") ||
	    !process_take_pid("detach", argv[optind], &request.pid))
		return 2;
	run = attach_find_run(request.pid);
	if (!attach_end(&request, &answer))
		status = process_refuse("detach", request.pid, answer.refusal);
	else if (!quiet && run) {
		fprintf(stderr, "silt detach: %d is not recorded any more; next: silt report ",
			(int)request.pid);
		utf8_print(stderr, run);
		fputc('\n', stderr);
	}
	attach_answer_free(&answer);
	free(run);
	return status;
}
