/*
 * silt attach: starts recording a process that runs.
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
#include "commands/attach_to.h"
#include "commands/commands.h"
#include "soak/launch.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt attach [options] PID\n"
	"\n"
	"Records the process PID from now on, as `silt run` does from the start. `silt detach PID` "
	"ends the\n"
	"recording.\n"
	"\n"
	"  -o, --out DIR      parent of the run directories (default: silt-out)\n"
	"  -i, --interval T   take a snapshot every T (250ms, 10s, 5m), off, or auto: about a "
	"hundred, however\n"
	"                     long the process runs (default: auto)\n"
	"  -g, --growth SIZE  take one whenever live bytes exceed the last high mark by SIZE "
	"(64M)\n"
	"      --peak on|off  keep the call stacks of the highest live bytes, within 5%, for "
	"`--at peak`\n"
	"                     (default: on)\n"
	"      --signal NAME  take one on this signal (USR2)\n"
	"      --depth N      keep N frames of each call stack, 1 to 256 (default: 64)\n"
	"      --sample SIZE  record a sample, on average one block per SIZE bytes (512K) "
	"(default: 0, every\n"
	"                     block)\n"
	"      --memory SIZE  limit the memory that silt uses in the process (64M) (default: 0, no "
	"limit)\n"
	"      --graph WHEN   include the heap graph: never, last, all, or auto: as often as it "
	"costs less\n"
	"                     than 1% of the time (default: auto)\n"
	"      --keep N       keep at most N snapshots of a run (default: 256)\n"
	"  -t, --timeout T    how long to look for a moment at which silt can attach (default: "
	"5s)\n"
	"  -q, --quiet        print no closing line\n";

int attach_to(const char *command, pid_t pid, uint64_t timeout_ns, bool own_out)
{
	struct attach_request request = {.pid = pid, .timeout_ns = timeout_ns};
	struct attach_answer answer = {0};
	char *settings, *refusal;
	int status = 0;

	request.library = launch_library(command);
	if (!request.library)
		return 2;
	refusal = attach_prepare_out(pid, launch_out(), own_out);
	if (refusal)
		status = process_refuse(command, pid, refusal);
	free(refusal);
	if (status)
		return status;
	settings = attach_settings(&request.settings_size);
	request.settings = settings;
	if (!attach_start(&request, &answer))
		status = process_refuse(command, pid, answer.refusal);
	attach_answer_free(&answer);
	free(settings);
	return status;
}

static void print_next(pid_t pid)
{
	char *run = attach_find_run(pid);

	if (!run)
		return;
	fprintf(stderr, "silt attach: %d is recorded in ", (int)pid);
	utf8_print(stderr, run);
	fprintf(stderr, "; next: silt watch %d, silt report ", (int)pid);
	utf8_print(stderr, run);
	fprintf(stderr, ", silt detach %d\n", (int)pid);
	free(run);
}

int attach_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"out", required_argument, NULL, 'o'},	   LAUNCH_OPTIONS,
		{"timeout", required_argument, NULL, 't'}, {"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},	   {NULL, 0, NULL, 0},
	};
	const char *out = getenv("SILT_OUT");
	uint64_t timeout_ns = ATTACH_TIMEOUT_NS;
	bool quiet = false;
	int option, status;
	pid_t pid;

	while ((option = usage_getopt(argc, argv, "o:i:g:t:qh", options)) != -1) {
		status = -1;
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (option == 'o')
			out = optarg;
		else if (option == 'q')
			quiet = true;
		else if (option == 't')
			status = process_take_timeout("attach", optarg, &timeout_ns);
		else
			status = launch_take("attach", option, optarg);
		if (status >= 0)
			return status;
	}
	if (!usage_operands(argv[0], usage, argv + optind, 1, 1, "the number of a process") ||
	    !process_take_pid("attach", argv[optind], &pid))
		return 2;
	launch_default("SILT_INTERVAL", "auto");
	launch_default("SILT_GRAPH", "auto");
	launch_default("SILT_PEAK", "on");
	status = launch_prepare("attach", out, NULL);
	if (!status)
		status = attach_to("attach", pid, timeout_ns, false);
	if (!status && !quiet)
		print_next(pid);
	return status;
}
