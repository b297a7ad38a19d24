/* Resolves addresses and offsets of data to source: see variable.h. */
#include "symbolize/variable.h"

#include <ctype.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/bounds.h"
#include "symbolize/die.h"
#include "symbolize/globals.h"
#include "symbolize/inside.h"
#include "symbolize/locals.h"
#include "symbolize/module.h"
#include "symbolize/path.h"
#include "symbolize/type_name.h"
#include "symbolize/types.h"
#include "util/mem.h"

/* Begins a bounded visit to the module. Returns NULL if there is no module, or its file is too
 * costly to read. */
static struct module_symbols *enter(struct symbolizer *symbolizer,
				    const struct symbol_module *module)
{
	struct module_symbols *symbols = module ? symbolizer_symbols(symbolizer, module) : NULL;

	if (!symbols || symbols->bounds.exceeded)
		return NULL;
	bounds_enter(&symbols->bounds);
	return symbols;
}

/* Ends the visit. Returns false if a bound was exceeded, so that results may be incomplete. */
static bool leave(struct symbolizer *symbolizer, const struct symbol_module *module,
		  struct module_symbols *symbols)
{
	if (!symbols)
		return true;
	bounds_leave(&symbols->bounds);
	symbolizer_note_limits(symbolizer, module, symbols);
	return !symbols->bounds.exceeded;
}

/* -- names -- */

/* Returns the length of a symbol without what compilers append to tell statics of the same name
 * apart (`count.0`, `state.lto_priv.1`), and linkers for versions (`environ@GLIBC`). */
static size_t plain_length(const char *symbol)
{
	size_t length = strcspn(symbol, "@");

	for (const char *dot = symbol;
	     (dot = memchr(dot, '.', length - (size_t)(dot - symbol))) != NULL; dot++) {
		if (dot > symbol &&
		    (isdigit((unsigned char)dot[1]) || strncmp(dot, ".lto_priv", 9) == 0 ||
		     strncmp(dot, ".llvm.", 6) == 0 || strncmp(dot, ".part.", 6) == 0))
			return (size_t)(dot - symbol);
	}
	return length;
}

/* Removes ABI tags, as in `list[abi:cxx11]`. */
static const char *without_tags(struct symbolizer *symbolizer, const char *name)
{
	const char *tag = strstr(name, "[abi:"), *end = tag ? strchr(tag, ']') : NULL;

	if (!end)
		return name;
	return without_tags(symbolizer,
			    symbolizer_keep(symbolizer, mem_format("%.*s%s", (int)(tag - name),
								   name, end + 1)));
}

static const char *symbol_name(struct symbolizer *symbolizer, const char *symbol)
{
	const char *plain =
		symbolizer_keep(symbolizer, mem_substring(symbol, plain_length(symbol)));

	return without_tags(symbolizer, symbolizer_readable(symbolizer, plain));
}

static const char *readable_name(struct symbolizer *symbolizer, Dwarf_Die *die)
{
	const char *linkage = die_linkage_name(die);

	return linkage ? without_tags(symbolizer, symbolizer_readable(symbolizer, linkage))
		       : die_string(die, DW_AT_name);
}

static const char *name_of(struct symbolizer *symbolizer, struct global *global)
{
	const char *name = global->die.addr ? die_string(&global->die, DW_AT_name) : NULL,
		   *function;

	if (!name)
		return global->symbol ? symbol_name(symbolizer, global->symbol) : NULL;
	if (die_linkage_name(&global->die))
		return readable_name(symbolizer, &global->die);
	/* a mangled symbol includes namespaces and functions */
	if (global->symbol && strncmp(global->symbol, "_Z", 2) == 0)
		return symbol_name(symbolizer, global->symbol);
	function = global->function.addr ? readable_name(symbolizer, &global->function) : NULL;
	if (function)
		return symbolizer_keep(symbolizer, mem_format("%s::%s", function, name));
	return name;
}

static void describe_die(struct symbolizer *symbolizer, struct unit *unit, Dwarf_Die *die,
			 const char **file, unsigned *line)
{
	int number = 0;

	*file = symbolizer_source(symbolizer, unit, die_file(die, DW_AT_decl_file));
	*line = dwarf_decl_line(die, &number) == 0 ? (unsigned)number : 0;
}

static void describe(struct symbolizer *symbolizer, struct module_symbols *module,
		     struct global *global)
{
	struct variable *variable = &global->variable;
	char *type;

