/* Finds functions in the symbol tables of mapped files: see elf.h. */
#include "attach/elf.h"

#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"

static void take(struct elf_functions *functions, uint64_t bias, const GElf_Sym *symbol,
		 const char *name)
{
	if (!name || symbol->st_shndx == SHN_UNDEF || GELF_ST_TYPE(symbol->st_info) != STT_FUNC)
		return;
	MEM_GROW(functions->list, functions->count, functions->capacity);
	functions->list[functions->count++] =
		(struct elf_function){bias + symbol->st_value,
				      bias + symbol->st_value + symbol->st_size, mem_string(name)};
}

static uint64_t find_bias(Elf *elf, uint64_t start)
{
	size_t count = 0;
	GElf_Phdr segment;

	elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_LOAD)
			return start - (segment.p_vaddr - segment.p_offset);
	return start;
}

static void read_symbols(struct elf_functions *functions, Elf *elf, uint64_t bias)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Sym symbol;

	while ((section = elf_nextscn(elf, section))) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM ||
		    !header.sh_entsize)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && i < (int)(header.sh_size / header.sh_entsize); i++)
			if (gelf_getsym(data, i, &symbol))
				take(functions, bias, &symbol,
				     elf_strptr(elf, header.sh_link, symbol.st_name));
	}
}

bool elf_read(struct elf_functions *functions, const struct target *target,
	      const struct target_module *module)
{
	int fd = target_open(target, module);
	Elf *elf;

	*functions = (struct elf_functions){0};
	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		read_symbols(functions, elf, find_bias(elf, module->start));
	elf_end(elf);
	close(fd);
	return functions->count > 0;
}

void elf_free(struct elf_functions *functions)
{
	for (size_t i = 0; i < functions->count; i++)
		free(functions->list[i].name);
	free(functions->list);
	*functions = (struct elf_functions){0};
}

uint64_t elf_address(const struct elf_functions *functions, const char *name)
{
	for (size_t i = 0; i < functions->count; i++)
		if (strcmp(functions->list[i].name, name) == 0)
			return functions->list[i].start;
	return 0;
}

/* x86-64: syscall, ret; and the code that a signal handler returns to: mov $15, %rax, syscall */
static const unsigned char system_call[] = {0x0f, 0x05, 0xc3};
static const unsigned char sigreturn[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

/* Returns the address of the instructions in the file; 0: none. */
static uint64_t find_instructions(Elf *elf, const void *instructions, size_t length)
{
	size_t count = 0, size = 0;
	const char *file = elf_rawfile(elf, &size);
	GElf_Phdr segment;

	elf_getphdrnum(elf, &count);
	for (size_t i = 0; file && i < count; i++) {
		const char *found;

		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD ||
		    !(segment.p_flags & PF_X) || segment.p_offset > size ||
		    segment.p_filesz > size - segment.p_offset)
			continue;
		found = memmem(file + segment.p_offset, segment.p_filesz, instructions, length);
		if (found)
			return segment.p_vaddr + (uint64_t)(found - file) - segment.p_offset;
	}
	return 0;
}

bool elf_find_calls(const struct target *target, const struct target_module *module,
		    struct elf_calls *calls)
{
	int fd = target_open(target, module);
	Elf *elf;

	*calls = (struct elf_calls){0};
	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf) {
		uint64_t bias = find_bias(elf, module->start);

		calls->system_call = find_instructions(elf, system_call, sizeof system_call);
		calls->sigreturn = find_instructions(elf, sigreturn, sizeof sigreturn);
		if (calls->system_call && calls->sigreturn) {
			calls->system_call += bias;
			calls->sigreturn += bias;
		} else {
			*calls = (struct elf_calls){0};
		}
	}
	elf_end(elf);
	close(fd);
	return calls->system_call != 0;
}
