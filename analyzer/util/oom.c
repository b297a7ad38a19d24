/* Counts kills by the kernel's OOM killer: see oom.h. */
#include "util/oom.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Returns the number after "oom_kill " in a file of the group; in a container, where the group's
 * path is not visible, of the mount's root. */
static uint64_t read_count(const char *mount, const char *group, const char *name)
{
	char *path = mem_format("%s%s/%s", mount, group, name), line[128];
	FILE *file = fopen(path, "re");
	uint64_t count = 0;

	free(path);
	if (!file) {
		path = mem_format("%s/%s", mount, name);
		file = fopen(path, "re");
		free(path);
	}
	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "oom_kill %" SCNu64, &count) == 1)
			break;
	if (file)
		fclose(file);
	return count;
}

uint64_t oom_kills(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL, *group;
	size_t size = 0;
	uint64_t kills = 0;

	while (file && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		group = strchr(line, '/');
		if (!group)
			continue;
		if (strncmp(line, "0::", 3) == 0)
			kills += read_count("/sys/fs/cgroup", group, "memory.events");
		else if (strstr(line, ":memory:"))
			kills += read_count("/sys/fs/cgroup/memory", group, "memory.oom_control");
	}
	free(line);
	if (file)
		fclose(file);
	return kills;
}
