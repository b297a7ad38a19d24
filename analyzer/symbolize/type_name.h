/*
 * Types as the source spells them.
 */
#ifndef SILT_SYMBOLIZE_TYPE_NAME_H
#define SILT_SYMBOLIZE_TYPE_NAME_H

#include <elfutils/libdw.h>

/* The type of a variable or member, `struct node *[16]`, to free; NULL: it has none. */
char *type_name(Dwarf_Die *die);

#endif
