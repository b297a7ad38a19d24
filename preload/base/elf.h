/*
 * Looks up names in the symbol table of a loaded module.
 * Path: cold. Threads: all. Memory: none.
 * Must not: take the dynamic linker's lock, as dlsym() does; be used on a module that may be
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

/* Finds the tables in a module's dynamic section. False: one is missing. */
bool elf_names_read(struct elf_names *names, uintptr_t bias, const ElfW(Dyn) * dynamic);

/* The index of the first symbol of that name at or after index `from`; 0: none. A name has a symbol
 * for each version, and perhaps an undefined one. */
uint32_t elf_names_next(const struct elf_names *names, const char *name, uint32_t from);

/* Number of symbols up to the last defined one. */
uint32_t elf_names_count(const struct elf_names *names);

/* The address of the name's first definition; NULL: none. */
void *elf_names_find(const struct elf_names *names, const char *name);

/* True if the last component of the path is `name`. */
bool elf_is_file(const char *path, const char *name);

#endif