	variable->name = name_of(symbolizer, global);
	if (global->die.addr) {
		type = type_name(&global->die);
		variable->type = type ? symbolizer_keep(symbolizer, type) : NULL;
		describe_die(symbolizer, &module->units[global->unit], &global->die,
			     &variable->file, &variable->line);
	}
	global->described = true;
}

const struct variable *symbolizer_variable(struct symbolizer *symbolizer,
					   const struct symbol_module *module, uint64_t address,
					   bool tls)
{
	struct module_symbols *symbols = enter(symbolizer, module);
	struct global *global = symbols ? globals_find(symbols, address, tls) : NULL;

	if (global && !global->described)
		describe(symbolizer, symbols, global);
	leave(symbolizer, module, symbols);
	return global && global->variable.name ? &global->variable : NULL;
}

/* -- paths -- */

char *symbolizer_path(struct symbolizer *symbolizer, const struct symbol_module *module,
		      const struct variable *variable, const char *root_text,
		      const struct path_step *steps, size_t count)
{
	struct module_symbols *symbols = enter(symbolizer, module);
	const struct global *global = variable && symbols ? globals_of(symbols, variable) : NULL;
	Dwarf_Die die = global ? global->die : (Dwarf_Die){0}, type = {0};
	const char *start = variable ? variable->name : root_text ? root_text : "?";
	char *text;

	if (global)
		type_of(symbols, &die, &type);
	text = path_text(symbols, start, &type, steps, count);
	if (leave(symbolizer, module, symbols))
		return text;
	free(text);
	return path_text(NULL, start, &(Dwarf_Die){0}, steps, count);
}

/* Returns the path from a local variable, whose word replaces the first step's. */
static char *local_path(struct symbolizer *symbolizer, struct module_symbols *symbols,
			struct local *local, const struct path_step *steps, size_t count,
			const char **name, const char **file, unsigned *line)
{
	struct path_step *own;
	Dwarf_Die type;
	char *text;

	*name = die_string(&local->die, DW_AT_name);
	if (!*name)
		return NULL;
	describe_die(symbolizer, local->unit, &local->die, file, line);
	own = mem_zeroed(count + 1, sizeof *own);
	if (count)
		memcpy(own, steps, count * sizeof *own);
	own[0].offset = local->offset;
	type_of(symbols, &local->die, &type);
	text = path_text(symbols, *name, &type, own, count);
	free(own);
	return text;
}

/* Drops a path that was found with incomplete information, since it may be wrong. */
static char *whole(char *text, bool is_whole)
{
	if (is_whole)
		return text;
	free(text);
	return NULL;
}

char *symbolizer_local_path(struct symbolizer *symbolizer, const struct symbol_module *module,
			    uint64_t pc, bool exact, int64_t cfa_offset,
			    const struct path_step *steps, size_t count, const char **name,
			    const char **file, unsigned *line)
{
	struct module_symbols *symbols = enter(symbolizer, module);
	struct local local;
	char *text = NULL;

	if (symbols && locals_find(symbols, pc - (exact ? 0 : 1), cfa_offset, &local))
		text = local_path(symbolizer, symbols, &local, steps, count, name, file, line);
	return whole(text, leave(symbolizer, module, symbols));
}

char *symbolizer_register_path(struct symbolizer *symbolizer, const struct symbol_module *module,
			       uint64_t pc, bool exact, unsigned number,
			       const struct path_step *steps, size_t count, const char **name,
			       const char **file, unsigned *line)
{
	struct module_symbols *symbols = enter(symbolizer, module);
	struct local local;
	char *text = NULL;

	if (symbols && locals_find_in_register(symbols, pc - (exact ? 0 : 1), number, &local))
		text = local_path(symbolizer, symbols, &local, steps, count, name, file, line);
	return whole(text, leave(symbolizer, module, symbols));
}

int symbolizer_saved_at(struct symbolizer *symbolizer, const struct symbol_module *module,
			uint64_t pc, bool exact, int64_t cfa_offset)
{
	struct module_symbols *symbols = enter(symbolizer, module);
	int number = symbols ? locals_saved_at(symbols, pc - (exact ? 0 : 1), cfa_offset) : -1;

	return leave(symbolizer, module, symbols) ? number : -1;
}

bool symbolizer_saves(struct symbolizer *symbolizer, const struct symbol_module *module,
		      uint64_t pc, bool exact, unsigned number)
{
	struct module_symbols *symbols = enter(symbolizer, module);
	bool saves = symbols && locals_saves(symbols, pc - (exact ? 0 : 1), number);

	return leave(symbolizer, module, symbols) && saves;
}
