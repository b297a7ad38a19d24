/*
 * Prints the closing line of `silt run`: see recording.h.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "load/run_dir.h"
#include "load/snapshot.h"
#include "soak/recording.h"

#define SETTLE_NS 100000000

static bool is_since(const char *snapshot, const struct timespec *since)
{
	struct stat status;

	return stat(snapshot, &status) == 0 && (status.st_mtim.tv_sec > since->tv_sec ||
						(status.st_mtim.tv_sec == since->tv_sec &&
						 status.st_mtim.tv_nsec >= since->tv_nsec));
}

/* Counts the run directories that have a snapshot since `since`, and their snapshots. */
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

/* Returns the path relative to the working directory, if it is below. */
static const char *shown(const char *path)
{
	char directory[4096];
	size_t length;

	if (!getcwd(directory, sizeof directory))
		return path;
	length = strlen(directory);
	return strncmp(path, directory, length) == 0 && path[length] == '/' ? path + length + 1
									    : path;
}

/* For a daemon: its first process has exited, and that process's snapshot says nothing. */
static bool print_goes_on(const char *out, const struct timespec *since)
{
	pid_t first = 0;
	size_t count = recording_goes_on(out, since, &first);

	if (count) { /* waits for processes that are about to end */
		nanosleep(&(struct timespec){0, SETTLE_NS}, NULL);
		count = recording_goes_on(out, since, &first);
	}
	if (count == 1)
		fprintf(stderr,
			"silt run: the program goes on in the background as process %d, and is "
			"recorded until it ends; next: silt report %s\n",
			(int)first, shown(out));
	else if (count)
		fprintf(stderr,
			"silt run: the program goes on in the background as process %d and %zu "
			"more, and is recorded until they end; next: silt report %s\n",
			(int)first, count - 1, shown(out));
	return count > 0;
}

void recording_print_next(const char *out, const struct timespec *since)
{
	struct snapshot_error error;
	size_t snapshots, processes = count_written(out, since, &snapshots);
	char *newest = processes ? run_dir_newest(out, &error) : NULL;

	if (!newest)
		return; /* visibility_after() has printed why */
	if (print_goes_on(out, since)) {
		free(newest);
		return;
	}
	if (processes == 1)
		fprintf(stderr, "silt run: %zu snapshot%s in %s; next: silt report %s\n", snapshots,
			snapshots == 1 ? "" : "s", shown(newest), shown(newest));
	else
		fprintf(stderr,
			"silt run: %zu snapshots of %zu processes in %s; next: silt report %s\n",
			snapshots, processes, shown(out), shown(newest));
	free(newest);
}
