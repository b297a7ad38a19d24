/*
 * Names in the symbol table of a module as it lies in memory.
 * Path: cold. Threads: all. Memory: none.
 * Must not: take the dynamic linker's lock, which dlsym() does; be asked about a module that may be
 * unloaded meanwhile.
 */
#ifndef SILT_BASE_ELF_H
#define SILT_BASE_ELF_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

struct elf_names {
	uintptr_t bias;
	ElfW(Sym) * symbols;
	const char *strings;
	/* DT_GNU_HASH */
	const uint32_t *hash;
};

/* By its dynamic section; false: the module lacks one of the tables. */
bool elf_names_read(struct elf_names *names, uintptr_t bias, const ElfW(Dyn) * dynamic);

/* The symbol table's entry of that name from `from` on, 0: none. A name has one for each version,
 * and perhaps an undefined one. */
uint32_t elf_names_next(const struct elf_names *names, const char *name, uint32_t from);

/* How many symbols the table has, but for undefined ones behind the last that is defined. */
uint32_t elf_names_count(const struct elf_names *names);

/* The address of the name's first definition; NULL: none. */
void *elf_names_find(const struct elf_names *names, const char *name);

/* Does the path end with this file name? */
bool elf_is_file(const char *path, const char *name);

#endif
