/*
 * Finds the variables and parameters of a function that lie in its frame.
 */
#ifndef SILT_SYMBOLIZE_LOCALS_H
#define SILT_SYMBOLIZE_LOCALS_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"

struct local {
	Dwarf_Die die;
	struct unit *unit;
	/* offset of the word in the variable */
	uint64_t offset;
};

/* Finds the variable that covers the word at CFA + cfa_offset in the frame of the function at
 * `address` (in the module's file). Returns false if none is known. */
bool locals_find(struct module_symbols *module, uint64_t address, int64_t cfa_offset,
		 struct local *local);

/* Finds the variable that is in register `number` (DWARF's numbering) there. */
bool locals_find_in_register(struct module_symbols *module, uint64_t address, unsigned number,
			     struct local *local);

/* Returns the DWARF number of the caller's register that the function has saved at CFA +
 * cfa_offset; -1 if none. */
int locals_saved_at(struct module_symbols *module, uint64_t address, int64_t cfa_offset);
/* Returns true if the function has saved this register of its caller, and so may hold a value of
 * its own in it. */
bool locals_saves(struct module_symbols *module, uint64_t address, unsigned number);

#endif
