/*
 * Finds the structures of a module by name.
 */
#ifndef SILT_SYMBOLIZE_TYPE_INDEX_H
#define SILT_SYMBOLIZE_TYPE_INDEX_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"

struct type_index;

/* Stores the definition of a structure that is only declared; returns false if the module has
 * none. */
bool type_index_complete(struct module_symbols *module, Dwarf_Die *declaration,
			 Dwarf_Die *definition);

/* Visits all definitions that have a name or a typedef, each once. */
void type_index_each(struct module_symbols *module,
		     void (*visit)(void *context, Dwarf_Die *structure), void *context);

/* Returns true if names are declared in the entry: a namespace or a structure. */
bool type_index_is_scope(Dwarf_Die *die);

/* Returns the qualified name, `ns::Outer::Inner`, which the caller frees; NULL if it has none. */
char *type_index_name(Dwarf_Die *type);

void type_index_free(struct type_index *index);

#endif
