/*
 * The blamed frame: the innermost frame of a traceback that is not an allocator or a wrapper around one.
 * Called by model/profile.c.
 * Must not: know programs; the built-in patterns name standard functions only.
 */
#ifndef SILT_MODEL_BLAME_H
#define SILT_MODEL_BLAME_H

#include <stddef.h>

#include "model/frame.h"

struct blame {
	const char **patterns; /* added by --skip: globs matched against function names */
	size_t count;
	bool nothing_skipped; /* --skip none: the innermost frame is blamed */
};

/* The index of the blamed frame among `count` frames, innermost first. If all are allocators, the outermost:
 * something called them. `count` is at least 1. */
size_t blame_frame(const struct blame *blame, const struct frame *const *frames, size_t count);

#endif
