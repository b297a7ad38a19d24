/*
 * Finds the variable that contains an address: sizes of a module's variables, from the symbol table
 * in its file or in its separate debug file. The analyzer adds the names.
 * Path: cold. Threads: the twin; graph_symbols_addresses() in the constructor. Memory: 16 bytes a
 * variable.
 * Must not: trust the file, use a file whose build id differs from the mapped module's.
 */
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "graph/memory.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "unwind/modules.h"

struct elf_file {
	const unsigned char *data;
	size_t size;
	const Elf64_Shdr *sections;
	uint32_t section_count;
};

static bool within(const struct elf_file *file, uint64_t offset, uint64_t size)
{
	return offset <= file->size && size <= file->size - offset;
}

static bool open_file(struct elf_file *file, const char *path)
{
	const Elf64_Ehdr *header;
	struct stat status;
	long fd = rt_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0),
	     address = -1;

	if (fd < 0)
		return false;
	if (rt_syscall(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) == 0 && S_ISREG(status.st_mode) &&
	    (size_t)status.st_size >= sizeof *header)
		address = rt_syscall(SYS_mmap, 0, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	if (address < 0 && address > -4096)
		return false;
	*file = (struct elf_file){.data = (const void *)address, .size = (size_t)status.st_size};
	header = (const void *)file->data;
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
	    header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_shentsize == sizeof(Elf64_Shdr) &&
	    header->e_shoff % 8 == 0 &&
	    within(file, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr))) {
		file->sections = (const void *)(file->data + header->e_shoff);
		file->section_count = header->e_shnum;
	}
	return true;
}

static void close_file(struct elf_file *file)
{
	rt_syscall(SYS_munmap, (long)file->data, (long)file->size, 0, 0, 0, 0);
}

static bool is_build_of(const struct elf_file *file, const struct module *module)
{
	unsigned char build_id[MODULES_BUILD_ID_MAX];

	if (!module->build_id_size)
		return true; /* no build id to compare */
	for (uint32_t i = 0; i < file->section_count; i++) {
		const Elf64_Shdr *section = &file->sections[i];

		if (section->sh_type == SHT_NOTE &&
		    within(file, section->sh_offset, section->sh_size) &&
		    modules_build_id(file->data + section->sh_offset, section->sh_size, build_id) ==
			    module->build_id_size)
			return memcmp(build_id, module->build_id, module->build_id_size) == 0;
	}
	return false;
}

static const Elf64_Shdr *symbol_section(const struct elf_file *file, uint32_t type)
{
	for (uint32_t i = 0; i < file->section_count; i++) {
		const Elf64_Shdr *section = &file->sections[i];

		if (section->sh_type == type && section->sh_offset % 8 == 0 &&
		    within(file, section->sh_offset, section->sh_size))
			return section;
	}
	return NULL;
}

/* -- tables -- */

static bool before(const void *x, const void *y)
{
	const struct graph_symbol *a = x, *b = y;

	return a->start != b->start ? a->start < b->start : a->size < b->size;
}

static bool is_variable(const Elf64_Sym *symbol, bool tls)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_size > 0 &&
	       symbol->st_size < 1ul << 40 &&
	       (tls ? type == STT_TLS : type == STT_OBJECT || type == STT_COMMON);
}

static struct graph_symbol *gather(struct graph *graph, const struct elf_file *file,
				   const Elf64_Shdr *section, bool tls, uint32_t *count)
{
	const Elf64_Sym *symbols = (const void *)(file->data + section->sh_offset);
	size_t total = section->sh_size / sizeof *symbols;
	struct graph_symbol *table;
	uint32_t found = 0, kept = 0;

	for (size_t i = 0; i < total; i++)
		found += is_variable(&symbols[i], tls);
	*count = 0;
	if (!found)
		return NULL;
	table = graph_alloc(graph, found * sizeof *table);
	for (size_t i = 0; i < total; i++)
		if (is_variable(&symbols[i], tls))
			table[(*count)++] =
				(struct graph_symbol){symbols[i].st_value, symbols[i].st_size};
	graph_sort(table, *count, sizeof *table, before);
	for (uint32_t i = 0; i < *count; i++) { /* of several symbols at one address the largest */
		if (kept && table[kept - 1].start == table[i].start)
			kept--;
		table[kept++] = table[i];
	}
	*count = kept;
	return table;
}

