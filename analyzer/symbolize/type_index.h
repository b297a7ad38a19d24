/*
 * The structures of a module: by name, and by what lies in them.
 * Called by types.c and path.c.
 */
#ifndef SILT_SYMBOLIZE_TYPE_INDEX_H
#define SILT_SYMBOLIZE_TYPE_INDEX_H

#include "symbolize/die.h"
#include "symbolize/module.h"

struct type_index;

/* The definition of a structure that is only declared; false: the module has none. */
bool type_index_complete(struct module_symbols *module, Dwarf_Die *declaration, Dwarf_Die *definition);

/*
 * Containers: structures that hold an object of the type `part` at the offset `at`, and a pointer at the offset
 * `word` (an array of pointers, `stride` apart, unless that is 0). The number of different ones, at most 2, those
 * in the unit of `part` first; *container is the first.
 */
unsigned type_index_containers(struct module_symbols *module, Dwarf_Die *part, uint64_t at, uint64_t word,
			       uint64_t stride, Dwarf_Die *container);

/* The name as used in the whole module, `ns::Outer::Inner`, to free; NULL: it has none. */
char *type_index_name(Dwarf_Die *type);

void type_index_free(struct type_index *index);

#endif
