/*
 * silt run: starts a program under libsilt.so with settings from options.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/usage.h"
#include "commands/commands.h"
#include "commands/launch.h"
#include "commands/sight.h"
#include "commands/soak.h"
#include "load/run_dir.h"
#include "load/unrecorded.h"
#include "util/processes.h"

enum { FORCE = 1000 };

static const char usage[] =
	"Usage: silt run [options] [--] PROGRAM [ARG...]\n"
	"\n"
	"Runs PROGRAM and writes snapshots of its heap to OUT/EXE.PID/NNNN.silt, at least one when it ends.\n"
	"The exit status is PROGRAM's, 128+N if signal N ended it, 2 for a bad option, 126 or 127 if it "
	"cannot be run.\n"
	"\n"
	"  -o, --out DIR      parent of run directories (default: silt-out)\n"
	"  -i, --interval T   a snapshot every T: 250ms, 10s, 5m; also while the program is idle; off; or\n"
	"                     auto, about a hundred, however long it runs (default: auto)\n"
	"  -g, --growth SIZE  one whenever live bytes pass the last high mark by SIZE: 64M\n"
	"      --signal NAME  one on this signal: USR2\n"
	"      --depth N      frames kept per call stack, 1 to 256 (default: 64)\n"
	"      --sample SIZE  record a sample only, on average one block per SIZE bytes: 512K (default: 0, "
	"every block)\n"
	"      --memory SIZE  what silt may use in the program's memory: 64M; then it records no new call "
	"stacks "
	"(default: 0,\n"
	"                     no limit)\n"
	"      --graph WHEN   take the heap graph along, who holds what: never, last, all, or as often as "
	"it\n"
	"                     costs less than 1% of the time (default: auto)\n"
	"      --only GLOB    record only executables whose name matches\n"
	"      --keep N       thin a longer run to N snapshots: first, last, an even spread (default: 256)\n"
	"  -q, --quiet        no closing line on the terminal\n"
	"      --force        start it though it is of a kind that does not run under silt\n";

static volatile sig_atomic_t program_pid;

static void pass_on(int number)
{
	if (program_pid > 0)
		kill((pid_t)program_pid, number);
}

/* What a terminal sends, it sends to the program too; what is sent to us alone is meant for the program. */
static void set_signals(void)
{
	static const int passed[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCONT};
	struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};

	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
		sigaction(passed[i], &action, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
}

