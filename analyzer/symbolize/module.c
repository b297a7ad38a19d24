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
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbolize/containers.h"
#include "symbolize/globals.h"
#include "symbolize/type_index.h"
#include "util/mem.h"

#define MAX_SCOPE_DEPTH 200u

/* -- opening -- */

/* Finds the debug file, but refuses one that would exceed the bounds. */
static int find_debuginfo(Dwfl_Module *module, void **userdata, const char *name, GElf_Addr base,
			  const char *file, const char *link, GElf_Word checksum, char **found)
{
	struct module_symbols *symbols = *userdata;
	int fd = dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, checksum,
					      found);

	if (fd < 0 || !symbols || bounds_add_file(&symbols->bounds, fd))
		return fd;
	close(fd);
	free(*found);
	*found = NULL;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static bool same_build_id(Dwfl_Module *module, const struct symbol_module *wanted)
{
	const unsigned char *bits;
	GElf_Addr address;
	int size = dwfl_module_build_id(module, &bits, &address);

	return size > 0 && (size_t)size == wanted->build_id_size &&
	       memcmp(bits, wanted->build_id, (size_t)size) == 0;
}

static Dwfl_Module *report(struct module_symbols *symbols, const char *path)
{
	Dwfl_Module *module;
	struct stat status;
	/* O_NONBLOCK, because the path may name a FIFO */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		errno = EINVAL;
		return NULL;
	}
	symbols->bounds = (struct dwarf_bounds){0};
	bounds_add_file(&symbols->bounds, fd);
	symbols->dwfl = dwfl_begin(&callbacks);
	if (!symbols->dwfl) {
		close(fd);
		return NULL;
	}
	dwfl_report_begin(symbols->dwfl);
	/* unpacks a file that is compressed as a whole */
	bounds_limit_memory(&symbols->bounds);
	module = dwfl_report_elf(symbols->dwfl, path, path, fd, 0, true);
	bounds_unlimit_memory();
	dwfl_report_end(symbols->dwfl, NULL, NULL);
	if (!module) {
		close(fd); /* on success libdwfl keeps it */
		dwfl_end(symbols->dwfl);
		symbols->dwfl = NULL;
		errno = ENOEXEC;
	}
	return module;
}

static void unreport(struct module_symbols *symbols)
{
	if (symbols->dwfl)
		dwfl_end(symbols->dwfl);
	symbols->dwfl = NULL;
}

/* Returns true if the file is the recorded one. Without a build id only the machine can be
 * compared. */
static bool is_as_recorded(Dwfl_Module *module, const struct symbol_module *wanted)
{
	GElf_Addr bias;
	GElf_Ehdr header;
	Elf *elf;

	if (wanted->build_id_size)
		return same_build_id(module, wanted);
	elf = wanted->machine ? dwfl_module_getelf(module, &bias) : NULL;
	return !elf || !gelf_getehdr(elf, &header) || header.e_machine == wanted->machine;
}

/* Opens the module below SILT_SYSROOT, the root of another machine's files. */
static Dwfl_Module *report_below_sysroot(struct module_symbols *symbols,
					 const struct symbol_module *wanted)
{
	const char *sysroot = getenv("SILT_SYSROOT");
	Dwfl_Module *module;
	char *path;

	if (!sysroot || !sysroot[0])
		return NULL;
	path = mem_format("%s%s", sysroot, wanted->path);
	module = report(symbols, path);
	free(path);
	if (module && !is_as_recorded(module, wanted)) {
		unreport(symbols);
		return NULL;
	}
	return module;
}

/* Opens the debug file by build id, so that names survive the module's own file. */
static Dwfl_Module *report_debug_file(struct module_symbols *symbols,
				      const struct symbol_module *wanted)
{
	char path[200] = "/usr/lib/debug/.build-id/", *end = path + strlen(path);
	Dwfl_Module *module;

	if (wanted->build_id_size < 2 || wanted->build_id_size > 64)
		return NULL;
	for (size_t i = 0; i < wanted->build_id_size; i++) {
		static const char digits[] = "0123456789abcdef";

		*end++ = digits[wanted->build_id[i] >> 4];
		*end++ = digits[wanted->build_id[i] & 15];
		if (i == 0)
			*end++ = '/';
	}
	strcpy(end, ".debug");
	module = report(symbols, path);
	if (module && !same_build_id(module, wanted)) {
		unreport(symbols);
		return NULL;
	}
	return module;
}

/* Linux appends this to the path of a mapped file that was removed or replaced; a new file may
 * have the path. Returns the path without it; NULL if it does not end so. */
