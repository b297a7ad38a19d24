/*
 * Finds allocators of the program's own by what they do: a function that passes its callers' sizes
 * on to malloc.
 * Must not: look at names.
 *
 * A snapshot shows such a function without its code. The blocks that it allocates have one size for
 * each call stack, and different sizes for different callers: so the callers choose the size, and
 * are blamed. If some callers ask for strings of any length, or ask once, at least half of the
 * others must ask for whole words, in at least three sizes. A function that makes objects has one
 * size for all callers; a function that copies strings has many sizes for each. If debug
 * information says that the function returns void * and takes an integer, two callers and two sizes
 * suffice.
 */
#ifndef SILT_MODEL_OWN_ALLOCATORS_H
#define SILT_MODEL_OWN_ALLOCATORS_H

#include "model/profile.h"

struct blame;
struct own_allocators;

struct own_allocators *own_allocators_new(void);
void own_allocators_free(struct own_allocators *allocators);
/* Adds the allocators that a profile shows to those known, and moves the blame of the profile's
 * sites on to their callers. */
void own_allocators_pass_on(struct own_allocators *allocators, struct profile *profile,
			    const struct blame *blame);

#endif
