/*
 * Finds the structure that contains a given structure: the list head of an intrusive list, the
 * class of a base class.
 */
#ifndef SILT_SYMBOLIZE_CONTAINERS_H
#define SILT_SYMBOLIZE_CONTAINERS_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"

/* What a path needs of a container: a structure that holds an object of a known type (the part).
 * A word is a pointer, or with a stride an array of pointers `stride` bytes apart. */
struct container_wanted {
	/* offset of the part in the container */
	uint64_t at;
	/* the word that the path leaves by */
	uint64_t word, stride;
	/* a second word that must be a pointer or bytes; equal to `word` if there is none */
	uint64_t also, also_stride;
	/* Unless `leads` is 0, a container is better if `word` points to a structure with a
	 * pointer at `target_word`. */
	uint64_t leads;
	uint64_t target_word, target_stride;
};

/* Returns the number of different containers of the type `part` that suit best, at most 2, and
 * stores the first in `container`. Containers in the unit of `part` come first. */
unsigned containers_find(struct module_symbols *module, Dwarf_Die *part,
			 const struct container_wanted *wanted, Dwarf_Die *container);

void containers_free(struct containers *containers);

#endif
