/*
 * Source files: found by the path in the debug information, read, and compared in age with the
 * program.
 * Must not: print.
 */
#ifndef SILT_LOAD_SOURCE_H
#define SILT_LOAD_SOURCE_H

#include <stddef.h>
#include <stdint.h>

enum source_status {
	/* not newer than the program */
	SOURCE_SAME,
	/* newer, or shorter than the debug information says: lines may be shifted */
	SOURCE_CHANGED,
	/* no such file here */
	SOURCE_MISSING,
	/* it is there, but larger than what is read */
	SOURCE_LARGE,
};

struct source {
	/* where it was read; NULL: it is missing */
	char *path;
	/* in `text` */
	char **lines;
	size_t count;
	char *text;
	enum source_status status;
};

#define SOURCE_LARGEST (16ul << 20) /* bytes */
#define SOURCE_MOST_LINES (2ul << 20)

/* "same", "changed", "missing", "large" */
const char *source_status_name(enum source_status status);

/*
 * Looks at `recorded` (the path in the debug information), at `given` unless NULL (what the user
 * named), and below the working directory at what `recorded` ends with, the longest first.
 * `built_ns`: a wall clock time at which the program was there; `last_line`: the highest line that
 * was recorded. Regular files up to SOURCE_LARGEST are read. Never NULL.
 */
struct source *source_open(const char *recorded, const char *given, uint64_t built_ns,
			   unsigned last_line);
void source_free(struct source *source);

/* When the program was certainly built: the age of its file, or `start_ns` (when recording began)
 * if that is earlier. */
uint64_t source_built(const char *module_path, uint64_t start_ns);

#endif
