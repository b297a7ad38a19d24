/* Lists processes that could not be recorded: see unrecorded.h. */
#include "load/unrecorded.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

#define DEEPEST 8 /* levels of directories searched */
#define MOST 10000u

static bool is_known(const struct unrecorded_list *list, uint32_t pid)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->list[i].pid == pid)
			return true;
	return false;
}

static void take_line(struct unrecorded_list *list, char *line)
{
	char *program = strchr(line, '\t'), *cause = program ? strchr(program + 1, '\t') : NULL;
	unsigned long pid = strtoul(line, NULL, 10);

	if (!cause || pid == 0 || pid > UINT32_MAX || list->count >= MOST ||
	    is_known(list, (uint32_t)pid))
		return;
	cause[strcspn(cause, "\n")] = 0;
	MEM_GROW(list->list, list->count, list->capacity);
	list->list[list->count++] = (struct unrecorded){
		(uint32_t)pid, mem_substring(program + 1, (size_t)(cause - program - 1)),
		mem_string(cause + 1)};
}

static void read_file(struct unrecorded_list *list, const char *path)
{
	int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;
	char line[1024];

	while (file && fgets(line, sizeof line, file))
		take_line(list, line);
	if (file)
		fclose(file);
	else if (descriptor >= 0)
		close(descriptor);
}

void unrecorded_read(struct unrecorded_list *list, const char *directory)
{
	char *paths[] = {(char *)directory, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (fts && (entry = fts_read(fts))) {
		if (entry->fts_info == FTS_D && entry->fts_level > DEEPEST)
			fts_set(fts, entry, FTS_SKIP);
		else if (strcmp(entry->fts_name, UNRECORDED_FILE) == 0)
			read_file(list, entry->fts_path);
	}
	if (fts)
		fts_close(fts);
}

void unrecorded_free(struct unrecorded_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->list[i].program);
		free(list->list[i].cause);
	}
	free(list->list);
	*list = (struct unrecorded_list){0};
}

bool unrecorded_write(const char *directory, uint32_t pid, const char *program, const char *cause)
{
	char *path = mem_format("%s/" UNRECORDED_FILE, directory);
	int descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good = descriptor >= 0 && dprintf(descriptor, "%u\t%s\t%s\n", pid, program, cause) > 0;
	int saved = errno;

	if (descriptor >= 0)
		close(descriptor);
	free(path);
	errno = saved;
	return good;
}
