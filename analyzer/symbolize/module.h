/*
 * The symbols and debug information of one module, opened once.
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

/* A range of addresses that a compile unit covers. */
struct unit_range {
	uint64_t low, high;
	uint32_t unit;
};

/* A function, or a function inlined in it. Each function is the root of a tree. */
struct scope {
	Dwarf_Die die;
	/* demangled; NULL until it is needed */
	const char *name;
	/* index of the enclosing scope, or SCOPE_NONE */
	uint32_t parent;
	bool inlined;
	/* `allocator_like` is valid if signature_known; see signature.h */
	bool signature_known, allocator_like;
};
#define SCOPE_NONE UINT32_MAX

struct scope_range {
	uint64_t low, high;
	uint32_t scope;
	/* depth of the scope in its tree: of the ranges that cover an address the deepest is
	 * innermost */
	uint32_t depth;
};

struct unit {
	/* the unit that has the line table */
	Dwarf_Die die;
	/* the unit that has the functions: differs from `die` with split DWARF */
	Dwarf_Die split;
	/* the scopes have been read */
	bool read;
	/* cached result of module_symbols_has_lines() */
	bool lines_asked, has_lines;
	/* while scopes are read: offset of the last entry */
	Dwarf_Off last;
	struct scope *scopes;
	size_t scope_count, scope_capacity;
	/* ranges of functions and inlined functions together, sorted by low */
	struct scope_range *ranges;
	size_t range_count, range_capacity;
	/* highest `high` of ranges[0..i]: ends a backward search */
	uint64_t *reach;
};

struct module_symbols {
	Dwfl *dwfl;
	/* NULL: no file was found */
	Dwfl_Module *opened;
	/* address in `dwarf` + dwarf_bias = address in the module's file */
	Dwarf_Addr dwarf_bias;
	/* NULL: no debug information */
	Dwarf *dwarf;
	/* what reading the module has cost, and may cost */
	struct dwarf_bounds bounds;
	/* a note says that the module was too costly to read */
	bool is_noted;
	/* functions, sorted by start */
	struct symbol *symbols;
	size_t symbol_count;
	struct unit *units;
	size_t unit_count;
	/* sorted by low */
	struct unit_range *unit_ranges;
	size_t unit_range_count;
	/* NULL until they are needed */
	struct globals *globals;
	struct type_index *type_index;
	struct containers *containers;
};

/* Opens the module's files and reads what they have; tables stay empty where there is nothing.
 * Never returns NULL; free with module_symbols_free(). `note` receives an explanation, which the
 * caller frees, if the file is missing or not the recorded one; else NULL. */
struct module_symbols *module_symbols_open(const struct symbol_module *module, char **note);
void module_symbols_free(struct module_symbols *module);

/* Returns the symbol that covers the address; NULL: none. */
const struct symbol *module_symbols_find(const struct module_symbols *module, uint64_t address);
/* Returns the unit that covers the address (in the addresses of the DWARF); NULL: none. */
struct unit *module_symbols_unit(struct module_symbols *module, uint64_t address);
/* Returns true if the unit's line table may be read without exceeding the bounds. */
bool module_symbols_has_lines(struct module_symbols *module, struct unit *unit);
/* Returns the innermost function at the address; SCOPE_NONE: none. */
uint32_t module_symbols_scope(struct unit *unit, uint64_t address);

#endif