static bool read_file(struct graph *graph, struct graph_symbols *symbols,
		      const struct module *module, const char *path, uint32_t type)
{
	const Elf64_Shdr *section = NULL;
	struct elf_file file;

	if (!open_file(&file, path))
		return false;
	if (is_build_of(&file, module) && (section = symbol_section(&file, type))) {
		symbols->table = gather(graph, &file, section, false, &symbols->count);
		symbols->tls = gather(graph, &file, section, true, &symbols->tls_count);
	}
	close_file(&file);
	return section != NULL;
}

static void debug_path(struct rt_text *text, const struct module *module)
{
	static const char digits[] = "0123456789abcdef";

	rt_text(text, "/usr/lib/debug/.build-id/");
	for (uint32_t i = 0; i < module->build_id_size; i++) {
		const char byte[2] = {digits[module->build_id[i] >> 4],
				      digits[module->build_id[i] & 15]};

		rt_text_bytes(text, byte, 2);
		if (i == 0)
			rt_text(text, "/");
	}
	rt_text(text, ".debug");
}

void graph_symbols_read(struct graph *graph, uint32_t number)
{
	const struct module *module = modules_get(number);
	struct graph_symbols *symbols = &graph->symbols[number];
	char path[200];
	struct rt_text text = {path, sizeof path, 0};

	if (symbols->read)
		return;
	symbols->read = true;
	debug_path(&text, module);
	if (read_file(graph, symbols, module, module->path, SHT_SYMTAB) ||
	    (module->build_id_size && read_file(graph, symbols, module, path, SHT_SYMTAB)))
		return;
	read_file(graph, symbols, module, module->path, SHT_DYNSYM);
}

static bool look_up(const struct elf_file *file, const char *const names[], uintptr_t places[],
		    uint32_t count)
{
	const Elf64_Shdr *section = symbol_section(file, SHT_SYMTAB), *strings;
	const Elf64_Sym *symbols;

	if (!section || section->sh_link >= file->section_count)
		return false;
	strings = &file->sections[section->sh_link];
	symbols = (const void *)(file->data + section->sh_offset);
	if (!within(file, strings->sh_offset, strings->sh_size) || !strings->sh_size ||
	    file->data[strings->sh_offset + strings->sh_size - 1])
		return false;
	for (size_t i = 0; i < section->sh_size / sizeof *symbols; i++)
		for (uint32_t j = 0; j < count && is_variable(&symbols[i], false) &&
				     symbols[i].st_name < strings->sh_size;
		     j++)
			if (strcmp((const char *)file->data + strings->sh_offset +
					   symbols[i].st_name,
				   names[j]) == 0)
				places[j] = symbols[i].st_value;
	return true;
}

bool graph_symbols_addresses(uint32_t number, const char *const names[], uintptr_t places[],
			     uint32_t count)
{
	const struct module *module = modules_get(number);
	struct elf_file file;
	bool is_read;

	if (!open_file(&file, module->path))
		return false;
	is_read = is_build_of(&file, module) && look_up(&file, names, places, count);
	close_file(&file);
	for (uint32_t i = 0; is_read && i < count; i++)
		places[i] += places[i] ? module->bias : 0;
	return is_read;
}

const struct graph_symbol *graph_symbols_find(const struct graph_symbols *symbols, uint64_t address,
					      bool tls)
{
	const struct graph_symbol *table = tls ? symbols->tls : symbols->table;
	uint32_t low = 0, high = tls ? symbols->tls_count : symbols->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (table[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* A symbol may lie within a larger one. */
	for (uint32_t i = low; i > 0 && i + 8 > low; i--)
		if (address - table[i - 1].start < table[i - 1].size)
			return &table[i - 1];
	return NULL;
}
