/*
 * Types of variables and fields: what an entry's type is, how large, where its members lie.
 * Must not: make text (type_name.c does).
 */
#ifndef SILT_SYMBOLIZE_TYPES_H
#define SILT_SYMBOLIZE_TYPES_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"

/* A type entry whose `addr` is NULL stands for no type: void, or unknown. */

/* What typedefs and qualifiers stand for, and a declaration's definition, wherever in the
 * module that is. */
void type_resolve(struct module_symbols *module, Dwarf_Die *type);
/* The resolved type of a variable, a member, an array's element, a pointer's target; false:
 * none. */
bool type_of(struct module_symbols *module, Dwarf_Die *die, Dwarf_Die *type);

/* Of resolved types: */
bool type_is_pointer(Dwarf_Die *type);	 /* or a reference */
bool type_is_structure(Dwarf_Die *type); /* a struct, class, union whose members are known */
/* false: not known, as of `char rest[]` */
bool type_size(struct module_symbols *module, Dwarf_Die *type, uint64_t *size);
/* Whether an object may go on after its end: an array without a length, of length 0 or 1, or a
 * structure that ends in one. */
bool type_is_open(struct module_symbols *module, Dwarf_Die *type);

#define ARRAY_DIMENSIONS 8

struct array_shape {
	Dwarf_Die element;
	uint64_t element_size;
	size_t dimensions;
	/* outermost first; 0: open */
	uint64_t counts[ARRAY_DIMENSIONS];
};

/* false: not an array, or one whose elements have no known size. */
bool type_array(struct module_symbols *module, Dwarf_Die *type, struct array_shape *shape);

/* Whether `child` of a structure is a member (or base class) of every object, and where it lies. */
bool type_member(Dwarf_Die *child, uint64_t *offset);

#endif
