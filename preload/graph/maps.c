/*
 * The mappings of this process, from /proc/self/maps.
 * Path: cold. Threads: the twin, the helper. Memory: the twin's.
 * Must not: assume that a file mapping is readable to its end: the file may be shorter.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "graph/maps.h"
#include "graph/memory.h"
#include "graph/state.h"
#include "silt_snapshot.h"

static const char *parse_hex(const char *p, uintptr_t *value)
{
	*value = 0;
	for (;; p++) {
		if (*p >= '0' && *p <= '9')
			*value = *value << 4 | (uintptr_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			*value = *value << 4 | (uintptr_t)(*p - 'a' + 10);
		else
			return p;
	}
}

/* "7f00-7f10 rw-p 00000000 08:01 1234   /path" */
static bool parse_line(const char *line, struct graph_map *map)
{
	const char *p = parse_hex(line, &map->start), *path;

	if (*p != '-')
		return false;
	p = parse_hex(p + 1, &map->end);
	if (strlen(p) < 6)
		return false;
	map->flags = (p[1] == 'r' ? GRAPH_READ : 0u) | (p[2] == 'w' ? GRAPH_WRITE : 0u) |
		     (p[3] == 'x' ? GRAPH_EXECUTE : 0u) | (p[4] == 's' ? GRAPH_SHARED : 0u);
	path = rt_find_name(p);
	if (!path)
		return true;
	if (strcmp(path, "[heap]") == 0)
		map->flags |= GRAPH_HEAP;
	else if (strncmp(path, "[vvar", 5) == 0 || strncmp(path, "[vsys", 5) == 0 ||
		 (strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/zero", 9) != 0 &&
		  strncmp(path, "/dev/shm/", 9) != 0))
		map->flags |= GRAPH_DEVICE;
	else if (path[0] == '/')
		map->flags |= GRAPH_FILE;
	return true;
}

bool graph_maps_each(void (*visit)(void *argument, const struct graph_map *map), void *argument)
{
	char buffer[8192];
	size_t length = 0;
	bool skip = false; /* the rest of a line too long for the buffer */
	long fd = rt_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0,
			     0, 0),
	     n;

	if (fd < 0)
		return false;
	while ((n = rt_syscall(SYS_read, fd, (long)(buffer + length),
			       (long)(sizeof buffer - 1 - length), 0, 0, 0)) > 0) {
		char *line = buffer, *end;

		length += (size_t)n;
		buffer[length] = 0;
		while ((end = strchr(line, '\n'))) {
			struct graph_map map;

			*end = 0;
			if (!skip && parse_line(line, &map))
				visit(argument, &map);
			skip = false;
			line = end + 1;
		}
		length -= (size_t)(line - buffer);
		memmove(buffer, line, length);
		if (length == sizeof buffer - 1) {
			struct graph_map map;

			if (!skip && parse_line(buffer, &map))
				visit(argument, &map);
			skip = true;
			length = 0;
		}
	}
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return n == 0;
}

static void keep_map(void *argument, const struct graph_map *map)
{
	struct graph *graph = argument;

	GRAPH_ROOM(graph, maps, map_count, map_capacity);
	graph->maps[graph->map_count++] = *map;
}

void graph_maps_read(struct graph *graph)
{
	if (!graph_maps_each(keep_map, graph))
		graph_give_up(graph, SILT_GRAPH_FAILED);
}

const struct graph_map *graph_map_of(const struct graph *graph, uintptr_t address)
{
	uint32_t low = 0, high = graph->map_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (graph->maps[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == graph->map_count || graph->maps[low].start > address)
		return NULL;
	return &graph->maps[low];
}

bool graph_clip(const struct graph *graph, uintptr_t start, uintptr_t *end)
{
	const struct graph_map *map = graph_map_of(graph, start),
			       *last = graph->maps + graph->map_count;
	uintptr_t reached = start;

	for (; map && map < last && map->start <= reached && map->flags & GRAPH_READ &&
	       reached < *end;
	     map++)
		reached = map->end;
	if (reached < *end)
		*end = reached;
	return reached > start;
}

bool graph_clip_block(struct graph *graph, uintptr_t start, uintptr_t *end)
{
	const struct graph_map *map;

	if (start >= graph->readable_start && *end <= graph->readable_end)
		return start < *end;
	map = graph_map_of(graph, start);
	if (map && map->flags & GRAPH_READ) {
		graph->readable_start = map->start;
		graph->readable_end = map->end;
	}
	return graph_clip(graph, start, end);
}
