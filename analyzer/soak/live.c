/*
 * Shows the verdict so far, and bounds the disk space: see soak.h.
 * Must not: take more than a small part of the time; a process of its own judges now and then.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gate/gate.h"
#include "load/run_dir.h"
#include "load/snapshot.h"
#include "soak/soak.h"
#include "render/account.h"
#include "util/mem.h"
#include "util/size.h"
#include "util/utf8.h"

#define SHARE 20 /* judging takes at most a twentieth of the time */
/* seconds between lines without a terminal: some CI systems end a silent job */
#define LINE_SECONDS 300
#define PRUNE_SECONDS 10

void soak_watch_start(struct soak_watch *watch)
{
	*watch = (struct soak_watch){.pipe = -1,
				     .terminal = isatty(STDERR_FILENO) == 1,
				     .next_line = isatty(STDERR_FILENO) == 1 ? 0 : LINE_SECONDS,
				     .next_prune = PRUNE_SECONDS,
				     .verdict = "no snapshot yet"};
}

/* -- the verdict -- */

static void write_verdict(FILE *out, const struct gate *gate)
{
	size_t failing = 0;
	uint64_t live = 0;
	char size[SIZE_TEXT];

	for (size_t i = 0; i < gate->program_count; i++)
		live += gate->programs[i].live_bytes;
	while (failing < gate->finding_count && !gate->findings[failing].excused)
		failing++;
	fprintf(out, "%s live, ", size_format(size, (double)live, false));
	if (failing)
		fprintf(out, "%zu finding%s: %s: %s", failing, failing == 1 ? "" : "s",
			gate->findings[0].account->kind, gate->findings[0].account->headline.text);
	else if (gate->status == 3)
		fputs("too early to judge", out);
	else
		fputs("clean so far", out);
}

static void start_judging(struct soak_watch *watch, struct soak *soak)
{
	int ends[2], null;
	struct gate *gate;
	FILE *out;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	watch->judge = fork();
	if (watch->judge != 0) {
		close(ends[1]);
		if (watch->judge < 0) {
			watch->judge = 0;
			close(ends[0]);
		} else {
			watch->pipe = ends[0];
		}
		return;
	}
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* hides errors about snapshots that are thinned out while they are read */
	dup2(null, STDERR_FILENO);
	dup2(null, STDOUT_FILENO);
	soak->policy->generate = NULL;
	gate = gate_new(soak->policy, (char *[]){soak->directory, NULL});
	out = fdopen(ends[1], "w");
	if (gate && out) {
		write_verdict(out, gate);
		fflush(out);
	}
	_exit(0);
}

/* The judge's line fits into the pipe, so all of it is there when the judge has ended. */
bool soak_watch_reaped(struct soak_watch *watch, pid_t pid)
{
	char line[sizeof watch->verdict];
	ssize_t length;

	if (pid != watch->judge || !pid)
		return false;
	length = read(watch->pipe, line, sizeof line - 1);
	if (length > 0) {
		char *clean;

		line[length] = 0;
		clean = utf8_clean(line);
		snprintf(watch->verdict, sizeof watch->verdict, "%s", clean);
		free(clean);
	}
	close(watch->pipe);
	watch->pipe = -1;
	watch->judge = 0;
	return true;
}

void soak_watch_end(struct soak_watch *watch)
{
	if (watch->judge)
		kill(watch->judge, SIGTERM);
	if (watch->terminal)
		fputs("\r\033[K", stderr);
}

static void draw(const struct soak_watch *watch, const char *phase, double now)
{
	struct winsize window = {0};
	char *line;
	unsigned seconds = (unsigned)now;

	line = mem_format("silt soak: %s, %u:%02u:%02u: %s", phase, seconds / 3600,
			  seconds / 60 % 60, seconds % 60, watch->verdict);
	if (!watch->terminal) {
		fprintf(stderr, "%s\n", line);
	} else {
		int width = ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1
				    ? window.ws_col - 1
				    : 79;

		fprintf(stderr, "\r\033[K%.*s", width, line);
		fflush(stderr);
	}
	free(line);
}

/* -- the disk -- */

