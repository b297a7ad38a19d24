/*
 * Where debug information says that a variable is.
 */
#ifndef SILT_SYMBOLIZE_LOCATION_H
#define SILT_SYMBOLIZE_LOCATION_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/* The address, or the offset in the TLS segment, where a variable always is; false: it moves,
 * or lies in a frame. */
bool location_fixed(Dwarf_Die *die, uint64_t *address, bool *tls);

#endif
