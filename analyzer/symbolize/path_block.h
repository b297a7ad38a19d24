/*
 * Finds the pointer that a path follows in a heap block, by the type of the block. The block may be
 * an array of the type, or a larger structure that contains it.
 */
#ifndef SILT_SYMBOLIZE_PATH_BLOCK_H
#define SILT_SYMBOLIZE_PATH_BLOCK_H

#include <elfutils/libdw.h>

#include "symbolize/fields.h"
#include "symbolize/module.h"
#include "symbolize/variable.h"

/* What is known about a block: an object of `type` lies at offset `at`. */
struct path_block {
	/* resolved; addr NULL: unknown */
	Dwarf_Die type;
	uint64_t at;
};

/* Stores the way to the word at step->offset in the block; returns false if the type does not
 * explain the word. May refine what is known about the block. `after`: the step after this one, and
 * `next` what it needs; either may be NULL. */
bool path_block_find(struct module_symbols *module, struct path_block *block,
		     const struct path_step *step, const struct path_step *after,
		     const struct fields_next *next, struct trail *trail);

/* After a back link (BSD's queue.h), which points to a pointer inside an element, makes the block
 * that element. `trail`: the way by which the path left the block before. */
void path_block_follow_back_link(struct module_symbols *module, struct path_block *block,
				 const struct trail *trail);

#endif
