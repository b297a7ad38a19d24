/*
 * One module's symbols and debug information, opened once.
 * Must not: know of frames or snapshots.
 */
#ifndef SILT_SYMBOLIZE_MODULE_H
#define SILT_SYMBOLIZE_MODULE_H

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include "symbolize/bounds.h"
#include "symbolize/symbolize.h"

struct symbol {
	uint64_t start, size;
	/* mangled */
	const char *name;
};

/* Addresses that a compile unit covers. */
struct unit_range {
	uint64_t low, high;
	uint32_t unit;
};

/* A function or a function inlined in it; a tree, one root per function. */
struct scope {
	Dwarf_Die die;
	/* demangled; NULL until asked for */
	const char *name;
	/* index of the enclosing scope, or SCOPE_NONE */
	uint32_t parent;
	bool inlined;
	/* see signature.h */
	bool signature_known, allocator_like;
};
#define SCOPE_NONE UINT32_MAX

struct scope_range {
	uint64_t low, high;
	uint32_t scope;
	/* of the scope: the deepest that covers an address is the innermost */
	uint32_t depth;
};

struct unit {
	/* with the line table */
	Dwarf_Die die;
	/* with the functions: another one with split DWARF */
	Dwarf_Die split;
	/* scopes are there */
	bool read;
	/* the line table may be read */
	bool lines_asked, has_lines;
	/* offset of the entry read last, while reading */
	Dwarf_Off last;
	struct scope *scopes;
	size_t scope_count, scope_capacity;
	/* sorted by low; functions and inlined ones together */
	struct scope_range *ranges;
	size_t range_count, range_capacity;
	/* highest `high` of ranges[0..i]: ends a search backwards */
	uint64_t *reach;
};

struct module_symbols {
	Dwfl *dwfl;
	/* NULL: no file was found */
	Dwfl_Module *opened;
	/* address in `dwarf` + bias = address in the module's file */
	Dwarf_Addr dwarf_bias;
	/* NULL: no debug information */
	Dwarf *dwarf;
	/* what reading it has cost and may cost */
	struct dwarf_bounds bounds;
	/* that it costs too much */
	bool told;
	/* functions, sorted by start */
	struct symbol *symbols;
	size_t symbol_count;
	struct unit *units;
	size_t unit_count;
	/* sorted by low */
	struct unit_range *unit_ranges;
	size_t unit_range_count;
	/* NULL until asked for: */
	struct globals *globals;
	struct type_index *type_index;
	struct containers *containers;
};

/* Opens what there is; empty tables where there is nothing. A line of explanation, to free,
 * goes to `note` (NULL: none). */
struct module_symbols *module_symbols_open(const struct symbol_module *module, char **note);
void module_symbols_free(struct module_symbols *module);

/* The symbol that covers the address; NULL: none. */
const struct symbol *module_symbols_find(const struct module_symbols *module, uint64_t address);
/* The unit that covers the address (in the DWARF's own addresses); NULL: none. */
struct unit *module_symbols_unit(struct module_symbols *module, uint64_t address);
/* May the unit's line table be read? */
bool module_symbols_has_lines(struct module_symbols *module, struct unit *unit);
/* The innermost function at the address; SCOPE_NONE: none. */
uint32_t module_symbols_scope(struct unit *unit, uint64_t address);

#endif
