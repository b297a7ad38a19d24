/*
 * Finds the variables of a module that have a fixed place: see globals.h.
 *
 * A symbol table has the place and size of each variable, debug information its type; either may be
 * missing.
 */
#include "symbolize/globals.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/bounds.h"
#include "symbolize/die.h"
#include "symbolize/location.h"
#include "symbolize/types.h"
#include "util/mem.h"

#define MAX_SCOPE_DEPTH 64u

struct globals {
	/* sorted by kind (data, then thread-local) and address */
	struct global *all;
	size_t count, capacity;
	/* highest end of all[0..i] of the same kind: ends a backward search */
	uint64_t *reach;
};

static struct global *add(struct globals *globals, uint64_t address, uint64_t size, bool tls)
{
	struct global *global;

	MEM_GROW(globals->all, globals->count, globals->capacity);
	global = &globals->all[globals->count++];
	*global = (struct global){.variable = {.address = address, .size = size}, .tls = tls};
	return global;
}

/* -- symbol tables -- */

static void add_symbols(struct globals *globals, struct module_symbols *module)
{
	int count = dwfl_module_getsymtab(module->opened);

	for (int i = 0; i < count; i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		const char *name = dwfl_module_getsym_info(module->opened, i, &symbol, &address,
							   NULL, NULL, NULL);
		unsigned type = GELF_ST_TYPE(symbol.st_info);
		bool tls = type == STT_TLS;

		if (!name || !name[0] || symbol.st_shndx == SHN_UNDEF ||
		    symbol.st_shndx == SHN_ABS ||
		    (type != STT_OBJECT && type != STT_COMMON && !tls))
			continue;
		add(globals, tls ? symbol.st_value : address, symbol.st_size, tls)->symbol = name;
	}
}

/* -- debug information -- */

struct walk {
	struct globals *globals;
	struct module_symbols *module;
	uint32_t unit;
	/* entries of symbol tables come first */
	size_t symbol_count;
	/* addresses of the TLS segment */
	uint64_t tls_start, tls_end;
};

static void read_tls_segment(struct walk *walk)
{
	GElf_Addr bias;
	Elf *elf = walk->module->opened ? dwfl_module_getelf(walk->module->opened, &bias) : NULL;
	size_t count;

	if (!elf || elf_getphdrnum(elf, &count) != 0)
		return;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_TLS) {
			walk->tls_start = segment.p_vaddr;
			walk->tls_end = segment.p_vaddr + segment.p_memsz;
		}
	}
}

/* Returns true if `symbol` names the variable `name`. The symbol of a static in a function has a
 * number after the name. */
static bool has_name(const char *symbol, const char *name, bool in_function)
{
	size_t length = strlen(name);

	if (strncmp(symbol, name, length) != 0)
		return false;
	if (!in_function)
		return symbol[length] == 0;
	return symbol[length] == '.' && symbol[length + 1] &&
	       symbol[length + 1 + strspn(symbol + length + 1, "0123456789")] == 0;
}

/* gcc for aarch64 gives no location for thread-local variables. Takes the only thread-local
 * symbol of the name. */
static bool locate_by_symbol(const struct walk *walk, Dwarf_Die *die, bool in_function,
			     uint64_t *address)
{
	const struct global *found = NULL;
	Dwarf_Attribute attribute;
	const char *name;

	if (walk->tls_end == 0 || dwarf_hasattr_integrate(die, DW_AT_location) ||
	    dwarf_hasattr(die, DW_AT_declaration) ||
	    dwarf_hasattr_integrate(die, DW_AT_const_value))
		return false;
	name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));
	if (!name)
		name = dwarf_diename(die);
	for (size_t i = 0; name && i < walk->symbol_count; i++) {
		const struct global *global = &walk->globals->all[i];

		if (!global->tls || !has_name(global->symbol, name, in_function))
			continue;
		if (found && found->variable.address != global->variable.address)
			return false; /* several variables have this name */
		found = global;
	}
	if (found)
		*address = found->variable.address;
	return found != NULL;
}

static void add_variable(struct walk *walk, Dwarf_Die *die, const Dwarf_Die *function)
{
	struct global *global;
	Dwarf_Die type;
	uint64_t address, size = 0;
	bool tls;

	if (!location_fixed(die, &address, &tls)) {
		if (!locate_by_symbol(walk, die, function != NULL, &address))
			return;
		tls = true;
	}
	if (!tls && (address == 0 || address >= UINT64_MAX - 1))
		return; /* the linker discarded it */
	/* With split DWARF gcc has the linker put an address where the offset in the TLS segment
	 * belongs. */
	if (tls && address >= walk->tls_start && address < walk->tls_end)
		address -= walk->tls_start;
	if (type_of(walk->module, die, &type) && !type_size(walk->module, &type, &size))
		size = 0;
	global = add(walk->globals, address + (tls ? 0 : walk->module->dwarf_bias), size, tls);
	global->die = *die;
	global->unit = walk->unit;
	if (function)
		global->function = *function;
}

