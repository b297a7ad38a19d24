/*
 * The variables and parameters of a function that lie in its frame.
 */
#ifndef SILT_SYMBOLIZE_LOCALS_H
#define SILT_SYMBOLIZE_LOCALS_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"

struct local {
	Dwarf_Die die;
	struct unit *unit;
	/* of the word in the variable */
	uint64_t offset;
};

/* The variable in the frame of the function at `address` (in the module's file) that the word
 * at CFA + cfa_offset is part of; false: none is known. */
bool locals_find(struct module_symbols *module, uint64_t address, int64_t cfa_offset,
		 struct local *local);

/* The same for a variable that is in a register there, by its DWARF number. */
bool locals_find_in_register(struct module_symbols *module, uint64_t address, unsigned number,
			     struct local *local);

/* Which of its caller's registers a function has saved at CFA + cfa_offset, by DWARF number;
 * -1: none. */
int locals_saved_at(struct module_symbols *module, uint64_t address, int64_t cfa_offset);
/* Has it saved that register of its caller, so that it has a value of its own in it? */
bool locals_saves(struct module_symbols *module, uint64_t address, unsigned number);

#endif