double soak_disk_usage(const char *path)
{
	char *paths[] = {(char *)path, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	double bytes = 0;

	while (fts && (entry = fts_read(fts)))
		if (entry->fts_info == FTS_F)
			bytes += (double)entry->fts_statp->st_blocks * 512;
	if (fts)
		fts_close(fts);
	return bytes;
}

#define PROBE_BYTES 65536 /* size of a snapshot of a small program */

char *soak_cannot_write(const char *directory)
{
	char *path = mem_format("%s/.probe", directory), *error = NULL;
	char *zeros = mem_zeroed(1, PROBE_BYTES);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t written = fd >= 0 ? write(fd, zeros, PROBE_BYTES) : -1;

	if (written != PROBE_BYTES)
		error = mem_format("snapshots cannot be written to %s: %s", directory,
				   strerror(written < 0 ? errno : ENOSPC));
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	free(zeros);
	free(path);
	return error;
}

static bool has_helper(const char *run)
{
	char *control = mem_format("%s/control", run);
	bool there = access(control, F_OK) == 0;

	free(control);
	return there;
}

struct ended_process {
	const char *path;
	size_t snapshots;
	time_t time;
};

/* Sorts the runs that say least first: those with the fewest snapshots, then the oldest. */
static int compare_ended(const void *a, const void *b)
{
	const struct ended_process *x = a, *y = b;

	if (x->snapshots != y->snapshots)
		return x->snapshots < y->snapshots ? -1 : 1;
	return x->time < y->time ? -1 : x->time > y->time;
}

static void remove_run(const char *path)
{
	char *paths[] = {(char *)path, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (fts && (entry = fts_read(fts)))
		if (entry->fts_info == FTS_F && entry->fts_level == 1)
			unlink(entry->fts_accpath);
		else if (entry->fts_info ==
			 /* fails, as it should, if the directory contains the run of another
			  * process */
			 FTS_DP)
			rmdir(entry->fts_accpath);
	if (fts)
		fts_close(fts);
}

static void remove_until(struct soak *soak, struct ended_process *ended, size_t count)
{
	if (count)
		qsort(ended, count, sizeof *ended, compare_ended);
	for (size_t i = 0; i < count && soak->disk_used > (double)soak->disk_bytes; i++) {
		soak->disk_used -= soak_disk_usage(ended[i].path);
		remove_run(ended[i].path);
		soak->runs_removed++;
	}
}

static void prune(struct soak *soak)
{
	struct snapshot_error error;
	size_t count, ended_count = 0;
	char **runs;
	struct ended_process *ended;

	soak->disk_used = soak_disk_usage(soak->directory);
	if (!soak->disk_bytes || soak->disk_used <= (double)soak->disk_bytes)
		return;
	runs = run_dir_all(soak->directory, &count, &error);
	ended = mem_zeroed(count + 1, sizeof *ended);
	for (size_t i = 0; i < count; i++) {
		struct run_dir *run = has_helper(runs[i]) ? NULL : run_dir_open(runs[i], &error);
		struct stat status;

		if (run && stat(runs[i], &status) == 0)
			ended[ended_count++] =
				(struct ended_process){runs[i], run->count, status.st_mtime};
		run_dir_free(run);
	}
	remove_until(soak, ended, ended_count);
	for (size_t i = 0; i < count; i++)
		free(runs[i]);
	free(runs);
	free(ended);
}

void soak_watch_tick(struct soak_watch *watch, struct soak *soak, const char *phase, double now)
{
	bool line = now >= watch->next_line;

	if (watch->judge) {
		watch->next_judged = now + (now - watch->judged_since) * SHARE;
	} else if (now >= watch->next_judged &&
		   (watch->terminal || now + LINE_SECONDS / 10.0 >= watch->next_line)) {
		watch->judged_since = now;
		watch->next_judged = now + fmax(1, soak->interval);
		start_judging(watch, soak);
	}
	if (now >= watch->next_prune) {
		prune(soak);
		watch->next_prune = now + PRUNE_SECONDS;
	}
	if (!line)
		return;
	draw(watch, phase, now);
	watch->next_line = now + (watch->terminal ? 1 : LINE_SECONDS);
}
