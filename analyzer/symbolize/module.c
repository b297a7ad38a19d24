/*
 * One module's symbols and debug information: see module.h.
 *
 * libdwfl finds the files (debug links, build ids, debuginfod, dwz, compressed symbol tables); the
 * tables are ours, because asking libdwfl or dwarf_getscopes for each of 100,000 addresses takes
 * seconds, and because libdw finds no unit for an address where .debug_aranges is missing (clang
 * writes none).
 */
#include "symbolize/module.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/containers.h"
#include "symbolize/globals.h"
#include "symbolize/module_file.h"
#include "symbolize/type_index.h"
#include "util/mem.h"

/* -- symbols -- */

/* bytes compared of a name: a hostile file may have 100,000 names that differ only after a
 * megabyte */
#define COMPARED 256

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return strncmp(x->name, y->name, COMPARED); /* always prefers the same alias */
}

static void read_symbols(struct module_symbols *symbols, Dwfl_Module *module)
{
	size_t capacity = 0, kept = 0;
	int count;

	bounds_limit_memory(&symbols->bounds); /* unpacks .gnu_debugdata */
	count = dwfl_module_getsymtab(module);
	bounds_unlimit_memory();
	for (int i = 0; i < count && bounds_go_on(); i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		const char *name =
			dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL);
		unsigned type = GELF_ST_TYPE(symbol.st_info);

		if (!name || !name[0] || symbol.st_shndx == SHN_UNDEF ||
		    (type != STT_FUNC && type != STT_GNU_IFUNC &&
		     !(type == STT_NOTYPE && name[0] != '.' && name[0] != '$')))
			continue;
		MEM_GROW(symbols->symbols, symbols->symbol_count, capacity);
		symbols->symbols[symbols->symbol_count++] =
			(struct symbol){address, symbol.st_size, name};
	}
	if (symbols->symbol_count)
		qsort(symbols->symbols, symbols->symbol_count, sizeof *symbols->symbols,
		      compare_symbols);
	for (size_t i = 0; i < symbols->symbol_count;
	     i++) /* of symbols with the same start keep the largest */
		if (kept == 0 || symbols->symbols[kept - 1].start != symbols->symbols[i].start)
			symbols->symbols[kept++] = symbols->symbols[i];
	symbols->symbol_count = kept;
}

