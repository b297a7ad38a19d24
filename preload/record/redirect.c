/*
 * Lookups that end at the C library's malloc lead to ours: see redirect.h.
 * Path: cold. Threads: the first, or that of an attach. Memory: none.
 */
#include "record/redirect.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/rt.h"
#include "unwind/modules.h"
#include "record/real.h"

/* Ours, defined in interpose.c. */
#define HOOK(result, name, parameters) result name parameters;
#define HOOK_OWN HOOK
#include "record/hooks.def"
#undef HOOK

/* The C library as it lies in memory. */
struct library {
	uintptr_t bias, start, end;
	ElfW(Sym) * symbols;
	const char *strings;
	const uint32_t *hash; /* DT_GNU_HASH */
	int protection;	      /* of the symbols' segment; -1: not found */
};

/* A name has a version or two. */
#define MAX_CHANGES 128
struct changes {
	size_t count;
	struct change {
		ElfW(Sym) * symbol;
		uintptr_t address;
	} of[MAX_CHANGES];
};

/* glibc has made the addresses in its dynamic section absolute; elsewhere they are offsets. */
static uintptr_t pointer(const struct library *library, uintptr_t value)
{
	return value >= library->start && value < library->end ? value : value + library->bias;
}

static void read_dynamic(struct library *library, const ElfW(Dyn) * entry)
{
	for (; entry->d_tag != DT_NULL; entry++) {
		uintptr_t value = pointer(library, entry->d_un.d_ptr);

		if (entry->d_tag == DT_SYMTAB)
			library->symbols = (ElfW(Sym) *)value;
		else if (entry->d_tag == DT_STRTAB)
			library->strings = (const char *)value;
		else if (entry->d_tag == DT_GNU_HASH)
			library->hash = (const uint32_t *)value;
	}
}

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

	if (!module || !rt_readable(header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	*library = (struct library){
		.bias = module->bias, .start = module->start, .end = module->end, .protection = -1};
	segments = (const ElfW(Phdr) *)(module->start + header->e_phoff);
	for (size_t i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_DYNAMIC)
			read_dynamic(library,
				     (const ElfW(Dyn) *)(module->bias + segments[i].p_vaddr));
	if (!library->symbols || !library->strings || !library->hash)
		return false;
	for (size_t i = 0; i < header->e_phnum; i++) {
		uintptr_t start = module->bias + segments[i].p_vaddr;

		if (segments[i].p_type == PT_LOAD &&
		    (uintptr_t)library->symbols - start < segments[i].p_memsz)
			library->protection = protection_of(&segments[i]);
	}
	return library->protection >= 0;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

/* The symbol table's entry of that name from `from` on, 0: none. */
static uint32_t find_symbol(const struct library *library, const char *name, uint32_t from)
{
	uint32_t buckets = library->hash[0], first = library->hash[1], bloom = library->hash[2];
	const uint32_t *bucket =
		library->hash + 4 + bloom * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
	const uint32_t *chain = bucket + buckets;
	uint32_t hash = gnu_hash(name), i = buckets ? bucket[hash % buckets] : 0;

	for (; i >= first && i; i++) {
		if (i >= from && ((chain[i - first] ^ hash) | 1) == 1 &&
		    strcmp(library->strings + library->symbols[i].st_name, name) == 0)
			return i;
		if (chain[i - first] & 1)
			break;
	}
	return 0;
}

/* Every version of the name, but none that means something else than what ours asks. False: too
 * many. */
static bool collect(const struct library *library, const struct redirect_hook *hook, bool back,
		    struct changes *changes)
{
	uintptr_t from = back ? hook->ours : hook->next, to = back ? hook->next : hook->ours;

	for (uint32_t i = 0; (i = find_symbol(library, hook->name, i + 1)) != 0;) {
		ElfW(Sym) *symbol = &library->symbols[i];

		if (symbol->st_shndx == SHN_UNDEF ||
		    (from && symbol->st_value + library->bias != from))
			continue;
		if (changes->count == MAX_CHANGES)
			return false;
		changes->of[changes->count++] = (struct change){symbol, to};
	}
	return true;
}

/* The pages are written for a moment only, all in one piece: each piece would stay a mapping of
 * its own. What is read there meanwhile is the old address or the new one. */
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
				 changes->of[i].address - library->bias, __ATOMIC_RELEASE);
	rt_syscall(SYS_mprotect, (long)low, (long)(high - low), library->protection, 0, 0, 0);
	return true;
}

uintptr_t redirect_find(uintptr_t address, const char *name)
{
	struct library library;
	uint32_t i = 0;

	if (!find_library(&library, address))
		return 0;
	while ((i = find_symbol(&library, name, i + 1)) != 0)
		if (library.symbols[i].st_shndx != SHN_UNDEF)
			return library.bias + library.symbols[i].st_value;
	return 0;
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
