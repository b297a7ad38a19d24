/*
 * Finds the processes of a soak that could not be recorded, by what the kernel shows of them: see
 * soak.h.
 * Must not: name a process that only allocated nothing, or that lived too briefly to be seen twice.
 */
#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/program.h"
#include "load/run_dir.h"
#include "load/unrecorded.h"
#include "soak/launch.h"
#include "soak/soak.h"
#include "util/control.h"
#include "util/mem.h"

#define SETTLED 1.0 /* seconds after which a process is taken to execute its final program */

enum loaded { NOT_LOOKED, LOADED, NOT_LOADED, NOT_KNOWN };

struct soak_seen_process {
	pid_t pid;
	double since;
	char program[PATH_MAX];
	enum loaded loaded;
	uid_t user;
	/* a process with a helper writes snapshots */
	bool has_helper;
};

static bool read_program(pid_t pid, char program[PATH_MAX])
{
	char path[64];
	ssize_t length;

	snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	length = readlink(path, program, PATH_MAX - 1);
	if (length <= 0)
		return false;
	program[length] = 0;
	return true;
}

static uid_t user_of(pid_t pid)
{
	char path[64], line[256];
	unsigned user = geteuid();
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "Uid: %*u %u", &user) == 1)
			break;
	if (file)
		fclose(file);
	return user;
}

static enum loaded find_library(pid_t pid)
{
	const char *library = launch_library("soak"),
		   *name = library ? strrchr(library, '/') : NULL;
	char path[64], line[PATH_MAX + 200];
	enum loaded loaded = NOT_LOADED;
	size_t lines = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	for (; file && name && loaded == NOT_LOADED && fgets(line, sizeof line, file); lines++)
		if (strstr(line, name))
			loaded = LOADED;
	if (file)
		fclose(file);
	return lines ? loaded : NOT_KNOWN; /* the process may be gone, or another user's */
}

void soak_seen_note(struct soak_seen *seen, pid_t pid, bool has_helper, double now)
{
	struct soak_seen_process *process = NULL;
	char program[PATH_MAX];

	if (!read_program(pid, program))
		return;
	for (size_t i = 0; i < seen->count && !process; i++)
		if (seen->list[i].pid == pid)
			process = &seen->list[i];
	if (!process) {
		MEM_GROW(seen->list, seen->count, seen->capacity);
		process = &seen->list[seen->count++];
		*process = (struct soak_seen_process){.pid = pid};
	}
	if (strcmp(process->program, program) != 0) {
		strcpy(process->program, program);
		process->since = now;
		process->loaded = NOT_LOOKED;
	}
	process->has_helper = has_helper;
	if (now - process->since < SETTLED || process->loaded == LOADED)
		return;
	process->loaded = find_library(pid);
	process->user = user_of(pid);
}

/* Returns true if the process has a run directory; with `written`, one with a snapshot. */
static bool has_directory(const char *directory, pid_t pid, bool written)
{
	char *paths[] = {(char *)directory, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	bool found = false;

	while (fts && !found && (entry = fts_read(fts)))
		found = entry->fts_info == FTS_D && control_names_process(entry->fts_name, pid) &&
			(!written || run_dir_below(entry->fts_path) > 0);
	if (fts)
		fts_close(fts);
	return found;
}

static bool is_wanted(const char *program)
{
	const char *only = getenv("SILT_ONLY"), *slash = strrchr(program, '/');

	return !only || !*only || fnmatch(only, program, 0) == 0 ||
	       fnmatch(only, slash ? slash + 1 : program, 0) == 0;
}

/* Returns why a program that runs does not have the library; the caller frees it. */
static char *why_not_loaded(const char *path)
{
	struct program program;
	bool is_read = program_read(&program, path) && program.elf;
	char *why;

	if (is_read && !program.loader)
		why = mem_string("libsilt.so is not loaded: it is statically linked");
	else if (is_read && program.privileges)
		why = mem_format("libsilt.so is not loaded: it is %s", program.privileges);
	else
		why = mem_string("libsilt.so is not loaded: what starts it clears the environment "
				 "(env -i, sudo, a service manager); put `silt run` behind that");
	program_free(&program);
	return why;
}

/* Returns why the process has no snapshot, which the caller frees; NULL: it is recorded, or had
 * nothing to record. */
static char *cause_of(const struct soak_seen_process *process, const char *directory)
{
	struct passwd *user;

	if (process->loaded == NOT_LOOKED || !is_wanted(process->program))
		return NULL;
	if (process->loaded == NOT_LOADED)
		return why_not_loaded(process->program);
	/* A process without a helper has allocated nothing so far. One with a helper but without
	 * a snapshot has executed another program: the directory is of the program before. */
	if (process->user == geteuid() ||
	    has_directory(directory, process->pid, process->has_helper))
		return NULL;
	user = getpwuid(process->user);
	return mem_format("it runs as %s, who may not write to %s",
			  user ? user->pw_name : "another user", directory);
}

void soak_seen_conclude(struct soak_seen *seen, const char *directory)
{
	for (size_t i = 0; i < seen->count; i++) {
		const struct soak_seen_process *process = &seen->list[i];
		const char *slash = strrchr(process->program, '/');
		char *cause = cause_of(process, directory);

		if (cause)
			unrecorded_write(directory, (uint32_t)process->pid,
					 slash ? slash + 1 : process->program, cause);
		free(cause);
	}
	free(seen->list);
	*seen = (struct soak_seen){0};
}
