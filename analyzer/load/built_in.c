/*
 * Describes the functions of an allocator in an executable: see built_in.h.
 * Must not: guess. If a jump leads to behind a function's first instruction, or the function begins
 * with an instruction that does not work elsewhere, the whole allocator cannot be recorded.
 */
#include "load/built_in.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/entry_code.h"
#include "silt_built_in.h"
#include "util/mem.h"

#define MOST_PREFIX 8

/* an allocator's own names come first, because a malloc beside them may only call them */
static const char *const prefixes[] = {"je_", "_rjem_", "", "tc_"};
#define PREFIXES (sizeof prefixes / sizeof prefixes[0])

struct function_symbol {
	uint64_t address, size;
};

static const struct {
	const char *name;
	bool prefixed, overwritten;
} names[] = {
#define NAME(name, prefixed) {#name, prefixed, true},
	SILT_BUILT_IN_NAMES(NAME)
#undef NAME
#define NAME(name, prefixed) {#name, prefixed, false},
		SILT_BUILT_IN_FIGURES(NAME)
#undef NAME
};
#define NAMES (sizeof names / sizeof names[0])
/* The first names: malloc, free, calloc, realloc. */
#define ESSENTIAL 4u

/* The functions found under each prefix; address 0: not found. */
struct reading {
	Elf *elf;
	struct function_symbol of[PREFIXES][NAMES];
};

static void take_symbol(struct reading *in, const char *symbol_name, const GElf_Sym *symbol)
{
	if (symbol->st_shndx == SHN_UNDEF || GELF_ST_TYPE(symbol->st_info) != STT_FUNC)
		return;
	for (size_t prefix = 0; prefix < PREFIXES; prefix++) {
		size_t length = strlen(prefixes[prefix]);
		bool has_prefix = strncmp(symbol_name, prefixes[prefix], length) == 0;

		for (size_t i = 0; i < NAMES; i++) {
			size_t skipped = names[i].prefixed ? length : 0;

			if ((has_prefix || !names[i].prefixed) &&
			    strcmp(symbol_name + skipped, names[i].name) == 0)
				in->of[prefix][i] =
					(struct function_symbol){symbol->st_value, symbol->st_size};
		}
	}
}

static void read_symbols(struct reading *in)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Sym symbol;

	while ((section = elf_nextscn(in->elf, section))) {
		Elf_Data *data;
		size_t count;

		if (!gelf_getshdr(section, &header) ||
		    (header.sh_type != SHT_DYNSYM && header.sh_type != SHT_SYMTAB))
			continue;
		data = elf_getdata(section, NULL);
		count = data ? data->d_size / sizeof(Elf64_Sym) : 0;
		for (size_t i = 1; i < count && i < INT32_MAX; i++) {
			const char *name =
				gelf_getsym(data, (int)i, &symbol)
					? elf_strptr(in->elf, header.sh_link, symbol.st_name)
					: NULL;

			if (name)
				take_symbol(in, name, &symbol);
		}
	}
}

/* Returns the code of a function; NULL: it is not in the file. */
static const unsigned char *code_of(Elf *elf, const struct function_symbol *symbol)
{
	size_t count = 0;
	GElf_Phdr segment;

	if (elf_getphdrnum(elf, &count) != 0)
		return NULL;
	for (size_t i = 0; i < count && i < INT32_MAX; i++) {
		Elf_Data *data;

		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD ||
		    !(segment.p_flags & PF_X) || symbol->address < segment.p_vaddr ||
		    symbol->address - segment.p_vaddr >= segment.p_filesz ||
		    symbol->size > segment.p_filesz - (symbol->address - segment.p_vaddr))
			continue;
		data = elf_getdata_rawchunk(
			elf, (int64_t)(segment.p_offset + (symbol->address - segment.p_vaddr)),
			symbol->size, ELF_T_BYTE);
		return data ? data->d_buf : NULL;
	}
	return NULL;
}

