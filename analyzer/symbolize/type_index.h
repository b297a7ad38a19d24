/*
 * The structures of a module, by name.
 */
#ifndef SILT_SYMBOLIZE_TYPE_INDEX_H
#define SILT_SYMBOLIZE_TYPE_INDEX_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"

struct type_index;

/* The definition of a structure that is only declared; false: the module has none. */
bool type_index_complete(struct module_symbols *module, Dwarf_Die *declaration,
			 Dwarf_Die *definition);

/* All definitions with a name of their own or by a typedef, each once. */
void type_index_each(struct module_symbols *module,
		     void (*visit)(void *context, Dwarf_Die *structure), void *context);

/* Whether names are declared in it: a namespace or a structure. */
bool type_index_is_scope(Dwarf_Die *die);

/* The name as used in the whole module, `ns::Outer::Inner`, to free; NULL: it has none. */
char *type_index_name(Dwarf_Die *type);

void type_index_free(struct type_index *index);

#endif
