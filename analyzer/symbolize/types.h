/*
 * Reads types of variables and members: what a type is, how large, where its members lie.
 * Must not: make text (type_name.c does).
 */
#ifndef SILT_SYMBOLIZE_TYPES_H
#define SILT_SYMBOLIZE_TYPES_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"

/* In this header a type whose `addr` is NULL is void or unknown. */

/* Replaces typedefs and qualifiers by the type they stand for, and a declaration by its
 * definition, wherever in the module it is. */
void type_resolve(struct module_symbols *module, Dwarf_Die *type);
/* Stores the resolved type of a variable or member, of an array's element, or of a pointer's
 * target; returns false if there is none. */
bool type_of(struct module_symbols *module, Dwarf_Die *die, Dwarf_Die *type);

/* These take resolved types. */
bool type_is_pointer(Dwarf_Die *type);	 /* a pointer or a reference */
bool type_is_structure(Dwarf_Die *type); /* a struct, class or union whose members are known */
/* Stores the size in bytes; returns false if it is unknown, as of `char rest[]`. */
bool type_size(struct module_symbols *module, Dwarf_Die *type, uint64_t *size);
/* Returns true if an object may continue after its end: an array without a length or of length 0
 * or 1, or a structure that ends in one. */
bool type_is_open(struct module_symbols *module, Dwarf_Die *type);

#define ARRAY_DIMENSIONS 8

struct array_shape {
	Dwarf_Die element;
	uint64_t element_size;
	size_t dimensions;
	/* outermost dimension first; 0: open */
	uint64_t counts[ARRAY_DIMENSIONS];
};

/* Stores the shape of an array; returns false if the type is not an array, or its elements have
 * no known size. */
bool type_array(struct module_symbols *module, Dwarf_Die *type, struct array_shape *shape);

/* Returns true if `child` of a structure is a member or base class of every object, and stores
 * its offset. */
bool type_member(Dwarf_Die *child, uint64_t *offset);

#endif
