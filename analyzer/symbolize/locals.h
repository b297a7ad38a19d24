/*
 * The variables and parameters of a function that lie in its frame.
 * Called by variable.c.
 */
#ifndef SILT_SYMBOLIZE_LOCALS_H
#define SILT_SYMBOLIZE_LOCALS_H

#include "symbolize/die.h"
#include "symbolize/module.h"

struct local {
	Dwarf_Die die;
	struct unit *unit;
	uint64_t offset; /* of the word in the variable */
};

/* The variable in the frame of the function at `address` (in the module's file) that the word at CFA +
 * cfa_offset is part of; false: none is known. */
bool locals_find(struct module_symbols *module, uint64_t address, int64_t cfa_offset, struct local *local);

#endif
