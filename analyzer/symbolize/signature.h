/*
 * Reads what a function takes and returns from debug information.
 * Must not: look at names.
 */
#ifndef SILT_SYMBOLIZE_SIGNATURE_H
#define SILT_SYMBOLIZE_SIGNATURE_H

#include <elfutils/libdw.h>
#include <stdbool.h>

struct module_symbols;

/* Returns true if the function (or an inlined instance of it) returns void * and takes an
 * integer, as an allocator takes its size. */
bool signature_is_allocator(struct module_symbols *module, Dwarf_Die *function);

#endif
