/*
 * What a function takes and returns, by debug information.
 * Must not: look at names.
 */
#ifndef SILT_SYMBOLIZE_SIGNATURE_H
#define SILT_SYMBOLIZE_SIGNATURE_H

#include <elfutils/libdw.h>
#include <stdbool.h>

struct module_symbols;

/* Does the function (or the inlined instance of one) return a pointer to no type, and have an
 * integer among its parameters, as an allocator has its size? */
bool signature_is_allocator(struct module_symbols *module, Dwarf_Die *function);

#endif
