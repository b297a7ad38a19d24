/*
 * Suppressions that people already have, in LeakSanitizer's or Valgrind's syntax: which call stacks
 * are not to be reported.
 * Must not: know what a finding is.
 */
#ifndef SILT_GATE_SUPPRESSIONS_H
#define SILT_GATE_SUPPRESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "model/profile.h"

/*
 * LeakSanitizer (sanitizer_suppressions.cpp): lines "leak:PATTERN"; PATTERN is found anywhere in a
 * frame's function, source file or module, `*` stands for anything, `^` and `$` tie it to the
 * beginning and the end; "#" begins a comment. Valgrind (Valgrind User Manual 2.5): blocks of "{",
 * a name, "Memcheck:Leak", lines "fun:", "obj:", "src:" and "...", "}"; matched from the innermost
 * frame. Blocks for other tools and errors are passed over.
 */
struct suppression {
	/* what is shown: the pattern, or the block's name */
	char *name;
	/* where it stands */
	char *file;
	unsigned line;
	/* LeakSanitizer: the pattern; Valgrind: lines */
	char **frames;
	size_t frame_count, frame_capacity;
	bool valgrind;
	unsigned long used;
};

struct suppressions {
	struct suppression *list;
	size_t count, capacity;
};

/* Adds those of a file; false and `error` (file, line, remedy) if it cannot be read or
 * understood. */
bool suppressions_read(struct suppressions *suppressions, const char *path, char *error,
		       size_t error_size);
void suppressions_free(struct suppressions *suppressions);
/* The first that matches, counted as used; NULL: none. */
struct suppression *suppressions_find(struct suppressions *suppressions,
				      const struct profile_site *site);
/* Writes one that matches a site. */
void suppressions_write(FILE *file, const struct profile_site *site, bool valgrind,
			const char *name);

#endif
