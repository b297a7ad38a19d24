/*
 * Source files: see source.h.
 * Called by commands/annotate.c, html.c.
 * Must not: print.
 */
#include "load/source.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

#define SOURCE_LARGEST (64 << 20)

static uint64_t modified(const struct stat *status)
{
	return (uint64_t)status->st_mtim.tv_sec * 1000000000u + (uint64_t)status->st_mtim.tv_nsec;
}

uint64_t source_built(const char *module_path, uint64_t start_ns)
{
	struct stat status;

	if (!module_path || stat(module_path, &status) < 0 || modified(&status) > start_ns)
		return start_ns;
	return modified(&status);
}

static void read_lines(struct source *source, FILE *file)
{
	char *line = NULL;
	size_t capacity = 0, room = 0;

	while (getline(&line, &capacity, file) >= 0) {
		line[strcspn(line, "\r\n")] = 0;
		/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
		MEM_GROW(source->lines, source->count, room);
		source->lines[source->count++] = mem_string(line);
	}
	free(line);
}

/* A path from a program must not lead to a pipe or a device. */
static bool try_path(struct source *source, const char *path, uint64_t built_ns)
{
	struct stat status;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	FILE *file;

	if (descriptor < 0)
		return false;
	if (fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > SOURCE_LARGEST ||
	    !(file = fdopen(descriptor, "r"))) {
		close(descriptor);
		return false;
	}
	read_lines(source, file);
	fclose(file);
	source->path = mem_string(path);
	source->status = modified(&status) > built_ns ? SOURCE_CHANGED : SOURCE_SAME;
	return true;
}

static bool try_suffixes(struct source *source, const char *recorded, uint64_t built_ns)
{
	for (const char *rest = recorded; (rest = strchr(rest, '/'));) {
		rest += strspn(rest, "/");
		if (rest[0] && try_path(source, rest, built_ns))
			return true;
	}
	return false;
}

struct source *source_open(const char *recorded, const char *given, uint64_t built_ns, unsigned last_line)
{
	struct source *source = mem_zeroed(1, sizeof *source);

	source->status = SOURCE_MISSING;
	if (try_path(source, recorded, built_ns) || (given && try_path(source, given, built_ns)) ||
	    try_suffixes(source, recorded, built_ns)) {
		if (source->count < last_line)
			source->status = SOURCE_CHANGED;
	}
	return source;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	for (size_t i = 0; i < source->count; i++)
		free(source->lines[i]);
	free(source->lines);
	free(source->path);
	free(source);
}

const char *source_status_name(enum source_status status)
{
	static const char *const names[] = {"same", "changed", "missing"};

	return names[status];
}
