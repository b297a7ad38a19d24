/*
 * The series of snapshots that a judging command looks at: see judge.h.
 * Called by report.c, check.c.
 * Must not: judge.
 */
#include "commands/judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "load/run_dir.h"
#include "render/utf8.h"
#include "util/mem.h"

static void complain(const char *command, const struct snapshot_error *error)
{
	fprintf(stderr, "silt %s: ", command);
	utf8_print(stderr, error->text);
	fputc('\n', stderr);
}

/* Files that are to be read. */
struct paths {
	char **list;
	size_t count, capacity;
};

static void add_path(struct paths *paths, const char *path)
{
	MEM_GROW(paths->list, paths->count, paths->capacity); // NOLINT(bugprone-sizeof-expression)
	paths->list[paths->count++] = mem_string(path);
}

static bool add_operand(struct paths *paths, const char *operand, struct snapshot_error *error)
{
	struct run_dir *run;

	if (!run_dir_is_directory(operand)) {
		add_path(paths, operand);
		return true;
	}
	run = run_dir_open(operand, error);
	for (size_t i = 0; run && i < run->count; i++)
		add_path(paths, run->snapshots[i]);
	run_dir_free(run);
	return run;
}

struct series *judge_load(const char *command, char **operands, enum run_moment moment)
{
	struct paths paths = {0};
	struct snapshot_error error;
	struct series *series = NULL;
	bool good = true;

	for (; *operands && good; operands++)
		good = add_operand(&paths, *operands, &error);
	if (good)
		series = series_read(paths.list, paths.count, moment != RUN_WORKING, &error);
	if (!series)
		complain(command, &error);
	for (size_t i = 0; i < paths.count; i++)
		free(paths.list[i]);
	free(paths.list);
	return series;
}
