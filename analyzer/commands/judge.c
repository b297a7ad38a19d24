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

static bool add_path(const char *command, struct snapshot ***list, size_t *count, size_t *capacity,
		     const char *path)
{
	struct snapshot_error error;
	struct snapshot *snapshot = snapshot_load(path, &error);

	if (!snapshot) {
		fprintf(stderr, "silt %s: ", command);
		utf8_print(stderr, error.text);
		fputc('\n', stderr);
		return false;
	}
	MEM_GROW(*list, *count, *capacity); // NOLINT(bugprone-sizeof-expression)
	(*list)[(*count)++] = snapshot;
	return true;
}

static bool add_operand(const char *command, struct snapshot ***list, size_t *count, size_t *capacity,
			const char *operand)
{
	struct snapshot_error error;
	struct run_dir *run;
	bool good = true;

	if (!run_dir_is_directory(operand))
		return add_path(command, list, count, capacity, operand);
	run = run_dir_open(operand, &error);
	if (!run) {
		fprintf(stderr, "silt %s: ", command);
		utf8_print(stderr, error.text);
		fputc('\n', stderr);
		return false;
	}
	for (size_t i = 0; i < run->count && good; i++)
		good = add_path(command, list, count, capacity, run->snapshots[i]);
	run_dir_free(run);
	return good;
}

/* Leaves out those that were taken while the process ended; how many are left, at least one. */
static size_t drop_end(struct snapshot **list, size_t count)
{
	size_t kept = 0;
	bool any = false;

	for (size_t i = 0; i < count; i++)
		any = any || snapshot_shows_work(list[i]);
	for (size_t i = 0; i < count && any; i++) {
		if (snapshot_shows_work(list[i]))
			list[kept++] = list[i];
		else
			snapshot_free(list[i]);
	}
	return any ? kept : count;
}

struct series *judge_load(const char *command, char **operands, enum run_moment moment)
{
	struct snapshot **list = NULL;
	size_t count = 0, capacity = 0;

	for (; *operands; operands++) {
		if (add_operand(command, &list, &count, &capacity, *operands))
			continue;
		for (size_t i = 0; i < count; i++)
			snapshot_free(list[i]);
		free(list);
		return NULL;
	}
	if (moment == RUN_WORKING)
		count = drop_end(list, count);
	return series_new(list, count);
}
