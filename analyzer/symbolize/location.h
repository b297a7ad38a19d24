/*
 * Reads from debug information where a variable lies.
 */
#ifndef SILT_SYMBOLIZE_LOCATION_H
#define SILT_SYMBOLIZE_LOCATION_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/* Stores the fixed address of a variable, or for a thread-local variable (`tls`) its offset in
 * the TLS segment. Returns false if the variable has no fixed place: it moves, or lies in a
 * frame. */
bool location_fixed(Dwarf_Die *die, uint64_t *address, bool *tls);

#endif
