/*
 * Finds the blamed frame: the innermost frame of a call stack that is neither an allocator nor a
 * wrapper around one. The standard libraries of C and C++ count as wrappers, because their
 * functions and containers allocate for their callers.
 * Must not: know programs; the built-in patterns name standard functions and files only.
 */
#ifndef SILT_MODEL_BLAME_H
#define SILT_MODEL_BLAME_H

#include <stddef.h>

#include "symbolize/frame.h"

struct blame {
	/* patterns of --skip: globs of function names */
	const char **patterns;
	size_t count;
	/* --skip none: the innermost frame is blamed */
	bool nothing_skipped;
};

/* Returns the index of the first of `count` frames, innermost first, that is not an allocator;
 * `count` if all are. */
size_t blame_first(const struct blame *blame, const struct frame *frames, size_t count);
/* Returns true for a frame of the C library or the dynamic linker. Its caller is blamed instead,
 * if there is one. */
bool blame_in_libc(const struct frame *frame);

#endif
