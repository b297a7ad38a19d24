/*
 * What the files of this directory share of a symbolizer.
 */
#ifndef SILT_SYMBOLIZE_INSIDE_H
#define SILT_SYMBOLIZE_INSIDE_H

#include "symbolize/module.h"
#include "symbolize/symbolize.h"

/* Returns the symbols of a module, which the first call reads. They live as long as the
 * symbolizer. */
struct module_symbols *symbolizer_symbols(struct symbolizer *symbolizer,
					  const struct symbol_module *module);

/* Adds a note, once, if the module's file was too costly to read completely. */
void symbolizer_note_limits(struct symbolizer *symbolizer, const struct symbol_module *module,
			    struct module_symbols *symbols);

/* Returns the demangled name, or `mangled` if it is not mangled. It lives as long as the
 * symbolizer. */
const char *symbolizer_readable(struct symbolizer *symbolizer, const char *mangled);

/* Takes ownership of `text`. Returns it, or an equal text; the result lives as long as the
 * symbolizer. */
const char *symbolizer_keep(struct symbolizer *symbolizer, char *text);

/* Returns the path of a source file of the unit, absolute if the unit names its directory; NULL
 * if `path` is NULL. */
const char *symbolizer_source(struct symbolizer *symbolizer, struct unit *unit, const char *path);

#endif
