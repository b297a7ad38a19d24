/*
 * The text of a path of pointers through typed objects.
 */
#ifndef SILT_SYMBOLIZE_PATH_H
#define SILT_SYMBOLIZE_PATH_H

#include <elfutils/libdw.h>

#include "symbolize/module.h"
#include "symbolize/variable.h"

/* The path that begins with `root`, an object of the resolved type `type` (addr NULL: unknown);
 * to free. */
char *path_text(struct module_symbols *module, const char *root, Dwarf_Die *type,
		const struct path_step *steps, size_t count);

#endif
