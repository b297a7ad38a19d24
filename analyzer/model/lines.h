/*
 * What each line of a source file allocates: itself, and through what it calls.
 * Must not: read source files, print.
 */
#ifndef SILT_MODEL_LINES_H
#define SILT_MODEL_LINES_H

#include <stddef.h>
#include <stdint.h>

struct filter_list;
struct profile;

struct lines_figures {
	/* live, of blocks whose blamed frame is this line */
	uint64_t size, count;
	/* of these, allocated since recording began */
	uint64_t total_bytes, total_blocks;
	uint64_t through_size,
		/* live, of blocks that have this line anywhere on their call stack */
		through_count;
};

struct lines_line {
	unsigned line;
	/* of one of its frames; NULL: unknown */
	const char *function;
	struct lines_figures old, new;
};

struct lines {
	/* by line */
	struct lines_line *list;
	size_t count;
	/* that the file's code is in; NULL: in none */
	const char *module_path;
};

/* The lines of `file`, exactly as in the debug information, in `new`, and in `old` unless NULL. */
struct lines *lines_new(const char *file, const struct profile *old, const struct profile *new,
			const struct filter_list *filters);
void lines_free(struct lines *lines);

/* The files of a profile that `name` may mean: equal to it, ending in "/NAME", or the same file
 * on disk; NULL-ended, to free. An equal one is the only one. */
const char **lines_files(const struct profile *profile, const char *name);

#endif
