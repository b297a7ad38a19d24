/*
 * Finds functions in the symbol tables of files that a process has mapped.
 * Must not: trust a number in the file: libelf checks offsets and sizes.
 */
#ifndef SILT_ATTACH_ELF_H
#define SILT_ATTACH_ELF_H

#include "attach/target.h"

struct elf_function {
	/* addresses in the process */
	uint64_t start, end;
	char *name;
};
/* The functions that a library exports. */
struct elf_functions {
	struct elf_function *list;
	size_t count, capacity;
};

/* Reads the functions that a module of the target exports. Returns false if its file cannot be
 * read. Call elf_free() in both cases. */
bool elf_read(struct elf_functions *functions, const struct target *target,
	      const struct target_module *module);
void elf_free(struct elf_functions *functions);
/* Returns the address of a function in the process; 0: there is none of that name. */
uint64_t elf_address(const struct elf_functions *functions, const char *name);

/* Instructions in the C library, by address in the process. */
struct elf_calls {
	/* `syscall; ret` */
	uint64_t system_call;
	/* the code that a signal handler returns to */
	uint64_t sigreturn;
};
/* Returns false if the file lacks one of them. */
bool elf_find_calls(const struct target *target, const struct target_module *module,
		    struct elf_calls *calls);

#endif
