/*
 * silt overhead: what recording costs one program: runs with and without the library in turn, their medians and spread.
 * Must not: leave anything behind of what the runs record.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/usage.h"
#include "commands/commands.h"
#include "render/json.h"
#include "soak/launch.h"
#include "soak/visibility.h"
#include "util/mem.h"
#include "util/parse.h"
#include "util/size.h"
#include "util/utf8.h"

static const char usage[] =
	"Usage: silt overhead [options] [--] PROGRAM [ARG...]\n"
	"\n"
	"Runs PROGRAM with and without silt in turn and shows the medians of both and what silt costs. What "
	"it\n"
	"prints on standard output is dropped.\n"
	"\n"
	"  -n, --runs N       runs of each kind, after one that is not counted (default: 7)\n"
	"  -i, --interval T   as in silt run; so are:\n"
	"      --graph WHEN   never, last or all\n"
	"      --depth N\n"
	"      --sample SIZE\n"
	"      --memory SIZE\n"
	"      --format FORMAT  text or json\n";

#define MOST_RUNS 1000
enum { WALL, CPU, MEMORY, FIGURES };

struct side {
	double *values[FIGURES];			     /* by run: seconds, seconds, bytes */
	double median[FIGURES], low[FIGURES], high[FIGURES]; /* quartiles */
	int status;					     /* of the last run */
};

struct measurement {
	char **program;
	const char *library, *out; /* `out` is ours and goes at the end */
	uint64_t runs;
	struct side without, with;
	uint64_t written_bytes, written_files; /* of the last run */
};

static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t child;

static void interrupt(int number)
{
	interrupted = number;
	if (child > 0)
		kill((pid_t)child, number);
}

