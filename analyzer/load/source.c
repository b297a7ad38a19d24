/* Finds and reads source files: see source.h. */
#include "load/source.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/mem.h"

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

/* Returns false if there are too many lines. */
static bool cut_lines(struct source *source, size_t size)
{
	char *end = source->text + size;
	size_t room = 0;

	for (char *at = source->text; at < end && source->count < SOURCE_MOST_LINES;
	     source->count++) {
		char *next = memchr(at, '\n', (size_t)(end - at));

		if (!next)
			next = end;
		*next = 0;
		/* NOLINTNEXTLINE(bugprone-sizeof-expression) */
		MEM_GROW(source->lines, source->count, room);
		source->lines[source->count] = at;
		at[strcspn(at, "\r")] = 0;
		at = next + 1;
	}
	return source->count < SOURCE_MOST_LINES;
}

static bool read_lines(struct source *source, int descriptor, size_t size)
{
	size_t done = 0;
	ssize_t n;

	source->text = mem_alloc(size + 1);
	while (done < size && (n = read(descriptor, source->text + done, size - done)) > 0)
		done += (size_t)n;
	return cut_lines(source, done);
}

static void forget(struct source *source)
{
	free(source->lines);
	free(source->text);
	source->lines = NULL;
	source->text = NULL;
	source->count = 0;
}

/* Opens regular files only: a path from a program may name a pipe or a device. */
static bool try_path(struct source *source, const char *path, uint64_t built_ns)
{
	struct stat status;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (descriptor < 0)
		return false;
	if (fstat(descriptor, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(descriptor);
		return false;
	}
	if ((uint64_t)status.st_size <= SOURCE_LARGEST &&
	    read_lines(source, descriptor, (size_t)status.st_size)) {
		source->status = modified(&status) > built_ns ? SOURCE_CHANGED : SOURCE_SAME;
	} else {
		source->status = SOURCE_LARGE;
		forget(source);
	}
	close(descriptor);
	source->path = mem_string(path);
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

struct source *source_open(const char *recorded, const char *given, uint64_t built_ns,
			   unsigned last_line)
{
	struct source *source = mem_zeroed(1, sizeof *source);

	source->status = SOURCE_MISSING;
	if (try_path(source, recorded, built_ns) || (given && try_path(source, given, built_ns)) ||
	    try_suffixes(source, recorded, built_ns)) {
		if (source->status != SOURCE_LARGE && source->count < last_line)
			source->status = SOURCE_CHANGED;
	}
	return source;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	forget(source);
	free(source->path);
	free(source);
}

const char *source_status_name(enum source_status status)
{
	static const char *const names[] = {"same", "changed", "missing", "large"};

	return names[status];
}
