/* Finds the processes that operands name: see recorded.h. */
#include "model/recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/run_dir.h"
#include "load/snapshot.h"
#include "util/mem.h"
#include "util/utf8.h"

static void complain(const char *command, const char *text)
{
	utf8_complain("silt %s: %s", command, text);
}

/* -- finding them -- */

static struct recorded_process *add_process(struct recorded_list *list, const char *path)
{
	MEM_GROW(list->list, list->count, list->capacity);
	list->list[list->count] = (struct recorded_process){.path = mem_string(path)};
	return &list->list[list->count++];
}

static void add_snapshot(struct recorded_process *process, const char *path)
{
	process->snapshots = mem_resize(process->snapshots, process->count + 1, sizeof(char *));
	process->snapshots[process->count++] = mem_string(path);
}

static bool add_run(const char *command, struct recorded_list *list, const char *path)
{
	struct snapshot_error error;
	struct run_dir *run = run_dir_open(path, &error);
	struct recorded_process *process;

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

static bool add_folder(const char *command, struct recorded_list *list, const char *path)
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

/* Adds a snapshot, together with named snapshots of the same process. */
static bool add_file(const char *command, struct recorded_list *list, const char *path)
{
	struct snapshot_error error;
	struct snapshot *snapshot = snapshot_load(path, &error);
	struct recorded_process *process = NULL;

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

bool recorded_find(const char *command, char **operands, struct recorded_list *list)
{
	bool good = true;

	*list = (struct recorded_list){0};
	for (; good && *operands; operands++)
		good = run_dir_is_directory(*operands) ? add_folder(command, list, *operands)
						       : add_file(command, list, *operands);
	if (!good)
		recorded_list_free(list);
	return good;
}

bool recorded_find_runs(const char *command, const char *path, struct recorded_list *list)
{
	*list = (struct recorded_list){0};
	if (add_folder(command, list, path))
		return true;
	recorded_list_free(list);
	return false;
}

void recorded_list_free(struct recorded_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		for (size_t s = 0; s < list->list[i].count; s++)
			free(list->list[i].snapshots[s]);
		free(list->list[i].snapshots);
		free(list->list[i].path);
	}
	free(list->list);
	unrecorded_free(&list->unrecorded);
	*list = (struct recorded_list){0};
}

/* -- loading one -- */

struct series *recorded_load(const char *command, const struct recorded_process *process,
			     enum run_moment moment)
{
	struct snapshot_error error;
	/* a process in a list has at least one snapshot */
	struct series *series = // NOLINTNEXTLINE(clang-analyzer-core.NullDereference)
		series_read(process->snapshots, process->count, moment != RUN_WORKING, &error);

	if (!series)
		complain(command, error.text);
	return series;
}
