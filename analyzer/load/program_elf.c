/*
 * Reads from an ELF file's headers and symbols which allocator the program will use: see program.h.
 * Must not: trust a number in the file: libelf checks offsets and sizes; of a file that libelf
 * cannot read nothing is known.
 */
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "load/program.h"
#include "util/mem.h"

#define MOST_SEARCHED (256ul << 20) /* bytes of constants searched at most */

struct reading {
	Elf *elf;
	struct program *program;
	/* the program calls malloc() of a shared library; its own allocator has no symbols */
	bool imports_malloc, only_messages;
};

/* -- symbols -- */

static const struct {
	const char *symbol, *name;
} sanitizers[] = {
	{"__asan_init", "AddressSanitizer"}, {"__hwasan_init", "HWAddressSanitizer"},
	{"__msan_init", "MemorySanitizer"},  {"__tsan_init", "ThreadSanitizer"},
	{"__lsan_init", "LeakSanitizer"},
};

#define LEAK_SANITIZER (sizeof sanitizers / sizeof sanitizers[0] - 1)

/* functions that show an allocator built into a program */
static const struct {
	const char *symbol, *name;
} allocators[] = {
	{"je_malloc", "jemalloc"},	    {"_rjem_malloc", "jemalloc"},
	{"malloc_stats_print", "jemalloc"}, {"tc_malloc", "tcmalloc"},
	{"mi_malloc", "mimalloc"},	    {"rpmalloc", "rpmalloc"},
	{"snmalloc_malloc", "snmalloc"},
};

static void take_symbol(struct reading *in, const char *name, const GElf_Sym *symbol, bool dynamic)
{
	struct program *program = in->program;
	bool defined = symbol->st_shndx != SHN_UNDEF;

	for (size_t i = 0; i < sizeof sanitizers / sizeof sanitizers[0]; i++) {
		/* AddressSanitizer contains LeakSanitizer */
		if ((i < LEAK_SANITIZER || !program->sanitizer) &&
		    strcmp(name, sanitizers[i].symbol) == 0) {
			program->sanitizer = sanitizers[i].name;
			program->sanitizer_shared = !defined;
		}
	}
	if (!defined && strcmp(name, "malloc") == 0)
		in->imports_malloc = true;
	if (!defined || GELF_ST_TYPE(symbol->st_info) != STT_FUNC)
		return;
	if (strcmp(name, "malloc") == 0) {
		if (dynamic && GELF_ST_BIND(symbol->st_info) != STB_LOCAL &&
		    GELF_ST_VISIBILITY(symbol->st_other) == STV_DEFAULT)
			program->malloc = PROGRAM_MALLOC_EXPORTED;
		else if (!dynamic && program->malloc == PROGRAM_MALLOC_SHARED)
			program->malloc = PROGRAM_MALLOC_HIDDEN;
	}
	for (size_t i = 0; i < sizeof allocators / sizeof allocators[0]; i++)
		if (strcmp(name, allocators[i].symbol) == 0) {
			program->allocator = allocators[i].name;
			in->only_messages = false;
		}
}

static void read_symbols(struct reading *in, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t size = data ? gelf_fsize(in->elf, ELF_T_SYM, 1, EV_CURRENT) : 0;
	size_t count = size ? data->d_size / size : 0;
	GElf_Sym symbol;

	for (size_t i = 1; i < count && i < INT32_MAX; i++) {
		const char *name = gelf_getsym(data, (int)i, &symbol)
					   ? elf_strptr(in->elf, header->sh_link, symbol.st_name)
					   : NULL;

		if (name)
			take_symbol(in, name, &symbol, header->sh_type == SHT_DYNSYM);
	}
}

/* -- a stripped program: messages of allocators -- */

static const struct {
	const char *text, *name;
} messages[] = {
	{"<jemalloc>: ", "jemalloc"},
	{"tcmalloc: allocation failed", "tcmalloc"},
	{"TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES", "tcmalloc"},
	{"mimalloc: ", "mimalloc"},
};

