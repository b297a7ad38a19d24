/* Looks up names in the symbol table of a module: see elf.h. */
#include "base/elf.h"

#include <elf.h>
#include <string.h>

/* glibc makes the addresses in a dynamic section absolute; elsewhere they are offsets, which are
 * smaller than any address that a module is loaded at. */
static uintptr_t pointer(uintptr_t bias, uintptr_t value)
{
	return value >= bias ? value : value + bias;
}

bool elf_names_read(struct elf_names *names, uintptr_t bias, const ElfW(Dyn) * entry)
{
	*names = (struct elf_names){.bias = bias};
	for (; entry->d_tag != DT_NULL; entry++) {
		uintptr_t value = pointer(bias, entry->d_un.d_ptr);

		if (entry->d_tag == DT_SYMTAB)
			names->symbols = (ElfW(Sym) *)value;
		else if (entry->d_tag == DT_STRTAB)
			names->strings = (const char *)value;
		else if (entry->d_tag == DT_GNU_HASH)
			names->hash = (const uint32_t *)value;
	}
	return names->symbols && names->strings && names->hash;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

uint32_t elf_names_next(const struct elf_names *names, const char *name, uint32_t from)
{
	uint32_t buckets = names->hash[0], first = names->hash[1], bloom = names->hash[2];
	const uint32_t *bucket = names->hash + 4 + bloom * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
	const uint32_t *chain = bucket + buckets;
	uint32_t hash = gnu_hash(name), i = buckets ? bucket[hash % buckets] : 0;

	for (; i >= first && i; i++) {
		if (i >= from && ((chain[i - first] ^ hash) | 1) == 1 &&
		    strcmp(names->strings + names->symbols[i].st_name, name) == 0)
			return i;
		if (chain[i - first] & 1)
			break;
	}
	return 0;
}

uint32_t elf_names_count(const struct elf_names *names)
{
	uint32_t buckets = names->hash[0], first = names->hash[1], bloom = names->hash[2], last = 0;
	const uint32_t *bucket = names->hash + 4 + bloom * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
	const uint32_t *chain = bucket + buckets;

	for (uint32_t i = 0; i < buckets; i++)
		last = bucket[i] > last ? bucket[i] : last;
	if (last < first || !last)
		return first;
	while (!(chain[last - first] & 1))
		last++;
	return last + 1;
}

void *elf_names_find(const struct elf_names *names, const char *name)
{
	for (uint32_t i = 0; (i = elf_names_next(names, name, i + 1)) != 0;)
		if (names->symbols[i].st_shndx != SHN_UNDEF)
			return (void *)(names->bias + names->symbols[i].st_value);
	return NULL;
}

bool elf_is_file(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, name) == 0;
}