/* -- one run -- */

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
		counting->written_files++;
		counting->written_bytes += (uint64_t)status->st_size;
	}
	return 0;
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void unset_ours(void)
{
	static const char *const names[] = {"SILT_OUT",	  "SILT_INTERVAL", "SILT_GROWTH", "SILT_SIGNAL",
					    "SILT_DEPTH", "SILT_SAMPLE",   "SILT_GRAPH",  "SILT_ONLY",
					    "SILT_KEEP",  "SILT_MEMORY"};

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
	execvp(m->program[0], m->program);
	fprintf(stderr, "silt overhead: %s: %s\n", m->program[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* `number` 0 is the warm-up. False: interrupted, or no process could be made. */
static bool run_once(struct measurement *m, bool with, uint64_t number)
{
	struct side *side = with ? &m->with : &m->without;
	struct rusage use;
	double start = now(), end;
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
	end = now();
	child = 0;
	if (with) {
		launch_wait_for_last_snapshot(m->out, pid, false);
		m->written_bytes = m->written_files = 0;
		counting = m;
		nftw(m->out, count_entry, 16, FTW_PHYS);
		counting = NULL;
		nftw(m->out, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
		mkdir(m->out, 0700);
	}
	if (number) {
		side->values[WALL][number - 1] = end - start;
		side->values[CPU][number - 1] = seconds_of(&use.ru_utime) + seconds_of(&use.ru_stime);
		side->values[MEMORY][number - 1] = (double)use.ru_maxrss * 1024;
	}
	return !interrupted;
}

static bool unstartable(int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127);
}

/* Which comes first changes from pair to pair, so that what drifts (heat, caches) touches both alike. */
static bool measure(struct measurement *m)
{
	for (uint64_t i = 0; i <= m->runs; i++) {
		bool first = i % 2 == 1;

		if (!run_once(m, first, i) || unstartable(first ? m->with.status : m->without.status) ||
		    !run_once(m, !first, i))
			return false;
	}
	return true;
}

/* -- figures -- */

static int compare_values(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* A quantile between order statistics, as R's type 7. */
static double quantile(const double *sorted, uint64_t count, double part)
{
	double at = part * (double)(count - 1);
	uint64_t below = (uint64_t)at;

	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

static void summarize(struct side *side, uint64_t runs)
{
	for (int i = 0; i < FIGURES; i++) {
		qsort(side->values[i], runs, sizeof(double), compare_values);
		side->median[i] = quantile(side->values[i], runs, 0.5);
		side->low[i] = quantile(side->values[i], runs, 0.25);
		side->high[i] = quantile(side->values[i], runs, 0.75);
	}
}

/* -- output -- */

static int exit_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *amount(char *buffer, int figure, double value, bool sign)
{
	if (figure == MEMORY)
		return size_format(buffer, value, sign);
	snprintf(buffer, SIZE_TEXT, sign ? "%+.*f %s" : "%.*f %s", fabs(value) < 1 ? 2 : 3,
		 fabs(value) < 1 ? value * 1000 : value, fabs(value) < 1 ? "ms" : "s");
	return buffer;
}

static void print_text(const struct measurement *m)
{
	static const char *const names[] = {"wall time", "CPU time", "peak memory"};
	char a[SIZE_TEXT], b[SIZE_TEXT], c[SIZE_TEXT], d[SIZE_TEXT], e[SIZE_TEXT];

	for (char **word = m->program; *word; word++) {
		utf8_print(stdout, *word);
		putchar(word[1] ? ' ' : ':');
	}
	printf(" %" PRIu64 " runs of each kind, in turn; median and half the distance of the quartiles\n",
	       m->runs);
	printf("  %-12s %22s %22s %12s %9s\n", "", "without silt", "with silt", "cost", "ratio");
	for (int i = 0; i < FIGURES; i++) {
		const struct side *x = &m->without, *y = &m->with;
		double difference = y->median[i] - x->median[i];
		/* The quartiles of the two overlap: no more can be said than that. */
		bool clear = y->low[i] > x->high[i] || y->high[i] < x->low[i];

		printf("  %-12s %11s +- %8s %11s +- %8s %11s", names[i], amount(a, i, x->median[i], false),
		       amount(b, i, (x->high[i] - x->low[i]) / 2, false), amount(c, i, y->median[i], false),
		       amount(d, i, (y->high[i] - y->low[i]) / 2, false), amount(e, i, difference, true));
		if (x->median[i] > 0)
			printf("  %.2f", y->median[i] / x->median[i]);
		puts(clear || i == MEMORY ? "" : "  within the spread");
	}
	printf("  written: %" PRIu64 " snapshot%s, %s\n", m->written_files, m->written_files == 1 ? "" : "s",
	       size_format(a, (double)m->written_bytes, false));
}

static void json_side(struct json *json, const char *name, const struct side *side, uint64_t runs)
{
	static const char *const names[] = {"wall_seconds", "cpu_seconds", "peak_rss_bytes"};

	json_object(json, name);
	for (int i = 0; i < FIGURES; i++) {
		json_object(json, names[i]);
		json_real(json, "median", side->median[i]);
		json_real(json, "quartile_low", side->low[i]);
		json_real(json, "quartile_high", side->high[i]);
		json_array(json, "sorted");
		for (uint64_t k = 0; k < runs; k++)
			json_real(json, NULL, side->values[i][k]);
		json_end_array(json);
		json_end_object(json);
	}
	json_unsigned(json, "exit_status", (uint64_t)exit_of(side->status));
	json_end_object(json);
}

static void print_json(const struct measurement *m)
{
	struct json json = {.file = stdout};

	json_object(&json, NULL);
	json_string(&json, "schema", "silt.overhead/1");
	json_array(&json, "command");
	for (char **word = m->program; *word; word++)
		json_string(&json, NULL, *word);
	json_end_array(&json);
	json_unsigned(&json, "runs", m->runs);
	json_side(&json, "without", &m->without, m->runs);
	json_side(&json, "with", &m->with, m->runs);
	json_object(&json, "ratio");
	json_real(&json, "wall", m->with.median[WALL] / m->without.median[WALL]);
	json_real(&json, "cpu", m->with.median[CPU] / m->without.median[CPU]);
	json_real(&json, "peak_rss", m->with.median[MEMORY] / m->without.median[MEMORY]);
	json_end_object(&json);
	json_unsigned(&json, "snapshots", m->written_files);
	json_unsigned(&json, "snapshot_bytes", m->written_bytes);
	json_end_object(&json);
	json_finish(&json);
}

/* -- all -- */

static void make_room(struct side *side, uint64_t runs)
{
	for (int i = 0; i < FIGURES; i++)
		side->values[i] = mem_zeroed(runs, sizeof(double));
}

static void free_room(struct side *side)
{
	for (int i = 0; i < FIGURES; i++)
		free(side->values[i]);
}

static int judge(struct measurement *m, bool json)
{
	int without = exit_of(m->without.status), with = exit_of(m->with.status);

	summarize(&m->without, m->runs);
	summarize(&m->with, m->runs);
	if (json)
		print_json(m);
	else
		print_text(m);
	if (m->written_files == 0)
		fprintf(stderr, "silt overhead: nothing was recorded%s%s\n", visibility_reason() ? ": " : "",
			visibility_reason() ? visibility_reason() : "");
	if (without != with)
		fprintf(stderr, "silt overhead: the exit status was %d without silt and %d with it\n",
			without, with);
	else if (without)
		fprintf(stderr, "silt overhead: the exit status was %d, with silt and without\n", without);
	return without != with || m->written_files == 0;
}

static int overhead(char **program, uint64_t runs, bool json)
{
	const char *parent = getenv("TMPDIR");
	char *out = mem_format("%s/silt-overhead.XXXXXX", parent && parent[0] == '/' ? parent : "/tmp");
	struct measurement m = {
		.program = program, .runs = runs, .out = out, .library = launch_library("overhead")};
	struct sigaction action = {.sa_handler = interrupt};
	int status = 2;

	if (m.library && !visibility_before("overhead", program[0], false))
		m.library = NULL;
	else if (m.library && !mkdtemp(out)) {
		fprintf(stderr, "silt overhead: %s: %s\n", out, strerror(errno));
		m.library = NULL;
	}
	if (!m.library) {
		free(out);
		return 2;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	make_room(&m.without, runs);
	make_room(&m.with, runs);
	if (measure(&m))
		status = judge(&m, json);
	else if (interrupted)
		status = 128 + interrupted;
	else if (unstartable(m.without.status))
		status = WEXITSTATUS(m.without.status);
	nftw(out, remove_entry, 16, FTW_PHYS | FTW_DEPTH);
	free_room(&m.without);
	free_room(&m.with);
	free(out);
	return status;
}

int overhead_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"runs", required_argument, NULL, 'n'},
		{"interval", required_argument, NULL, 'i'},
		{"graph", required_argument, NULL, 'G'},
		{"depth", required_argument, NULL, 'd'},
		{"sample", required_argument, NULL, 's'},
		{"memory", required_argument, NULL, 'm'},
		{"format", required_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	uint64_t runs = 7;
	bool json = false;
	int option;

	while ((option = usage_getopt(argc, argv, "+n:i:h", options)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		} else if (option == 'n' && (!parse_number(optarg, &runs) || runs < 1 || runs > MOST_RUNS)) {
			fprintf(stderr, "silt overhead: --runs %s: expected a number from 1 to %d\n", optarg,
				MOST_RUNS);
			return 2;
		} else if (option == 'f' && strcmp(optarg, "json") != 0 && strcmp(optarg, "text") != 0) {
			fprintf(stderr, "silt overhead: --format %s: expected text or json\n", optarg);
			return 2;
		} else if (option == '?' ||
			   (option != 'n' && option != 'f' && launch_take("overhead", option, optarg) >= 0)) {
			return 2;
		}
		json = option == 'f' ? strcmp(optarg, "json") == 0 : json;
	}
	if (!usage_operands(argv[0], usage, argv + optind, 1, SIZE_MAX, "a program to run"))
		return 2;
	return overhead(argv + optind, runs, json);
}
