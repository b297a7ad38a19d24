/*
 * Finds recorded processes that go on after the program has ended: daemons, whose first process
 * exits once they are in the background. See recording.h.
 */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "soak/launch.h"
#include "soak/recording.h"
#include "util/control.h"
#include "util/mem.h"

/* Seconds; a process that starts with the program may seem this much older. */
#define CLOCK_SLACK 0.1

/* Returns how long ago the process began, seconds; -1: unknown. Field 22 of proc(5)'s stat. */
static double age_of(const char *pid)
{
	unsigned long long ticks;
	char path[64], line[1024], *rest;
	struct timespec now;
	size_t length;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	length = file ? fread(line, 1, sizeof line - 1, file) : 0;
	if (file)
		fclose(file);
	line[length] = 0;
	rest = strrchr(line, ')');
	if (!rest || rest[2] == 'Z' ||
	    sscanf(rest + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
		   "%llu",
		   &ticks) != 1)
		return -1;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9 -
	       (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

/* Returns true if the library is mapped in the process. It is also mapped in the helper, which
 * shares the program's memory. */
static bool is_recorded(const char *pid, const char *library)
{
	char path[64], line[PATH_MAX + 200];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (file && fgets(line, sizeof line, file) && strncmp(line, "silt-", 5) == 0)
		library = NULL;
	if (file)
		fclose(file);
	snprintf(path, sizeof path, "/proc/%.20s/maps", pid);
	file = library ? fopen(path, "re") : NULL;
	while (file && !found && fgets(line, sizeof line, file))
		found = strstr(line, library) != NULL;
	if (file)
		fclose(file);
	return found;
}

/* Returns true if the run directory of the process is known, and not in `out`. */
static bool has_run_elsewhere(pid_t pid, const char *out)
{
	char *directory = control_find(pid), *slash = directory ? strrchr(directory, '/') : NULL,
	     *real = realpath(out, NULL);
	bool elsewhere;

	if (slash)
		*slash = 0;
	elsewhere = slash && real && strcmp(directory, real) != 0;
	free(directory);
	free(real);
	return elsewhere;
}

/* Returns true if the process is recorded in `out`. A program that names itself (setproctitle) may
 * have overwritten its environment: then it is taken for one of `out`, unless it still says that
 * somebody else preloads the library. There is no environment yet in the middle of an exec. */
static bool has_out(const char *pid, const char *out)
{
	static const char name[] = "SILT_OUT=", preload[] = "LD_PRELOAD=";
	char path[64], *entry = NULL;
	bool named = false, same = false, preloaded = false, any = false;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
	file = fopen(path, "re");
	while (file && !named && getdelim(&entry, &size, 0, file) > 0) {
		any = true;
		preloaded |= strncmp(entry, preload, sizeof preload - 1) == 0;
		named = strncmp(entry, name, sizeof name - 1) == 0;
		same = named && strcmp(entry + sizeof name - 1, out) == 0;
	}
	if (file)
		fclose(file);
	free(entry);
	if (named)
		return same;
	/* silt attach leaves no trace in the environment */
	return any && !preloaded && !has_run_elsewhere((pid_t)strtol(pid, NULL, 10), out);
}

size_t recording_goes_on(const char *out, const struct timespec *since, pid_t *first)
{
	const char *library = launch_library("run"),
		   *slash = library ? strrchr(library, '/') : NULL;
	DIR *processes = slash ? opendir("/proc") : NULL;
	struct dirent *entry;
	struct timespec now;
	size_t count = 0;
	double past;

	clock_gettime(CLOCK_REALTIME, &now);
	past = difftime(now.tv_sec, since->tv_sec) + (double)(now.tv_nsec - since->tv_nsec) / 1e9;
	while (processes && (entry = readdir(processes))) {
		const char *name = entry->d_name;
		double age = isdigit((unsigned char)name[0]) ? age_of(name) : -1;
		pid_t pid = (pid_t)strtol(name, NULL, 10);

		if (age < 0 || age > past + CLOCK_SLACK || !is_recorded(name, slash) ||
		    !has_out(name, out))
			continue;
		if (!count++ || pid < *first)
			*first = pid;
	}
	if (processes)
		closedir(processes);
	return count;
}
