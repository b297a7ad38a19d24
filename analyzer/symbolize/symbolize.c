/* Resolves program counters to source: see symbolize.h. */
#include "symbolize/symbolize.h"

#include <dwarf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "symbolize/bounds.h"
#include "symbolize/demangle.h"
#include "symbolize/short_name.h"
#include "symbolize/die.h"
#include "symbolize/inside.h"
#include "symbolize/module.h"
#include "symbolize/signature.h"
#include "util/mem.h"

/* The cached frames of one program counter. */
struct entry {
	struct entry_key {
		const struct symbol_module *module;
		uint64_t address;
		uint64_t exact;
	} key;
	struct frame *frames;
	size_t count;
	UT_hash_handle hh;
};

struct module_entry {
	const struct symbol_module *module;
	struct module_symbols *symbols;
	UT_hash_handle hh;
};

struct symbol_name {
	/* the key, a mangled name or a text */
	char *mangled;
	char *text;
	UT_hash_handle hh;
};

struct symbolizer {
	struct entry *entries;
	struct module_entry *modules;
	/* demangled names */
	struct symbol_name *names;
	/* other texts: paths, names of variables and types */
	struct symbol_name *texts;
	char **notes;
	size_t note_count, note_capacity;
	/* number of frames in all entries */
	uint32_t frame_count;
};

struct symbolizer *symbolizer_new(void)
{
	return mem_zeroed(1, sizeof(struct symbolizer));
}

static void free_names(struct symbol_name *names)
{
	struct symbol_name *name, *next;

	HASH_ITER(hh, names, name, next)
	{
		HASH_DEL(names, name);
		free(name->mangled);
		free(name->text);
		free(name);
	}
}

void symbolizer_free(struct symbolizer *symbolizer)
{
	struct entry *entry, *next_entry;
	struct module_entry *module, *next_module;

	HASH_ITER(hh, symbolizer->entries, entry, next_entry)
	{
		HASH_DEL(symbolizer->entries, entry);
		free(entry->frames);
		free(entry);
	}
	HASH_ITER(hh, symbolizer->modules, module, next_module)
	{
		HASH_DEL(symbolizer->modules, module);
		module_symbols_free(module->symbols);
		free(module);
	}
	free_names(symbolizer->names);
	free_names(symbolizer->texts);
	for (size_t i = 0; i < symbolizer->note_count; i++)
		free(symbolizer->notes[i]);
	free(symbolizer->notes);
	free(symbolizer);
}

const char *symbolizer_note(const struct symbolizer *symbolizer, size_t i)
{
	return i < symbolizer->note_count ? symbolizer->notes[i] : NULL;
}

void symbolizer_add_note(struct symbolizer *symbolizer, char *note)
{
	MEM_GROW(symbolizer->notes, symbolizer->note_count, symbolizer->note_capacity);
	symbolizer->notes[symbolizer->note_count++] = note;
}

/* -- names -- */

/* Stores `text` under `key`; it is freed with the symbolizer. */
static const char *keep(struct symbol_name **names, const char *key, char *text)
{
	struct symbol_name *name = mem_alloc(sizeof *name);

	name->mangled = mem_string(key);
	name->text = text;
	HASH_ADD_KEYPTR(hh, *names, name->mangled, strlen(name->mangled), name);
	return name->text;
}

static const char *find(struct symbol_name *names, const char *key)
{
	struct symbol_name *name;

	HASH_FIND_STR(names, key, name);
	return name ? name->text : NULL;
}

const char *symbolizer_readable(struct symbolizer *symbolizer, const char *mangled)
{
	const char *known = find(symbolizer->names, mangled);
	char *text;

	if (known)
		return known;
	text = demangle(mangled);
	return text ? keep(&symbolizer->names, mangled, text) : mangled;
}

/* Returns the short form of a demangled name. */
static const char *short_of(struct symbolizer *symbolizer, const char *full)
{
	return full ? symbolizer_keep(symbolizer, short_name(full)) : NULL;
}

const char *symbolizer_keep(struct symbolizer *symbolizer, char *text)
{
	const char *known = find(symbolizer->texts, text);

	if (!known)
		return keep(&symbolizer->texts, text, text);
	free(text);
	return known;
}

static const char *scope_name(struct symbolizer *symbolizer, struct scope *scope)
{
	if (!scope->name) {
		const char *linkage = die_string(&scope->die, DW_AT_linkage_name);

		if (!linkage)
			linkage = die_string(&scope->die, DW_AT_MIPS_linkage_name);
		if (linkage)
			scope->name = symbolizer_readable(symbolizer, linkage);
		else
			scope->name = die_string(&scope->die, DW_AT_name);
	}
	return scope->name;
}

const char *symbolizer_source(struct symbolizer *symbolizer, struct unit *unit, const char *path)
{
	const char *directory;

	if (!path || path[0] == '/')
		return path;
	directory = die_string(&unit->die, DW_AT_comp_dir);
	/* if the directory is in the same unit, elfutils has prepended it already; it may be
	 * relative too */
	if (!directory ||
	    (strncmp(path, directory, strlen(directory)) == 0 && path[strlen(directory)] == '/'))
		return path;
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return symbolizer_keep(symbolizer, mem_format("%s/%s", directory, path));
}

/* -- frames -- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_allocator_like(struct module_symbols *symbols, struct scope *scope)
{
	if (!scope->signature_known) {
		scope->signature_known = true;
		scope->allocator_like = signature_is_allocator(symbols, &scope->die);
	}
	return scope->allocator_like;
}

/* A damaged file may have any line number; returns 0 if it is out of range. */
static unsigned line_number(uint64_t number)
{
	return number <= INT_MAX ? (unsigned)number : 0;
}

