/*
 * Spells types as in source code.
 */
#ifndef SILT_SYMBOLIZE_TYPE_NAME_H
#define SILT_SYMBOLIZE_TYPE_NAME_H

#include <elfutils/libdw.h>

/* Returns the type of a variable or member, such as `struct node *[16]`, which the caller frees;
 * NULL: it has no type. */
char *type_name(Dwarf_Die *die);

#endif