static void print_bytes(FILE *text, const unsigned char *bytes, size_t size)
{
	fputc(',', text);
	for (size_t i = 0; i < size; i++)
		fprintf(text, "%02x", bytes[i]);
}

static void print_entry(FILE *text, const struct entry_code *entry)
{
	fprintf(text, ",%lx", (unsigned long)entry->address);
	print_bytes(text, entry->original, entry->original_size);
	print_bytes(text, entry->moved, entry->moved_size);
	for (size_t i = 0; i < entry->fixes; i++)
		fprintf(text, ",%lx.%lx.%lx", (unsigned long)entry->fix[i].field,
			(unsigned long)entry->fix[i].end, (unsigned long)entry->fix[i].target);
}

/* Returns true if an earlier name has the same function. */
static bool is_named_before(const struct function_symbol *symbols, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (symbols[j].address == symbols[i].address)
			return true;
	return false;
}

static bool describe(FILE *text, Elf *elf, const struct function_symbol *symbols, char **reason)
{
	size_t count = 0;

	for (size_t i = 0; i < NAMES; i++) {
		struct entry_code entry;
		const unsigned char *code;
		const char *obstacle;

		if (!symbols[i].address || is_named_before(symbols, i))
			continue;
		fprintf(text, "%s%s", count++ ? ";" : "", names[i].name);
		if (!names[i].overwritten) {
			fprintf(text, ",%lx", (unsigned long)symbols[i].address);
			continue;
		}
		code = code_of(elf, &symbols[i]);
		obstacle = code ? entry_code_read(&entry, code, symbols[i].size, symbols[i].address)
				: "its code is not in the file";
		if (obstacle) {
			*reason = mem_format("its %s cannot be recorded: %s", names[i].name,
					     obstacle);
			return false;
		}
		print_entry(text, &entry);
	}
	return true;
}

/* Returns true for a family that replaces the C library's. A function that happens to be called
 * malloc may be something else, with other arguments. */
static bool is_allocator(const struct function_symbol *symbols)
{
	for (size_t i = 0; i < ESSENTIAL; i++)
		if (!symbols[i].address)
			return false;
	return true;
}

/* Returns the family of functions that finally makes the blocks; NULL: none is known. */
static const struct function_symbol *choose(const struct reading *in)
{
	for (size_t prefix = 0; prefix < PREFIXES; prefix++)
		if (is_allocator(in->of[prefix]))
			return in->of[prefix];
	return NULL;
}

static char *describe_elf(Elf *elf, char **reason)
{
	struct reading in = {.elf = elf};
	const struct function_symbol *symbols;
	GElf_Ehdr header;
	char *text = NULL;
	size_t size;
	FILE *stream;
	bool whole;

	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) ||
	    header.e_machine != EM_X86_64 || gelf_getclass(elf) != ELFCLASS64) {
		*reason = mem_string("allocators in an executable are recorded on x86-64 only");
		return NULL;
	}
	read_symbols(&in);
	symbols = choose(&in);
	if (!symbols) {
		*reason = mem_string(
			"its functions are not known: it is stripped, or not one of jemalloc, "
			"tcmalloc, or malloc, calloc, realloc and free under these names");
		return NULL;
	}
	stream = open_memstream(&text, &size);
	if (!stream)
		abort();
	whole = describe(stream, elf, symbols, reason);
	fclose(stream);
	if (whole)
		return text;
	free(text);
	return NULL;
}

char *built_in_describe(const char *file, char **reason)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char *text;
	Elf *elf;

	*reason = NULL;
	if (!entry_code_load()) {
		*reason = mem_string("libcapstone.so.4 is needed to record it (package "
				     "libcapstone4)");
	}
	elf_version(EV_CURRENT);
	elf = fd >= 0 && !*reason ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
	text = *reason ? NULL : describe_elf(elf, reason);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return text;
}