/* Makes the frames of an address from debug information; returns false if there is none for it. */
static bool frames_from_dwarf(struct symbolizer *symbolizer, struct module_symbols *symbols,
			      uint64_t lookup, struct entry *entry, struct frame *outermost)
{
	uint64_t address = lookup - symbols->dwarf_bias;
	struct unit *unit = symbols->dwarf && !symbols->bounds.exceeded
				    ? module_symbols_unit(symbols, address)
				    : NULL;
	const char *file = NULL;
	Dwarf_Line *line;
	uint32_t scope;
	int number = 0;

	if (!unit)
		return false;
	line = module_symbols_has_lines(symbols, unit) ? dwarf_getsrc_die(&unit->die, address)
						       : NULL;
	if (line) {
		file = symbolizer_source(symbolizer, unit, dwarf_linesrc(line, NULL, NULL));
		dwarf_lineno(line, &number);
	}
	scope = module_symbols_scope(unit, address);
	if (!file && scope == SCOPE_NONE)
		return false;
	for (; scope != SCOPE_NONE && unit->scopes[scope].inlined;
	     scope = unit->scopes[scope].parent) {
		struct scope *at = &unit->scopes[scope];
		struct frame frame = *outermost;

		frame.full_name = scope_name(symbolizer, at);
		frame.function = short_of(symbolizer, frame.full_name);
		frame.file = file;
		frame.line = line_number((uint64_t)number);
		frame.inlined = true;
		frame.allocator_like = is_allocator_like(symbols, at);
		entry->frames = mem_resize(entry->frames, entry->count + 2, sizeof *entry->frames);
		entry->frames[entry->count++] = frame;
		file = symbolizer_source(symbolizer, unit, die_file(&at->die, DW_AT_call_file));
		number = (int)line_number(die_number(&at->die, DW_AT_call_line));
	}
	/* gcc gives no linkage name to a lambda, only "operator()", nor to the function that
	 * std::function makes of it, only "_M_invoke": there the demangled symbol says more */
	if (scope != SCOPE_NONE && scope_name(symbolizer, &unit->scopes[scope]) &&
	    !(outermost->full_name && (strncmp(unit->scopes[scope].name, "operator", 8) == 0 ||
				       (file && strstr(file, "/include/c++/")))))
		outermost->full_name = unit->scopes[scope].name;
	outermost->function = short_of(symbolizer, outermost->full_name);
	outermost->allocator_like =
		scope != SCOPE_NONE && is_allocator_like(symbols, &unit->scopes[scope]);
	outermost->file = file;
	outermost->line = line_number((uint64_t)number);
	return true;
}

void symbolizer_note_limits(struct symbolizer *symbolizer, const struct symbol_module *module,
			    struct module_symbols *symbols)
{
	if (symbols->is_noted || !symbols->bounds.exceeded)
		return;
	symbols->is_noted = true;
	symbolizer_add_note(
		symbolizer,
		mem_format(
			"%s: its symbols and debug information take more memory or time than a "
			"file of %.1f MiB should; the rest of its functions is shown by symbol or "
			"address",
			module->path, (double)symbols->bounds.size / 1048576));
}

static void make_frames(struct symbolizer *symbolizer, struct module_symbols *symbols,
			struct entry *entry)
{
	const struct symbol_module *module = entry->key.module;
	uint64_t lookup = entry->key.address - (entry->key.exact ? 0 : 1);
	struct frame frame = {.address = entry->key.address};

	if (symbols) {
		const struct symbol *symbol = module_symbols_find(symbols, lookup);

		frame.module = module->vdso ? "[vdso]" : base_name(module->path);
		frame.module_path = module->path;
		if (symbol) {
			frame.full_name = symbolizer_readable(symbolizer, symbol->name);
			frame.function = short_of(symbolizer, frame.full_name);
			frame.symbol_offset = entry->key.address - symbol->start;
		}
		bounds_enter(&symbols->bounds);
		frame.from_symtab =
			!frames_from_dwarf(symbolizer, symbols, lookup, entry, &frame) ||
			!frame.file;
		bounds_leave(&symbols->bounds);
		symbolizer_note_limits(symbolizer, module, symbols);
	}
	entry->frames = mem_resize(entry->frames, entry->count + 1, sizeof *entry->frames);
	entry->frames[entry->count++] = frame;
}

struct module_symbols *symbolizer_symbols(struct symbolizer *symbolizer,
					  const struct symbol_module *module)
{
	struct module_entry *entry;
	char *note;

	HASH_FIND_PTR(symbolizer->modules, &module, entry);
	if (entry)
		return entry->symbols;
	entry = mem_zeroed(1, sizeof *entry);
	entry->module = module;
	entry->symbols = module_symbols_open(module, &note);
	HASH_ADD_PTR(symbolizer->modules, module, entry);
	if (note)
		symbolizer_add_note(symbolizer, note);
	return entry->symbols;
}

size_t symbolizer_frames(struct symbolizer *symbolizer, const struct symbol_module *module,
			 uint64_t address, bool exact, const struct frame **frames)
{
	struct entry_key key = {module, address, exact};
	struct entry *entry;

	// NOLINTNEXTLINE(clang-analyzer-core.*)
	HASH_FIND(hh, symbolizer->entries, &key, sizeof key, entry);
	if (!entry) {
		entry = mem_zeroed(1, sizeof *entry);
		entry->key = key;
		make_frames(symbolizer, module ? symbolizer_symbols(symbolizer, module) : NULL,
			    entry);
		for (size_t i = 0; i < entry->count; i++)
			entry->frames[i].number = ++symbolizer->frame_count;
		HASH_ADD(hh, symbolizer->entries, key, sizeof entry->key, entry);
	}
	*frames = entry->frames;
	return entry->count;
}
