/*
 * Functions that are blamed for much, but look like allocators of the program's own: --skip would
 * say more.
 * Must not: change who is blamed: a name is no proof; print.
 */
#ifndef SILT_MODEL_WRAPPERS_H
#define SILT_MODEL_WRAPPERS_H

#include "model/filter.h"
#include "model/profile.h"

#define WRAPPERS_MOST 3

struct wrappers {
	/* the largest first, as the profile has them */
	const char *names[WRAPPERS_MOST];
	size_t count;
	/* of the live bytes, all together: 0 to 1 */
	double share;
};

/* A function is one if its name says so (...alloc..., ...strdup..., ...memdup...), at least
 * three functions call it, and it has a twentieth of the live bytes; nothing is found unless
 * they have a tenth together. */
void wrappers_find(const struct profile *profile, const struct filter_list *filters,
		   struct wrappers *wrappers);

#endif
