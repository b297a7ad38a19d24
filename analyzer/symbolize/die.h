/*
 * Reads entries of debug information and their attributes, also of damaged files.
 * Must not: loop, whatever an entry refers to.
 */
#ifndef SILT_SYMBOLIZE_DIE_H
#define SILT_SYMBOLIZE_DIE_H

#include <dwarf.h>
#include <stdbool.h>
#include <stdint.h>

#include <elfutils/libdw.h>

/* Stores the first child; returns false if there is none. */
bool die_child(Dwarf_Die *parent, Dwarf_Die *child);
/* Advances to the next sibling; returns false if there is none. */
bool die_next(Dwarf_Die *die);

/* Read an attribute of the entry, or of the entry that it completes (DW_AT_specification,
 * DW_AT_abstract_origin). Return NULL, 0 or false if it is missing. */
const char *die_string(Dwarf_Die *die, unsigned attribute);
uint64_t die_number(Dwarf_Die *die, unsigned attribute);
bool die_reference(Dwarf_Die *die, unsigned attribute, Dwarf_Die *to);
/* Read an attribute of this entry alone. */
bool die_has(Dwarf_Die *die, unsigned attribute);
bool die_own_reference(Dwarf_Die *die, unsigned attribute, Dwarf_Die *to);
/* Returns the mangled name; NULL if there is none. */
const char *die_linkage_name(Dwarf_Die *die);

/* Returns the source file that a number stands for (DW_AT_decl_file, ...); NULL if there is
 * none. */
const char *die_file(Dwarf_Die *die, unsigned attribute);

/* Stores the value of a constant, or of an expression that adds one constant. Returns false if
 * the attribute is neither. */
bool die_constant(Dwarf_Die *die, unsigned attribute, uint64_t *value);

/* Returns true if the unit is in C, where names are not qualified and structures are named with
 * a keyword. */
bool die_is_c(Dwarf_Die *die);

static inline bool die_same(const Dwarf_Die *a, const Dwarf_Die *b)
{
	return a->addr == b->addr;
}

#endif
