/*
 * Allocators of the program's own, told by what they do: a function that hands its callers' sizes
 * on to malloc.
 * Must not: look at names.
 *
 * A snapshot shows it without a look at code: the blocks that one function allocates have one size
 * for each call stack, and different ones for different callers. So the size is the callers'
 * choice, and they are to be blamed. Where some callers ask for strings, of any length, or have
 * asked once, half of the others ask for whole words, of three sizes at least. What makes objects
 * of its own kind has one size for all; what copies strings has many for each. Where debug
 * information says that the function returns void * for an integer, two callers and two sizes are
 * enough.
 */
#ifndef SILT_MODEL_OWN_ALLOCATORS_H
#define SILT_MODEL_OWN_ALLOCATORS_H

#include "model/profile.h"

struct blame;
struct own_allocators;

struct own_allocators *own_allocators_new(void);
void own_allocators_free(struct own_allocators *allocators);
/* Adds those that a profile shows to those known before, and moves the blame of its sites on to
 * their callers. */
void own_allocators_pass_on(struct own_allocators *allocators, struct profile *profile,
			    const struct blame *blame);

#endif
