/*
 * Sums up what each line of a source file allocates: itself, and through what it calls.
 * Must not: read source files, print.
 */
#ifndef SILT_MODEL_LINES_H
#define SILT_MODEL_LINES_H

#include <stddef.h>
#include <stdint.h>

struct filter_list;
struct profile;

struct lines_figures {
	/* live, of blocks that are blamed on this line */
	uint64_t size, count;
	/* of these blocks, allocated since recording began */
	uint64_t total_bytes, total_blocks;
	uint64_t through_size,
		/* live, of blocks that have this line anywhere on their call stack */
		through_count;
};

struct lines_line {
	unsigned line;
	/* function of one of its frames; NULL: unknown */
	const char *function;
	struct lines_figures old, new;
};

struct lines {
	/* sorted by line */
	struct lines_line *list;
	size_t count;
	/* module that has the file's code; NULL: none */
	const char *module_path;
};

/* Sums up the lines of `file`, named as in the debug information, in `new`, and in `old` unless
 * it is NULL. Free with lines_free(). */
struct lines *lines_new(const char *file, const struct profile *old, const struct profile *new,
			const struct filter_list *filters);
void lines_free(struct lines *lines);

/* Returns the files of a profile that `name` may mean: the file of that name alone if there is
 * one, else those that end in "/NAME" or are the same file on disk. The array ends with NULL;
 * the caller frees it. */
const char **lines_files(const struct profile *profile, const char *name);

#endif
