/*
 * The variables of a module that have a place of their own: globals, statics, thread-local ones.
 */
#ifndef SILT_SYMBOLIZE_GLOBALS_H
#define SILT_SYMBOLIZE_GLOBALS_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"
#include "symbolize/variable.h"

struct global {
	/* address and size; the rest when `described` */
	struct variable variable;
	/* as in the symbol table; NULL: only debug information knows it */
	const char *symbol;
	/* addr NULL: only the symbol table knows it */
	Dwarf_Die die;
	/* that it is local to; addr NULL: to none */
	Dwarf_Die function;
	uint32_t unit;
	bool tls;
	bool described;
};

/* The variable that covers the address; NULL: none. The tables are made at the first call. */
struct global *globals_find(struct module_symbols *module, uint64_t address, bool tls);
/* The variable as its table knows it; NULL: it is not of this module. */
const struct global *globals_of(const struct module_symbols *module,
				const struct variable *variable);

void globals_free(struct globals *globals);

#endif
