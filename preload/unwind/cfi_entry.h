/*
 * Finds the entry (FDE and CIE) of a program counter in a module's unwind tables.
 * Path: cold, once per program counter. Threads: any. Memory: none.
 * Must not: read outside the module.
 */
#ifndef SILT_CFI_ENTRY_H
#define SILT_CFI_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/cfi_cursor.h"

struct module;

struct cfi_entry {
	/* the code it covers */
	uintptr_t start, size;
	/* the instructions of the CIE, which come first, and of the FDE */
	struct cfi_cursor common, own;
	uint64_t code_align;
	int64_t data_align;
	bool signal_frame;
};

enum cfi_found {
	CFI_FOUND,
	/* no entry covers the pc */
	CFI_ABSENT,
	/* the tables are damaged, or of a form that is not read here */
	CFI_UNREADABLE,
};

/* Finds the entry that covers `pc`. `entry` must be zeroed. */
enum cfi_found cfi_find(const struct module *module, uintptr_t pc, struct cfi_entry *entry);

#endif
