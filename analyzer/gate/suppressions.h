/*
 * Reads suppressions in LeakSanitizer's or Valgrind's syntax: call stacks that are not reported.
 * Must not: know what a finding is.
 */
#ifndef SILT_GATE_SUPPRESSIONS_H
#define SILT_GATE_SUPPRESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "model/profile.h"

/*
 * LeakSanitizer (sanitizer_suppressions.cpp): lines "leak:PATTERN". PATTERN matches anywhere in a
 * frame's function, source file or module; `*` matches any text, `^` and `$` anchor it to the
 * beginning and the end; "#" begins a comment. Valgrind (Valgrind User Manual 2.5): blocks of "{",
 * a name, "Memcheck:Leak", lines "fun:", "obj:", "src:" and "...", "}", matched from the innermost
 * frame. Blocks for other tools and errors are skipped.
 */
struct suppression {
	/* the name that is printed: the pattern, or the block's name */
	char *name;
	/* where the suppression begins */
	char *file;
	unsigned line;
	/* LeakSanitizer: the pattern; Valgrind: the lines of the block */
	char **frames;
	size_t frame_count, frame_capacity;
	bool valgrind;
	unsigned long used;
};

struct suppressions {
	struct suppression *list;
	size_t count, capacity;
};

/* Adds the suppressions of a file. Returns false, with file, line and remedy in `error`, if the
 * file cannot be read or has an error. */
bool suppressions_read(struct suppressions *suppressions, const char *path, char *error,
		       size_t error_size);
void suppressions_free(struct suppressions *suppressions);
/* Returns the first suppression that matches, counted as used; NULL if none does. */
struct suppression *suppressions_find(struct suppressions *suppressions,
				      const struct profile_site *site);
/* Writes a suppression that matches the call stack of a site. */
void suppressions_write(FILE *file, const struct profile_site *site, bool valgrind,
			const char *name);

#endif
