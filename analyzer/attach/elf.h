/*
 * Functions in the symbol tables of files that a process has mapped.
 * Must not: trust a number in the file: libelf checks offsets and sizes.
 */
#ifndef SILT_ATTACH_ELF_H
#define SILT_ATTACH_ELF_H

#include "attach/target.h"

struct elf_function {
	/* in the process */
	uint64_t start, end;
	char *name;
};
/* What a library exports. */
struct elf_functions {
	struct elf_function *list;
	size_t count, capacity;
};

/* The functions that a module of the target exports, to be given to elf_free() in any case. False:
 * its file cannot be read. */
bool elf_read(struct elf_functions *functions, const struct target *target,
	      const struct target_module *module);
void elf_free(struct elf_functions *functions);
/* Where a function is; 0: there is none of that name. */
uint64_t elf_address(const struct elf_functions *functions, const char *name);

/* Code of the C library, by address in the process. */
struct elf_calls {
	/* `syscall; ret` */
	uint64_t system_call;
	/* what a signal's handler returns to */
	uint64_t sigreturn;
};
/* False: the file has not both. */
bool elf_find_calls(const struct target *target, const struct target_module *module,
		    struct elf_calls *calls);

#endif
