/*
 * Finds functions that are blamed for much but look like allocators of the program's own, so that
 * --skip would show more.
 * Must not: change who is blamed: a name is no proof; print.
 */
#ifndef SILT_MODEL_WRAPPERS_H
#define SILT_MODEL_WRAPPERS_H

#include "model/filter.h"
#include "model/profile.h"

#define WRAPPERS_MOST 3

struct wrappers {
	/* by live bytes, in the profile's own strings */
	const char *names[WRAPPERS_MOST];
	size_t count;
	/* their share of the live bytes together, from 0 to 1 */
	double share;
};

/* Finds functions that have a name like an allocator's (...alloc..., ...strdup...,
 * ...memdup...), several callers, and a large part of the live bytes. Finds nothing if their
 * parts together are small. */
void wrappers_find(const struct profile *profile, const struct filter_list *filters,
		   struct wrappers *wrappers);

#endif