static void add_scope(struct walk *walk, Dwarf_Die *parent, const Dwarf_Die *function,
		      unsigned depth)
{
	Dwarf_Die child;

	if (depth > MAX_SCOPE_DEPTH)
		return;
	for (bool more = die_child(parent, &child); more; more = die_next(&child)) {
		switch (dwarf_tag(&child)) {
		case DW_TAG_variable:
			add_variable(walk, &child, function);
			break;
		case DW_TAG_subprogram:
		case DW_TAG_inlined_subroutine:
			add_scope(walk, &child, &child, depth + 1);
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
		case DW_TAG_namespace:
		case DW_TAG_module:
			add_scope(walk, &child, function, depth + 1);
			break;
		default:
			break;
		}
	}
}

/* -- the table -- */

/* Of symbols at the same place the plainest comes first: without a leading underscore, then the
 * shortest. */
static int compare_names(const char *x, const char *y)
{
	size_t length_x, length_y;

	if (!x || !y)
		return x ? -1 : y ? 1 : 0;
	if ((x[0] == '_') != (y[0] == '_'))
		return x[0] == '_' ? 1 : -1;
	length_x = strlen(x);
	length_y = strlen(y);
	if (length_x != length_y)
		return length_x < length_y ? -1 : 1;
	return strcmp(x, y);
}

static int compare_globals(const void *a, const void *b)
{
	const struct global *x = a, *y = b;

	if (x->tls != y->tls)
		return x->tls ? 1 : -1;
	if (x->variable.address != y->variable.address)
		return x->variable.address < y->variable.address ? -1 : 1;
	if ((x->die.addr != NULL) != (y->die.addr != NULL))
		return x->die.addr ? -1 : 1;
	if (x->variable.size != y->variable.size)
		return x->variable.size > y->variable.size ? -1 : 1;
	return compare_names(x->symbol, y->symbol);
}

static void merge(struct globals *globals)
{
	size_t kept = 0;

	if (globals->count)
		qsort(globals->all, globals->count, sizeof *globals->all, compare_globals);
	for (size_t i = 0; i < globals->count; i++) {
		struct global *last = kept ? &globals->all[kept - 1] : NULL,
			      *global = &globals->all[i];

		if (!last || last->tls != global->tls ||
		    last->variable.address != global->variable.address) {
			globals->all[kept++] = *global;
			continue;
		}
		if (!last->symbol)
			last->symbol = global->symbol;
		/* the symbol's size includes an initialized flexible array, the type's does not */
		if (global->variable.size > last->variable.size)
			last->variable.size = global->variable.size;
	}
	globals->count = kept;
	globals->reach = mem_zeroed(kept + 1, sizeof *globals->reach);
	for (size_t i = 0; i < kept; i++) {
		const struct variable *variable = &globals->all[i].variable;
		bool first = i == 0 || globals->all[i - 1].tls != globals->all[i].tls;
		uint64_t end = variable->address + variable->size;

		globals->reach[i] =
			first || end > globals->reach[i - 1] ? end : globals->reach[i - 1];
	}
}

static struct globals *read_globals(struct module_symbols *module)
{
	struct globals *globals = mem_zeroed(1, sizeof *globals);
	struct walk walk = {.globals = globals, .module = module};

	if (module->opened)
		add_symbols(globals, module);
	walk.symbol_count = globals->count;
	read_tls_segment(&walk);
	for (size_t i = 0; i < module->unit_count; i++) {
		walk.unit = (uint32_t)i;
		add_scope(&walk, &module->units[i].split, NULL, 0);
	}
	merge(globals);
	return globals;
}

struct global *globals_find(struct module_symbols *module, uint64_t address, bool tls)
{
	size_t low = 0, high;
	struct globals *globals;

	if (!module->globals) {
		bounds_enter(&module->bounds);
		module->globals = read_globals(module);
		bounds_leave(&module->bounds);
	}
	globals = module->globals;
	high = globals->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct global *global = &globals->all[middle];

		if (global->tls != tls ? !global->tls : global->variable.address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i-- > 0 && globals->all[i].tls == tls;) {
		struct variable *variable = &globals->all[i].variable;

		if (address - variable->address < variable->size || address == variable->address)
			return &globals->all[i];
		if (globals->reach[i] <= address)
			break;
	}
	return NULL;
}

const struct global *globals_of(const struct module_symbols *module,
				const struct variable *variable)
{
	const struct global *global = (const struct global *)(const void *)variable;
	const struct globals *globals = module->globals;

	if (!globals || (uintptr_t)global < (uintptr_t)globals->all ||
	    (uintptr_t)global >= (uintptr_t)(globals->all + globals->count))
		return NULL;
	return global;
}

void globals_free(struct globals *globals)
{
	if (!globals)
		return;
	free(globals->all);
	free(globals->reach);
	free(globals);
}
