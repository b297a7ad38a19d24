/*
 * Lists the descendants of a process: see processes.h. proc(5) has the format of /proc/PID/stat.
 */
#include "util/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

static bool read_process(const char *pid, struct process *process)
{
	char path[64], line[1024], *name, *rest, state;
	unsigned long user, system;
	long waited_user, waited_system;
	size_t length;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	length = fread(line, 1, sizeof line - 1, file);
	fclose(file);
	line[length] = 0;
	name = strchr(line, '(');
	rest = strrchr(line, ')'); /* a name may contain anything, also parentheses */
	if (!name || !rest)
		return false;
	if (sscanf(rest + 1, " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", &state,
		   &process->parent, &process->group, &user, &system, &waited_user,
		   &waited_system) != 7)
		return false;
	process->pid = (pid_t)strtol(pid, NULL, 10);
	process->zombie = state == 'Z' || state == 'X';
	process->ours =
		strncmp(name, "(silt-helper)", 13) == 0 || strncmp(name, "(silt-twin)", 11) == 0;
	process->cpu_seconds = ((double)(user + system) + (double)(waited_user + waited_system)) /
			       (double)sysconf(_SC_CLK_TCK);
	return true;
}

static bool below(const struct process *all, size_t count, pid_t root,
		  const struct process *process)
{
	pid_t parent = process->parent;

	/* At most as many steps as there are processes: a list that is read while processes come
	 * and go may contain a cycle. */
	for (size_t steps = 0; steps < count && parent != root; steps++) {
		size_t i = 0;

		while (i < count && all[i].pid != parent)
			i++;
		if (i == count)
			return false;
		parent = all[i].parent;
	}
	return parent == root;
}

struct process *processes_below(pid_t root, size_t *count)
{
	struct process *all = NULL, *found;
	size_t all_count = 0, capacity = 0;
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		MEM_GROW(all, all_count, capacity);
		if (read_process(entry->d_name, &all[all_count]))
			all_count++;
	}
	if (directory)
		closedir(directory);
	found = mem_zeroed(all_count + 1, sizeof *found);
	*count = 0;
	for (size_t i = 0; i < all_count; i++)
		if (below(all, all_count, root, &all[i]))
			found[(*count)++] = all[i];
	free(all);
	return found;
}

bool processes_has_ended(pid_t pid)
{
	char name[16], *path;
	struct process process;
	struct stat tasks;
	bool alone;

	snprintf(name, sizeof name, "%d", (int)pid);
	if (!read_process(name, &process))
		return kill(pid, 0) < 0 && errno == ESRCH;
	path = mem_format("/proc/%s/task", name);
	/* The first thread may have ended before others. A directory has a link of each folder. */
	alone = stat(path, &tasks) != 0 || tasks.st_nlink <= 3;
	free(path);
	return process.zombie && alone;
}
