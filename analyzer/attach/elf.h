/*
 * Functions in the symbol tables of files that a process has mapped.
 * Must not: trust a number in the file: libelf checks offsets and sizes.
 */
#ifndef SILT_ATTACH_ELF_H
#define SILT_ATTACH_ELF_H

#include "attach/target.h"

struct elf_function {
	uint64_t start, end; /* in the process */
	char *name;
};
/* What a library exports. */
struct elf_functions {
	struct elf_function *list;
	size_t count, capacity;
};

bool elf_read(struct elf_functions *functions, const struct target *target,
	      const struct target_module *module);
void elf_free(struct elf_functions *functions);
/* Where a function is; 0: there is none of that name. */
uint64_t elf_address(const struct elf_functions *functions, const char *name);
/* An instruction that makes a system call, within the functions' code; 0: there is none. */
uint64_t elf_system_call(const struct target *target, const struct target_module *module);

#endif