static char *without_deleted(const char *path)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(path), suffix = sizeof deleted - 1;

	if (length <= suffix || strcmp(path + length - suffix, deleted) != 0)
		return NULL;
	return mem_substring(path, length - suffix);
}

static Dwfl_Module *open_module(struct module_symbols *symbols, const struct symbol_module *wanted,
				char **note)
{
	Dwfl_Module *module = report_below_sysroot(symbols, wanted), *debug;
	char *replacement;
	const char *problem;

	if (module)
		return module;
	module = report(symbols, wanted->path);
	if (module && is_as_recorded(module, wanted))
		return module;
	problem = module ? "is another build than the one recorded" : strerror(errno);
	unreport(symbols);
	replacement = wanted->build_id_size ? without_deleted(wanted->path)
					    /* only a build id can show that it is the same */
					    : NULL;
	if (replacement) {
		module = report(symbols, replacement);
		free(replacement);
		if (module && same_build_id(module, wanted))
			return module;
		unreport(symbols);
	}
	debug = report_debug_file(symbols, wanted);
	if (!debug)
		*note = mem_format("%s: %s; its functions are shown by address", wanted->path,
				   problem);
	return debug;
}

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

/* -- functions -- */

static void add_scope(struct unit *unit, Dwarf_Die *die, uint32_t parent, uint32_t depth,
		      bool inlined)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;

	MEM_GROW(unit->scopes, unit->scope_count, unit->scope_capacity);
	unit->scopes[unit->scope_count++] =
		(struct scope){.die = *die, .parent = parent, .inlined = inlined};
	while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0 && bounds_go_on()) {
		if (low >= high)
			continue;
		MEM_GROW(unit->ranges, unit->range_count, unit->range_capacity);
		unit->ranges[unit->range_count++] =
			(struct scope_range){low, high, (uint32_t)(unit->scope_count - 1), depth};
	}
}

static void read_scopes(struct unit *unit, Dwarf_Die *parent_die, uint32_t parent, uint32_t depth)
{
	Dwarf_Die die;

	if (depth > MAX_SCOPE_DEPTH || dwarf_child(parent_die, &die) != 0)
		return;
	do {
		uint32_t inner = parent;

		/* Sound entries come in ascending order; a damaged sibling link would make the
		 * loop read some entries again and again. */
		if (dwarf_dieoffset(&die) <= unit->last || !bounds_go_on())
			return;
		unit->last = dwarf_dieoffset(&die);
		switch (dwarf_tag(&die)) {
		case DW_TAG_subprogram:
			add_scope(unit, &die, SCOPE_NONE, depth, false);
			inner = (uint32_t)(unit->scope_count - 1);
			break;
		case DW_TAG_inlined_subroutine:
			add_scope(unit, &die, parent, depth, true);
			inner = (uint32_t)(unit->scope_count - 1);
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_try_block:
		case DW_TAG_catch_block:
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_structure_type:
		case DW_TAG_class_type:
		case DW_TAG_union_type:
		case DW_TAG_enumeration_type: /* in Rust enumerations contain functions */
			break;
		default:
			continue;
		}
		read_scopes(unit, &die, inner, depth + 1);
		/* dwarf_siblingof() skips all that lies in the entry, which may take long */
		if (!bounds_go_on_now())
			return;
	} while (dwarf_siblingof(&die, &die) == 0);
}

static int compare_scope_ranges(const void *a, const void *b)
{
	const struct scope_range *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return x->depth < y->depth ? -1 : x->depth > y->depth;
}

static void read_unit(struct unit *unit)
{
	uint64_t reach = 0;

	read_scopes(unit, &unit->split, SCOPE_NONE, 0);
	if (unit->range_count)
		qsort(unit->ranges, unit->range_count, sizeof *unit->ranges, compare_scope_ranges);
	unit->reach = mem_zeroed(unit->range_count, sizeof *unit->reach);
	for (size_t i = 0; i < unit->range_count; i++) {
		if (unit->ranges[i].high > reach)
			reach = unit->ranges[i].high;
		unit->reach[i] = reach;
	}
	unit->read = true;
}

uint32_t module_symbols_scope(struct unit *unit, uint64_t address)
{
	uint32_t best = SCOPE_NONE, best_depth = 0;
	size_t low = 0, high;

	if (!unit->read)
		read_unit(unit);
	high = unit->range_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (unit->ranges[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i-- > 0 && unit->reach[i] > address;) {
		const struct scope_range *range = &unit->ranges[i];

		if (address < range->high && (best == SCOPE_NONE || range->depth > best_depth)) {
			best = range->scope;
			best_depth = range->depth;
		}
	}
	return best;
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
	module = open_module(symbols, wanted, note);
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
	unreport(module);
	free(module);
}
