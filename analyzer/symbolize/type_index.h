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

/* What a path wants of a container; words are pointers, or arrays of pointers `stride` apart unless that is 0. */
struct container_wanted {
	uint64_t at;		    /* offset of the part */
	uint64_t word, stride;	    /* the word that leads on */
	uint64_t also, also_stride; /* another one; the same where there is no other */
	uint64_t leads,
		target_word; /* leads != 0: better if `word` points to a structure with a pointer there */
	uint64_t target_stride;
};

/*
 * Containers: structures that hold an object of the type `part`, and the words wanted. The number of different ones
 * that suit best, at most 2, those in the unit of `part` first; *container is the first.
 */
unsigned type_index_containers(struct module_symbols *module, Dwarf_Die *part,
			       const struct container_wanted *wanted, Dwarf_Die *container);

/* The name as used in the whole module, `ns::Outer::Inner`, to free; NULL: it has none. */
char *type_index_name(Dwarf_Die *type);

void type_index_free(struct type_index *index);

#endif
