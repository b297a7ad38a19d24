/*
 * Makes the text of a path of pointers through typed objects.
 */
#ifndef SILT_SYMBOLIZE_PATH_H
#define SILT_SYMBOLIZE_PATH_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"
#include "symbolize/variable.h"

/* Returns the path that begins with `root`, an object of the resolved type `type` (addr NULL:
 * unknown); the caller frees it. See symbolizer_path() for its form. */
char *path_text(struct module_symbols *module, const char *root, Dwarf_Die *type,
		const struct path_step *steps, size_t count);

#endif
