/*
 * Redirects lookups that would find the C library's malloc to ours: see redirect.h.
 * Path: cold. Threads: the first, or that of an attach. Memory: none.
 */
#include "record/redirect.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/elf.h"
#include "base/rt.h"
#include "unwind/modules.h"
#include "record/real.h"

/* Ours, defined in interpose.c. */
#define HOOK(result, name, parameters) result name parameters;
#define HOOK_OWN HOOK
#include "record/hooks.def"
#undef HOOK

/* A library in memory. */
struct library {
	struct elf_names names;
	/* of the symbols' segment; -1: not found */
	int protection;
};

/* A name has one or two versions. */
#define MAX_CHANGES 128
struct changes {
	size_t count;
	struct change {
		ElfW(Sym) * symbol;
		uintptr_t address;
	} of[MAX_CHANGES];
};

static int protection_of(const ElfW(Phdr) * segment)
{
	return (segment->p_flags & PF_R ? PROT_READ : 0) |
	       (segment->p_flags & PF_W ? PROT_WRITE : 0) |
	       (segment->p_flags & PF_X ? PROT_EXEC : 0);
}

static bool find_library(struct library *library, uintptr_t address)
{
	uint32_t number = modules_find(address);
	const struct module *module = number == MODULES_NONE ? NULL : modules_get(number);
	const ElfW(Ehdr) *header = module ? (const ElfW(Ehdr) *)module->start : NULL;
	const ElfW(Phdr) * segments;
	const ElfW(Dyn) *dynamic = NULL;

	if (!module || !rt_readable(header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	segments = (const ElfW(Phdr) *)(module->start + header->e_phoff);
	for (size_t i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_DYNAMIC)
			dynamic = (const ElfW(Dyn) *)(module->bias + segments[i].p_vaddr);
	library->protection = -1;
	if (!dynamic || !elf_names_read(&library->names, module->bias, dynamic))
		return false;
	for (size_t i = 0; i < header->e_phnum; i++) {
		uintptr_t start = module->bias + segments[i].p_vaddr;

		if (segments[i].p_type == PT_LOAD &&
		    (uintptr_t)library->names.symbols - start < segments[i].p_memsz)
			library->protection = protection_of(&segments[i]);
	}
	return library->protection >= 0;
}

/* Collects every version of the name, but for those that lead to another function than the one that
 * ours calls. False: too many. */
static bool collect(const struct library *library, const struct redirect_hook *hook, bool back,
		    struct changes *changes)
{
	uintptr_t from = back ? hook->ours : hook->next, to = back ? hook->next : hook->ours;

	for (uint32_t i = 0; (i = elf_names_next(&library->names, hook->name, i + 1)) != 0;) {
		ElfW(Sym) *symbol = &library->names.symbols[i];

		if (symbol->st_shndx == SHN_UNDEF ||
		    (from && symbol->st_value + library->names.bias != from))
			continue;
		if (changes->count == MAX_CHANGES)
			return false;
		changes->of[changes->count++] = (struct change){symbol, to};
	}
	return true;
}

/* Makes the symbols' pages writable for a moment, all at once, since each part would stay a mapping
 * of its own. A reader meanwhile sees either the old address or the new one. */
static bool make_changes(const struct library *library, const struct changes *changes)
{
	uintptr_t low = UINTPTR_MAX, high = 0;

	for (size_t i = 0; i < changes->count; i++) {
		ElfW(Sym) *symbol = changes->of[i].symbol;

		low = (uintptr_t)symbol < low ? (uintptr_t)symbol : low;
		high = (uintptr_t)(symbol + 1) > high ? (uintptr_t)(symbol + 1) : high;
	}
	if (!changes->count)
		return true;
	low &= ~(rt_page_size() - 1);
	if (rt_syscall(SYS_mprotect, (long)low, (long)(high - low),
		       library->protection | PROT_WRITE, 0, 0, 0) < 0)
		return false;
	for (size_t i = 0; i < changes->count; i++)
		__atomic_store_n(&changes->of[i].symbol->st_value,
				 changes->of[i].address - library->names.bias, __ATOMIC_RELEASE);
	rt_syscall(SYS_mprotect, (long)low, (long)(high - low), library->protection, 0, 0, 0);
	return true;
}

uintptr_t redirect_find(uintptr_t address, const char *name)
{
	struct library library;

	return find_library(&library, address) ? (uintptr_t)elf_names_find(&library.names, name)
					       : 0;
}

bool redirect_symbols(uintptr_t address, const struct redirect_hook *hooks, size_t count, bool back)
{
	struct library library;
	struct changes changes = {0};

	if (!find_library(&library, address))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!(back && !hooks[i].next) && !collect(&library, &hooks[i], back, &changes))
			return false;
	return make_changes(&library, &changes);
}

size_t redirect_family(struct redirect_hook hooks[REDIRECT_FAMILY])
{
	const struct redirect_hook family[] = {
#define HOOK(result, name, parameters) {#name, (uintptr_t)name, (uintptr_t)real.name},
#define HOOK_OWN(result, name, parameters) {#name, (uintptr_t)name, 0},
#include "record/hooks.def"
#undef HOOK
	};

	_Static_assert(sizeof family / sizeof family[0] <= REDIRECT_FAMILY, "room for all of them");
	memcpy(hooks, family, sizeof family);
	return sizeof family / sizeof family[0];
}

bool redirect_libc(void)
{
	struct redirect_hook hooks[REDIRECT_FAMILY];

	return redirect_symbols((uintptr_t)real.malloc, hooks, redirect_family(hooks), false);
}
