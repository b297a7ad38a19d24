/* Lists processes that could not be recorded: see unrecorded.h. */
#include "load/unrecorded.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/run_dir.h"
#include "util/control.h"
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

static void add(struct unrecorded_list *list, struct unrecorded entry)
{
	MEM_GROW(list->list, list->count, list->capacity);
	list->list[list->count++] = entry;
}

static void take_line(struct unrecorded_list *list, char *line)
{
	char *program = strchr(line, '\t'), *cause = program ? strchr(program + 1, '\t') : NULL;
	unsigned long pid = strtoul(line, NULL, 10);

	if (!cause || pid == 0 || pid > UINT32_MAX || list->count >= MOST ||
	    is_known(list, (uint32_t)pid))
		return;
	cause[strcspn(cause, "\n")] = 0;
	add(list, (struct unrecorded){(uint32_t)pid,
				      mem_substring(program + 1, (size_t)(cause - program - 1)),
				      mem_string(cause + 1)});
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

/* A helper removes its socket at its end. It is still there, and nobody listens, where the helper
 * was killed with its process: by the OOM killer, which kills all that share the memory. */
static void take_socket(struct unrecorded_list *list, const char *socket)
{
	char *run = mem_substring(socket, strlen(socket) - strlen("/control"));
	bool empty = run_dir_below(run) == 0;
	int connection = empty ? control_connect_in(run) : -1;
	bool killed = empty && connection < 0 && errno == ECONNREFUSED;
	uint32_t pid;
	char *program = run_dir_program(run, &pid);

	if (connection >= 0)
		close(connection);
	if (killed && pid && list->count < MOST && !is_known(list, pid))
		add(list, (struct unrecorded){pid, mem_string(program),
					      mem_string("it was killed before its first snapshot "
							 "(--interval)")});
	free(program);
	free(run);
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
		else if (entry->fts_info == FTS_DEFAULT && S_ISSOCK(entry->fts_statp->st_mode) &&
			 strcmp(entry->fts_name, "control") == 0)
			take_socket(list, entry->fts_path);
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
