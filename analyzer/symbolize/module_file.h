/*
 * Finds and opens the file of a module: the recorded file, or its debug file if that file is gone
 * or was replaced. libdwfl then finds the file's debug information.
 * Must not: read names; use a file whose build id is not the recorded one.
 */
#ifndef SILT_SYMBOLIZE_MODULE_FILE_H
#define SILT_SYMBOLIZE_MODULE_FILE_H

#include "symbolize/module.h"
#include "symbolize/symbolize.h"

/* Opens the file of `wanted`, and counts its size in symbols->bounds. Returns NULL, with an
 * explanation in `note` that the caller frees, if no file fits. */
Dwfl_Module *module_file_open(struct module_symbols *symbols, const struct symbol_module *wanted,
			      char **note);
/* Closes the file, if one is open. */
void module_file_close(struct module_symbols *symbols);

#endif