const struct symbol *module_symbols_find(const struct module_symbols *module, uint64_t address)
{
	size_t low = 0, high = module->symbol_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (module->symbols[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* An inner label may lie within a function: look a little further back for a symbol that
	 * covers the address. */
	for (size_t i = low; i-- > 0 && low - i <= 16;) {
		const struct symbol *symbol = &module->symbols[i];

		if (address - symbol->start < symbol->size || (symbol->size == 0 && i + 1 == low))
			return symbol;
	}
	return NULL;
}

/* -- units -- */

static int compare_unit_ranges(const void *a, const void *b)
{
	const struct unit_range *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

static void read_units(struct module_symbols *symbols)
{
	size_t unit_capacity = 0, range_capacity = 0;
	Dwarf_CU *cu = NULL;
	Dwarf_Die die, split;
	uint8_t type;

	while (dwarf_get_units(symbols->dwarf, cu, &cu, NULL, &type, &die, &split) == 0) {
		Dwarf_Addr base, low, high;
		ptrdiff_t offset = 0;

		if (!bounds_go_on_now())
			break;
		if (type != DW_UT_compile && type != DW_UT_skeleton && type != DW_UT_partial)
			continue;
		while ((offset = dwarf_ranges(&die, offset, &base, &low, &high)) > 0 &&
		       bounds_go_on()) {
			if (low >= high)
				continue;
			MEM_GROW(symbols->unit_ranges, symbols->unit_range_count, range_capacity);
			symbols->unit_ranges[symbols->unit_range_count++] =
				(struct unit_range){low, high, (uint32_t)symbols->unit_count};
		}
		MEM_GROW(symbols->units, symbols->unit_count, unit_capacity);
		symbols->units[symbols->unit_count++] = (struct unit){
			.die = die, .split = type == DW_UT_skeleton && split.addr ? split : die};
	}
	if (symbols->unit_range_count)
		qsort(symbols->unit_ranges, symbols->unit_range_count, sizeof *symbols->unit_ranges,
		      compare_unit_ranges);
}

struct unit *module_symbols_unit(struct module_symbols *module, uint64_t address)
{
	size_t low = 0, high = module->unit_range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (module->unit_ranges[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || address >= module->unit_ranges[low - 1].high)
		return NULL;
	return &module->units[module->unit_ranges[low - 1].unit];
}

/* -- lines -- */

/* Returns the size of the line table at an offset of .debug_line; 0: there is none. */
static uint64_t line_table_size(Dwarf *dwarf, uint64_t offset)
{
	Elf *elf = dwarf_getelf(dwarf);
	Elf_Scn *section = NULL;
	Elf_Data *data;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return 0;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(section, &header)
					   ? elf_strptr(elf, names, header.sh_name)
					   : NULL;
		uint32_t size;
		uint64_t long_size;

		if (!name ||
		    (strcmp(name, ".debug_line") != 0 && strcmp(name, ".zdebug_line") != 0))
			continue;
		data = elf_getdata(section, NULL);
		if (!data || data->d_size < 12 || offset > data->d_size - 12)
			return 0;
		memcpy(&size, (const char *)data->d_buf + offset, sizeof size);
		memcpy(&long_size, (const char *)data->d_buf + offset + sizeof size,
		       sizeof long_size);
		return size == UINT32_MAX ? long_size : size;
	}
	return 0;
}

/* Bounded, because a row takes one byte in the file and fifty in memory. */
bool module_symbols_has_lines(struct module_symbols *module, struct unit *unit)
{
	Dwarf_Attribute found;
	Dwarf_Word offset;

	if (unit->lines_asked)
		return unit->has_lines;
	unit->lines_asked = true;
	unit->has_lines = true;
	if (dwarf_formudata(dwarf_attr(&unit->die, DW_AT_stmt_list, &found), &offset) == 0)
		unit->has_lines =
			bounds_take_lines(&module->bounds, line_table_size(module->dwarf, offset));
	if (!unit->has_lines)
		module->bounds.exceeded = true;
	return unit->has_lines;
}

/* -- open and close -- */

/* Reads names from symbols and debug information. Of a file that is too costly to read, keeps
 * the names read so far. */
static void read_all(struct module_symbols *symbols, Dwfl_Module *module)
{
	void **userdata;

	dwfl_module_info(module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = symbols;
	if (symbols->bounds.exceeded)
		return; /* libdw would unpack all sections at once */
	bounds_enter(&symbols->bounds);
	read_symbols(symbols, module);
	if (bounds_go_on_now()) {
		bounds_limit_memory(&symbols->bounds);
		symbols->dwarf = dwfl_module_getdwarf(module, &symbols->dwarf_bias);
		bounds_unlimit_memory();
	}
	if (symbols->dwarf)
		read_units(symbols);
	bounds_leave(&symbols->bounds);
}

struct module_symbols *module_symbols_open(const struct symbol_module *wanted, char **note)
{
	struct module_symbols *symbols = mem_zeroed(1, sizeof *symbols);
	Dwfl_Module *module;

	*note = NULL;
	if (wanted->vdso || !wanted->path[0])
		return symbols;
	module = module_file_open(symbols, wanted, note);
	if (!module)
		return symbols;
	symbols->opened = module;
	read_all(symbols, module);
	return symbols;
}

void module_symbols_free(struct module_symbols *module)
{
	for (size_t i = 0; i < module->unit_count; i++) {
		free(module->units[i].scopes);
		free(module->units[i].ranges);
		free(module->units[i].reach);
	}
	globals_free(module->globals);
	type_index_free(module->type_index);
	containers_free(module->containers);
	free(module->units);
	free(module->unit_ranges);
	free(module->symbols);
	module_file_close(module);
	free(module);
}
