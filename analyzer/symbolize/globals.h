/*
 * Finds the variables of a module that have a fixed place: globals, statics, thread-local
 * variables.
 */
#ifndef SILT_SYMBOLIZE_GLOBALS_H
#define SILT_SYMBOLIZE_GLOBALS_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"
#include "symbolize/variable.h"

struct global {
	/* address and size; the other fields once `described` is true */
	struct variable variable;
	/* the name in the symbol table; NULL: only debug information has the variable */
	const char *symbol;
	/* addr NULL: only the symbol table has the variable */
	Dwarf_Die die;
	/* the function that the variable is local to; addr NULL: none */
	Dwarf_Die function;
	uint32_t unit;
	bool tls;
	bool described;
};

/* Returns the variable that covers the address; NULL: none. The first call builds the tables. */
struct global *globals_find(struct module_symbols *module, uint64_t address, bool tls);
/* Returns the global that `variable` is part of; NULL: it is not of this module. */
const struct global *globals_of(const struct module_symbols *module,
				const struct variable *variable);

void globals_free(struct globals *globals);

#endif
