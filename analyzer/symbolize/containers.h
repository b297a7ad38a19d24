/*
 * Structures by what lies in them: whose list head is this?
 */
#ifndef SILT_SYMBOLIZE_CONTAINERS_H
#define SILT_SYMBOLIZE_CONTAINERS_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"

/* What a path wants of a container: a structure that holds an object of a known type (the
 * part). Words are pointers, or arrays of pointers `stride` apart unless that is 0. */
struct container_wanted {
	/* offset of the part */
	uint64_t at;
	/* the word that leads on */
	uint64_t word, stride;
	/* another one; the same where there is no other */
	uint64_t also, also_stride;
	/* Unless `leads` is 0: better if `word` points to a structure with a pointer here. */
	uint64_t leads;
	uint64_t target_word, target_stride;
};

/* The number of different containers of the type `part` that suit best, at most 2, those in the
 * unit of `part` first; *container is the first. */
unsigned containers_find(struct module_symbols *module, Dwarf_Die *part,
			 const struct container_wanted *wanted, Dwarf_Die *container);

void containers_free(struct containers *containers);

#endif