/* None of the signals to pass on is lost between fork and set_signals. */
static pid_t start_program(char **argv)
{
	sigset_t blocked, old;
	pid_t pid;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	pid = launch_program("run", argv, &old);
	if (pid > 0) {
		program_pid = pid;
		set_signals();
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

/* -- what the program starts, and whether it can be recorded -- */

#define LOOK_SECONDS 1	     /* between two looks at the processes, */
#define LATER_LOOK_SECONDS 5 /* and when there have been many */
#define MANY_LOOKS 30

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void wake_up(int number)
{
	(void)number;
}

/* Of the program itself sight_after() speaks. */
static void look_at_children(struct soak_seen *seen, pid_t program)
{
	size_t count;
	struct process *list = processes_below(getpid(), &count);
	double now = seconds_now();

	for (size_t i = 0; i < count; i++) {
		bool has_helper = false;

		if (list[i].ours || list[i].zombie || list[i].pid == program)
			continue;
		for (size_t j = 0; j < count; j++)
			has_helper = has_helper || (list[j].ours && list[j].parent == list[i].pid);
		soak_seen_note(seen, list[i].pid, has_helper, now);
	}
	free(list);
}

/* Where we are process 1 of a container, or a subreaper, others come to us when their parents end. */
static int wait_for_program(pid_t pid, struct soak_seen *seen)
{
	struct sigaction action = {.sa_handler = wake_up}; /* it interrupts waitpid() */
	int status = 0, looks = 0;
	pid_t ended;

	sigaction(SIGALRM, &action, NULL);
	alarm(LOOK_SECONDS);
	while ((ended = waitpid(-1, &status, 0)) != pid) {
		if (ended < 0 && errno != EINTR)
			break;
		if (ended > 0)
			continue;
		look_at_children(seen, pid);
		alarm(looks++ < MANY_LOOKS ? LOOK_SECONDS : LATER_LOOK_SECONDS);
	}
	alarm(0);
	return ended == pid ? status : 0;
}

/* Those that this run has added to what is written down. */
static void name_unrecorded(struct soak_seen *seen, const char *out)
{
	struct unrecorded_list before = {0}, after = {0};

	unrecorded_read(&before, out);
	soak_seen_conclude(seen, out);
	unrecorded_read(&after, out);
	for (size_t i = 0; i < after.count; i++) {
		bool is_new = true;

		for (size_t j = 0; j < before.count; j++)
			is_new = is_new && before.list[j].pid != after.list[i].pid;
		if (is_new)
			fprintf(stderr, "silt run: %s (process %u) could not be recorded: %s\n",
				after.list[i].program, after.list[i].pid, after.list[i].cause);
	}
	unrecorded_free(&before);
	unrecorded_free(&after);
}

/* -- the closing line -- */

static bool is_since(const char *snapshot, const struct timespec *since)
{
	struct stat status;

	return stat(snapshot, &status) == 0 &&
	       (status.st_mtim.tv_sec > since->tv_sec ||
		(status.st_mtim.tv_sec == since->tv_sec && status.st_mtim.tv_nsec >= since->tv_nsec));
}

/* Of the run directories that have got a snapshot since then: how many, with how many snapshots. */
static size_t count_written(const char *out, const struct timespec *since, size_t *snapshots)
{
	struct snapshot_error error;
	size_t count, written = 0;
	char **runs = run_dir_all(out, &count, &error);

	*snapshots = 0;
	for (size_t i = 0; i < count; i++) {
		struct run_dir *run = run_dir_open(runs[i], &error);

		if (run && is_since(run->snapshots[run->count - 1], since)) {
			written++;
			*snapshots += run->count;
		}
		run_dir_free(run);
		free(runs[i]);
	}
	free(runs);
	return written;
}

/* As the user would type it. */
static const char *shown(const char *path)
{
	char directory[4096];
	size_t length;

	if (!getcwd(directory, sizeof directory))
		return path;
	length = strlen(directory);
	return strncmp(path, directory, length) == 0 && path[length] == '/' ? path + length + 1 : path;
}

static void say_next(const char *out, const struct timespec *since)
{
	struct snapshot_error error;
	size_t snapshots, processes = count_written(out, since, &snapshots);
	char *newest = processes ? run_dir_newest(out, &error) : NULL;

	if (!newest)
		return; /* sight_after() says why */
	if (processes == 1)
		fprintf(stderr, "silt run: %zu snapshot%s in %s; next: silt report %s\n", snapshots,
			snapshots == 1 ? "" : "s", shown(newest), shown(newest));
	else
		fprintf(stderr, "silt run: %zu snapshots of %zu processes in %s; next: silt report %s\n",
			snapshots, processes, shown(out), shown(newest));
	free(newest);
}

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
	status = launch_prepare("run", out, NULL);
	if (status)
		return status;
	out = launch_out();
	if (!sight_before("run", argv[optind], force))
		return 2;
	clock_gettime(CLOCK_REALTIME_COARSE, &before);
	launch_adopt_helpers();
	pid = start_program(argv + optind);
	if (pid < 0)
		return 2;
	status = wait_for_program(pid, &seen);
	launch_wait_for_last_snapshot(out, pid, WIFSIGNALED(status));
	if (!(WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127)))
		sight_after("run", argv[optind], out, pid, &before);
	name_unrecorded(&seen, out);
	if (!quiet)
		say_next(out, &before);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
