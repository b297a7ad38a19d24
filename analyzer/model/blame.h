/*
 * Finds the blamed frame: the innermost frame of a call stack that is neither an allocator nor a
 * wrapper around one. The C++ standard library counts as a wrapper, because its containers allocate
 * for their callers.
 * Must not: know programs; the built-in patterns name standard functions only.
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

#endif