static void search_constants(struct reading *in, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = header->sh_size <= MOST_SEARCHED ? elf_rawdata(section, NULL) : NULL;

	for (size_t i = 0; data && data->d_buf && i < sizeof messages / sizeof messages[0]; i++)
		if (!in->program->allocator &&
		    memmem(data->d_buf, data->d_size, messages[i].text, strlen(messages[i].text))) {
			in->program->allocator = messages[i].name;
			in->only_messages = true;
		}
}

/* -- sections and segments -- */

static void read_sections(struct reading *in)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(in->elf, &names) != 0)
		return;
	while ((section = elf_nextscn(in->elf, section))) {
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(in->elf, names, header.sh_name);
		if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
			read_symbols(in, section, &header);
		else if (name && strcmp(name, ".go.buildinfo") == 0)
			in->program->go = true;
		else if (name && strcmp(name, ".rodata") == 0 && header.sh_type == SHT_PROGBITS)
			search_constants(in, section, &header);
	}
	if (in->program->allocator && in->program->malloc == PROGRAM_MALLOC_SHARED)
		in->program->malloc = in->only_messages && in->imports_malloc
					      ? PROGRAM_MALLOC_EITHER
					      : PROGRAM_MALLOC_RENAMED;
}

static void read_notes(struct reading *in, const GElf_Phdr *segment)
{
	Elf_Data *data = elf_getdata_rawchunk(in->elf, (int64_t)segment->p_offset,
					      segment->p_filesz, ELF_T_NHDR);
	size_t at = 0, name, contents;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &name, &contents)) > 0)
		if (note.n_namesz == 3 && memcmp((const char *)data->d_buf + name, "Go", 3) == 0)
			in->program->go = true;
}

static void read_loader(struct reading *in, const GElf_Phdr *segment)
{
	Elf_Data *data = elf_getdata_rawchunk(in->elf, (int64_t)segment->p_offset,
					      segment->p_filesz, ELF_T_BYTE);

	free(in->program->loader);
	in->program->loader =
		data && data->d_buf ? mem_substring(data->d_buf, strnlen(data->d_buf, data->d_size))
				    : mem_string("");
}

/* A dynamic linker is a shared object whose own name (DT_SONAME) is that of a dynamic linker. */
static void read_dynamic(struct reading *in)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Dyn entry;

	while ((section = elf_nextscn(in->elf, section))) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNAMIC)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getdyn(data, i, &entry); i++) {
			const char *name =
				entry.d_tag == DT_SONAME
					? elf_strptr(in->elf, header.sh_link, entry.d_un.d_val)
					: NULL;

			if (name && strncmp(name, "ld-", 3) == 0)
				in->program->is_loader = !in->program->loader;
		}
	}
}

static void read_segments(struct reading *in)
{
	size_t count = 0;
	GElf_Phdr segment;

	if (elf_getphdrnum(in->elf, &count) != 0)
		return;
	for (size_t i = 0; i < count && i < INT32_MAX; i++) {
		if (!gelf_getphdr(in->elf, (int)i, &segment))
			return;
		if (segment.p_type == PT_INTERP)
			read_loader(in, &segment);
		else if (segment.p_type == PT_NOTE)
			read_notes(in, &segment);
	}
}

bool program_read_elf(struct program *program, int fd)
{
	struct reading in = {.program = program};
	GElf_Ehdr header;

	elf_version(EV_CURRENT);
	in.elf = elf_begin(fd, ELF_C_READ, NULL);
	if (in.elf && elf_kind(in.elf) == ELF_K_ELF && gelf_getehdr(in.elf, &header) &&
	    (header.e_type == ET_EXEC || header.e_type == ET_DYN)) {
		program->elf = true;
		program->elf_class = gelf_getclass(in.elf);
		program->machine = header.e_machine;
		read_segments(&in);
		read_sections(&in);
		read_dynamic(&in);
	}
	elf_end(in.elf);
	return program->elf;
}
