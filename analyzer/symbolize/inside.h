/*
 * What the files of this room share of a symbolizer.
 */
#ifndef SILT_SYMBOLIZE_INSIDE_H
#define SILT_SYMBOLIZE_INSIDE_H

#include "symbolize/module.h"
#include "symbolize/symbolize.h"

/* The module, opened at the first call. */
struct module_symbols *symbolizer_symbols(struct symbolizer *symbolizer,
					  const struct symbol_module *module);

/* Says, once, that the module's file costs too much to read, if it does. */
void symbolizer_say_left_out(struct symbolizer *symbolizer, const struct symbol_module *module,
			     struct module_symbols *symbols);

/* Demangled; `mangled` itself where it is not mangled. Lives as long as the symbolizer. */
const char *symbolizer_readable(struct symbolizer *symbolizer, const char *mangled);

/* `text`, which it takes over, or an equal one: lives as long as the symbolizer. */
const char *symbolizer_keep(struct symbolizer *symbolizer, char *text);

/* The path of a source file of the unit, absolute where that is known; NULL for NULL. */
const char *symbolizer_source(struct symbolizer *symbolizer, struct unit *unit, const char *path);

#endif
