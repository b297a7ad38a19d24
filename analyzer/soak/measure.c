/*
 * Measures what recording costs: see measure.h.
 * Must not: leave anything behind of what the runs record.
 */
#include "soak/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "soak/launch.h"
#include "util/mem.h"
#include "util/monotonic.h"

struct measurement {
	struct overhead overhead;
	/* temporary directory of the recorded runs */
	const char *out;
};

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t child;

static void interrupt(int number)
{
	interrupted = number;
	if (child > 0)
		kill((pid_t)child, number);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	remove(path);
	return 0;
}

static struct measurement *counting;

static int count_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	size_t length = strlen(path);

	(void)where;
	if (kind == FTW_F && length > 5 && strcmp(path + length - 5, ".silt") == 0) {
		counting->overhead.written_files++;
		counting->overhead.written_bytes += (uint64_t)status->st_size;
	}
	return 0;
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void unset_ours(void)
{
	static const char *const names[] = {"SILT_OUT",	   "SILT_INTERVAL", "SILT_GROWTH",
					    "SILT_SIGNAL", "SILT_DEPTH",    "SILT_SAMPLE",
					    "SILT_GRAPH",  "SILT_ONLY",	    "SILT_KEEP",
					    "SILT_MEMORY", "SILT_PEAK"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unsetenv(names[i]);
}

static void become(const struct measurement *m, bool with)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(126);
	if (!with)
		unset_ours();
	else if (setenv("SILT_OUT", m->out, 1) < 0 || launch_prepare("overhead", m->out, NULL) != 0)
		_exit(126);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	execvp(m->overhead.command[0], m->overhead.command);
	fprintf(stderr, "silt overhead: %s: %s\n", m->overhead.command[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* Runs the program once; `number` 0 is the warm-up. Returns false if interrupted, or if no
 * process could be started. */
static bool run_once(struct measurement *m, bool with, uint64_t number)
{
	struct overhead_side *side = with ? &m->overhead.with : &m->overhead.without;
	struct rusage use;
	double start = monotonic_seconds(), end;
	pid_t pid = fork();

	if (pid < 0) {
		fprintf(stderr, "silt overhead: cannot start a process: %s\n", strerror(errno));
		return false;
	}
	if (pid == 0)
		become(m, with);
	child = pid;
	while (wait4(pid, &side->status, 0, &use) < 0 && errno == EINTR)
		;
	end = monotonic_seconds();
	child = 0;
	if (with) {
		launch_wait_for_last_snapshot(m->out, pid, false);
		m->overhead.written_bytes = m->overhead.written_files = 0;
		counting = m;
		nftw(m->out, count_entry, 16, FTW_PHYS);
		counting = NULL;
		nftw(m->out, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
		mkdir(m->out, 0700);
	}
	if (number) {
		side->values[OVERHEAD_WALL][number - 1] = end - start;
		side->values[OVERHEAD_CPU][number - 1] =
			seconds_of(&use.ru_utime) + seconds_of(&use.ru_stime);
		side->values[OVERHEAD_MEMORY][number - 1] = (double)use.ru_maxrss * 1024;
	}
	return !interrupted;
}

static bool unstartable(int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127);
}

/* The order changes from pair to pair, so that drift (heat, caches) affects both sides alike. */
static bool measure(struct measurement *m)
{
	for (uint64_t i = 0; i <= m->overhead.runs; i++) {
		bool first = i % 2 == 1;

		if (!run_once(m, first, i) ||
		    unstartable(first ? m->overhead.with.status : m->overhead.without.status) ||
		    !run_once(m, !first, i))
			return false;
	}
	return true;
}

static int compare_values(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Interpolates between order statistics, as R's type 7. */
static double quantile(const double *sorted, uint64_t count, double part)
{
	double at = part * (double)(count - 1);
	uint64_t below = (uint64_t)at;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

static void summarize(struct overhead_side *side, uint64_t runs)
{
	for (int i = 0; i < OVERHEAD_FIGURES; i++) {
		qsort(side->values[i], runs, sizeof(double), compare_values);
		side->median[i] = quantile(side->values[i], runs, 0.5);
		side->low[i] = quantile(side->values[i], runs, 0.25);
		side->high[i] = quantile(side->values[i], runs, 0.75);
	}
}

static void make_room(struct overhead_side *side, uint64_t runs)
{
	for (int i = 0; i < OVERHEAD_FIGURES; i++)
		side->values[i] = mem_zeroed(runs, sizeof(double));
}

static void free_room(struct overhead_side *side)
{
	for (int i = 0; i < OVERHEAD_FIGURES; i++)
		free(side->values[i]);
}

int measure_overhead(struct overhead *overhead)
{
	const char *parent = getenv("TMPDIR");
	char *out =
		mem_format("%s/silt-overhead.XXXXXX", parent && parent[0] == '/' ? parent : "/tmp");
	struct measurement m = {.overhead = *overhead, .out = out};
	struct sigaction action = {.sa_handler = interrupt};
	int status = 2;

	if (!mkdtemp(out)) {
		fprintf(stderr, "silt overhead: %s: %s\n", out, strerror(errno));
		free(out);
		return 2;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	make_room(&m.overhead.without, overhead->runs);
	make_room(&m.overhead.with, overhead->runs);
	if (measure(&m)) {
		summarize(&m.overhead.without, overhead->runs);
		summarize(&m.overhead.with, overhead->runs);
		status = -1;
	} else if (interrupted) {
		status = 128 + interrupted;
	} else if (unstartable(m.overhead.without.status)) {
		status = WEXITSTATUS(m.overhead.without.status);
	}
	nftw(out, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
	free(out);
	*overhead = m.overhead;
	return status;
}

void measure_free(struct overhead *overhead)
{
	free_room(&overhead->without);
	free_room(&overhead->with);
}
