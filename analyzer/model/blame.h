/*
 * The blamed frame: the innermost frame of a traceback that is not an allocator or a wrapper around
 * one. The C++ standard library counts as a wrapper: its containers allocate for whoever calls
 * them.
 * Must not: know programs; the built-in patterns name standard functions only.
 */
#ifndef SILT_MODEL_BLAME_H
#define SILT_MODEL_BLAME_H

#include <stddef.h>

#include "symbolize/frame.h"

struct blame {
	/* added by --skip: globs matched against function names */
	const char **patterns;
	size_t count;
	/* --skip none: the innermost frame is blamed */
	bool nothing_skipped;
};

/* The index of the first of `count` frames, innermost first, that can be blamed; `count` if all
 * are allocators. */
size_t blame_first(const struct blame *blame, const struct frame *frames, size_t count);

#endif
