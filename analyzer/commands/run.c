/*
 * silt run: starts a program under libsilt.so with settings from options.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/usage.h"
#include "commands/commands.h"
#include "soak/launch.h"
#include "soak/recording.h"
#include "soak/soak.h"
#include "soak/visibility.h"
#include "util/oom.h"

enum { FORCE = 1000 };

static const char usage[] =
	"Usage: silt run [options] [--] PROGRAM [ARG...]\n"
	"\n"
	"Runs PROGRAM and writes snapshots of its heap to OUT/EXE.PID/NNNN.silt, at least one, at "
	"its end.\n"
	"Exit status: that of PROGRAM, 128+N if signal N killed it, 2 for a bad option, 126 or 127 "
	"if PROGRAM\n"
	"cannot be run.\n"
	"\n"
	"  -o, --out DIR      parent of the run directories (default: silt-out)\n"
	"  -i, --interval T   take a snapshot every T (250ms, 10s, 5m), off, or auto: about a "
	"hundred, however\n"
	"                     long the program runs (default: auto)\n"
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
	"      --memory SIZE  limit the memory that silt uses in the program (64M); at the limit "
	"it records no\n"
	"                     new call stacks (default: 0, no limit)\n"
	"      --graph WHEN   include the heap graph, which says who holds what: never, last, all, "
	"or auto: as\n"
	"                     often as it costs less than 1% of the time (default: auto)\n"
	"      --only GLOB    record only executables whose name or path matches\n"
	"      --keep N       keep at most N snapshots of a run: first, last, an even spread "
	"(default: 256)\n"
	"  -q, --quiet        print no closing line on the terminal\n"
	"      --force        start the program even if it is of a kind that does not run under "
	"silt\n";

int run_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"out", required_argument, NULL, 'o'}, LAUNCH_OPTIONS,
		{"force", no_argument, NULL, FORCE},   {"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},      {NULL, 0, NULL, 0},
	};
	struct soak_seen seen = {0};
	struct timespec before;
	const char *out = getenv("SILT_OUT");
	bool force = false, quiet = !isatty(STDERR_FILENO);
	int option, status;
	uint64_t oom_before;
	pid_t pid;

	while ((option = usage_getopt(argc, argv, "+o:i:g:qh", options)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (option == 'o') {
			out = optarg;
			continue;
		}
		if (option == FORCE || option == 'q') {
			force |= option == FORCE;
			quiet |= option == 'q';
			continue;
		}
		status = launch_take("run", option, optarg);
		if (status >= 0)
			return status;
	}
	if (!usage_operands(argv[0], usage, argv + optind, 1, SIZE_MAX, "a program to run"))
		return 2;
	launch_default("SILT_INTERVAL", "auto");
	launch_default("SILT_GRAPH", "auto");
	launch_default("SILT_PEAK", "on");
	status = launch_prepare("run", out, NULL);
	if (status)
		return status;
	out = launch_out();
	if (!visibility_before("run", argv[optind], force))
		return 2;
	clock_gettime(CLOCK_REALTIME_COARSE, &before);
	oom_before = oom_kills();
	launch_adopt_helpers();
	pid = recording_start(argv + optind);
	if (pid < 0)
		return 2;
	status = recording_wait(pid, &seen);
	if (recording_note_end(out, pid, status, oom_before))
		fprintf(stderr, "silt run: %s was killed: out of memory (OOM)\n", argv[optind]);
	launch_wait_for_last_snapshot(out, pid, WIFSIGNALED(status));
	if (!(WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127)))
		visibility_after("run", argv[optind], out, pid, &before);
	recording_name_unrecorded(&seen, out);
	if (!quiet)
		recording_print_next(out, &before);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
