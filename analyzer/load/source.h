/*
 * Finds source files by the path in the debug information, reads them, and compares their age with
 * the program's.
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
	/* larger than the limits below */
	SOURCE_LARGE,
};

struct source {
	/* where it was read; NULL: it is missing */
	char *path;
	/* pointers into `text` */
	char **lines;
	size_t count;
	char *text;
	enum source_status status;
};

#define SOURCE_LARGEST (16ul << 20) /* bytes */
#define SOURCE_MOST_LINES (2ul << 20)

/* Returns "same", "changed", "missing" or "large". */
const char *source_status_name(enum source_status status);

/*
 * Looks for the file at `recorded` (the path in the debug information), at `given` (named by the
 * user) unless it is NULL, and below the working directory at the ends of `recorded`, the longest
 * first. `built_ns`: a time at which the program existed, in nanoseconds since the epoch;
 * `last_line`: the highest line that was recorded. Reads regular files up to SOURCE_LARGEST. Never
 * returns NULL; free with source_free().
 */
struct source *source_open(const char *recorded, const char *given, uint64_t built_ns,
			   unsigned last_line);
void source_free(struct source *source);

/* Returns a time at which the program was certainly built: the time of its file, or `start_ns`
 * (when recording began) if that is earlier. */
uint64_t source_built(const char *module_path, uint64_t start_ns);

#endif
