/*
 * Entries of debug information and their attributes, also damaged ones.
 * Must not: go round in circles, whatever an entry refers to.
 */
#ifndef SILT_SYMBOLIZE_DIE_H
#define SILT_SYMBOLIZE_DIE_H

#include <dwarf.h>
#include <stdbool.h>
#include <stdint.h>

#include <elfutils/libdw.h>

/* The first child; false: it has none. */
bool die_child(Dwarf_Die *parent, Dwarf_Die *child);
/* On to the next sibling; false: that was the last one. */
bool die_next(Dwarf_Die *die);

/* Attributes, also those of the entry that this one completes; NULL, 0, false where there is
 * none. */
const char *die_string(Dwarf_Die *die, unsigned attribute);
uint64_t die_number(Dwarf_Die *die, unsigned attribute);
bool die_reference(Dwarf_Die *die, unsigned attribute, Dwarf_Die *to);
/* Of this entry alone. */
bool die_has(Dwarf_Die *die, unsigned attribute);
bool die_own_reference(Dwarf_Die *die, unsigned attribute, Dwarf_Die *to);
/* The mangled name; NULL: none. */
const char *die_linkage_name(Dwarf_Die *die);

/* The source file that a number (DW_AT_decl_file, ...) stands for; NULL: none. */
const char *die_file(Dwarf_Die *die, unsigned attribute);

/* A constant, or what an expression of constants comes to; false: neither. */
bool die_constant(Dwarf_Die *die, unsigned attribute, uint64_t *value);

/* Whether the unit is in C, where names need no qualification and structs a keyword. */
bool die_is_c(Dwarf_Die *die);

static inline bool die_same(const Dwarf_Die *a, const Dwarf_Die *b)
{
	return a->addr == b->addr;
}

#endif
