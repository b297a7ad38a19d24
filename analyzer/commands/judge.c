/*
 * The processes that a judging command looks at: see judge.h.
 * Must not: judge; put snapshots of two processes into one series.
 */
#include "commands/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/ranking.h"
#include "load/run_dir.h"
#include "util/mem.h"
#include "util/utf8.h"

static void complain(const char *command, const char *text)
{
	utf8_complain("silt %s: %s", command, text);
}

/* -- finding them -- */

static struct judge_process *add_process(struct judge_list *list, const char *path)
{
	MEM_GROW(list->list, list->count, list->capacity);
	list->list[list->count] = (struct judge_process){.path = mem_string(path)};
	return &list->list[list->count++];
}

static void add_snapshot(struct judge_process *process, const char *path)
{
	process->snapshots = mem_resize(process->snapshots, process->count + 1, sizeof(char *));
	process->snapshots[process->count++] = mem_string(path);
}

static bool add_run(const char *command, struct judge_list *list, const char *path)
{
	struct snapshot_error error;
	struct run_dir *run = run_dir_open(path, &error);
	struct judge_process *process;

	if (!run) {
		complain(command, error.text);
		return false;
	}
	process = add_process(list, path);
	for (size_t i = 0; i < run->count; i++)
		add_snapshot(process, run->snapshots[i]);
	run_dir_free(run);
	return true;
}

static bool add_folder(const char *command, struct judge_list *list, const char *path)
{
	struct snapshot_error error;
	size_t count;
	char **runs = run_dir_all(path, &count, &error);
	bool good = !error.text[0];

	if (!good)
		complain(command, error.text);
	for (size_t i = 0; i < count; i++) {
		good = good && add_run(command, list, runs[i]);
		free(runs[i]);
	}
	free(runs);
	unrecorded_read(&list->unrecorded, path);
	return good;
}

/* A snapshot by itself: with others of the same process, where those were named. */
static bool add_file(const char *command, struct judge_list *list, const char *path)
{
	struct snapshot_error error;
	struct snapshot *snapshot = snapshot_load(path, &error);
	struct judge_process *process = NULL;

	if (!snapshot) {
		complain(command, error.text);
		return false;
	}
	for (size_t i = 0; i < list->count && !process; i++)
		if (list->list[i].pid == snapshot->process.pid &&
		    list->list[i].start_unix_ns == snapshot->process.start_unix_ns)
			process = &list->list[i];
	if (!process)
		process = add_process(list, path);
	process->pid = snapshot->process.pid;
	process->start_unix_ns = snapshot->process.start_unix_ns;
	add_snapshot(process, path);
	snapshot_free(snapshot);
	return true;
}

bool judge_find(const char *command, char **operands, struct judge_list *list)
{
	bool good = true;

	*list = (struct judge_list){0};
	for (; good && *operands; operands++)
		good = run_dir_is_directory(*operands) ? add_folder(command, list, *operands)
						       : add_file(command, list, *operands);
	if (!good)
		judge_list_free(list);
	return good;
}

bool judge_find_runs(const char *command, const char *path, struct judge_list *list)
{
	*list = (struct judge_list){0};
	if (add_folder(command, list, path))
		return true;
	judge_list_free(list);
	return false;
}

void judge_list_free(struct judge_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		for (size_t s = 0; s < list->list[i].count; s++)
			free(list->list[i].snapshots[s]);
		free(list->list[i].snapshots);
		free(list->list[i].path);
	}
	free(list->list);
	unrecorded_free(&list->unrecorded);
	*list = (struct judge_list){0};
}

/* -- loading one -- */

struct series *judge_load_process(const char *command, const struct judge_process *process,
				  enum run_moment moment)
{
	struct snapshot_error error;
	/* ranking_choose() has chosen one of them */
	struct series *series = // NOLINTNEXTLINE(clang-analyzer-core.NullDereference)
		series_read(process->snapshots, process->count, moment != RUN_WORKING, &error);

	if (!series)
		complain(command, error.text);
	return series;
}

struct series *judge_load(const char *command, char **operands, enum run_moment moment)
{
	struct judge_list list;
	struct series *series = NULL;
	size_t chosen = 0;

	if (!judge_find(command, operands, &list))
		return NULL;
	if (list.count > 1 && operands[1])
		utf8_complain("silt %s: these are %zu processes; name one", command, list.count);
	else if (list.count == 1 || ranking_choose(command, &list, &chosen))
		series = judge_load_process(command, &list.list[chosen], moment);
	judge_list_free(&list);
	return series;
}
