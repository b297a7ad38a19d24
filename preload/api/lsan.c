/*
 * LeakSanitizer's functions by which a program says what is not a leak
 * (sanitizer/lsan_interface.h): programs written for it need no change for silt.
 * Path: cold. Threads: any. Memory: none.
 * Must not: change errno; keep a call from a sanitizer of the program's own, which is called too.
 */
#include <elf.h>
#include <link.h>
#include <string.h>

#include "api/client_memory.h"
#include "base/rt.h"
#include "control/control.h"
#include "record/track.h"

RT_EXPORT void __lsan_ignore_object(const void *block);
RT_EXPORT void __lsan_disable(void);
RT_EXPORT void __lsan_enable(void);
RT_EXPORT void __lsan_register_root_region(const void *start, size_t size);
RT_EXPORT void __lsan_unregister_root_region(const void *start, size_t size);
RT_EXPORT void __lsan_do_leak_check(void);
RT_EXPORT int __lsan_do_recoverable_leak_check(void);

/* Defined in a program that was built with a sanitizer which looks for leaks. */
extern void __lsan_init(void) __attribute__((weak));
extern void __asan_init(void) __attribute__((weak));

/* The sanitizer's own functions. Not looked up by dlsym(), from within which the sanitizer itself
 * calls the functions below. */
static struct {
	_Atomic bool known;
	void *functions[7];
} next;
static const char *const names[] = {"__lsan_ignore_object",
				    "__lsan_disable",
				    "__lsan_enable",
				    "__lsan_register_root_region",
				    "__lsan_unregister_root_region",
				    "__lsan_do_leak_check",
				    "__lsan_do_recoverable_leak_check"};

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

/* Tables of a loaded module. Whether their addresses are absolute depends on the C library. */
struct symbols {
	uintptr_t base;
	const ElfW(Sym) * table;
	const char *strings;
	const uint32_t *hash;
};

static const void *place(uintptr_t base, uintptr_t address)
{
	return (const void *)(address < base ? base + address : address);
}

static void *find_symbol(const struct symbols *symbols, const char *name)
{
	const uint32_t *header = symbols->hash, hash = gnu_hash(name);
	const uint32_t *buckets = header + 4 + header[2] * (sizeof(ElfW(Addr)) / sizeof *header);
	const uint32_t *chains = buckets + header[0];
	uint32_t i = header[0] ? buckets[hash % header[0]] : 0;

	if (i < header[1])
		return NULL;
	for (;; i++) {
		uint32_t entry = chains[i - header[1]];

		if ((entry | 1) == (hash | 1) &&
		    strcmp(symbols->strings + symbols->table[i].st_name, name) == 0)
			return (void *)(symbols->base + symbols->table[i].st_value);
		if (entry & 1)
			return NULL;
	}
}

static int look_into(struct dl_phdr_info *module, size_t size, void *marker)
{
	struct symbols symbols = {.base = module->dlpi_addr};
	const ElfW(Dyn) *dynamic = NULL;
	bool here = false;

	(void)size;
	for (int i = 0; i < module->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &module->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD)
			here |= (uintptr_t)marker - symbols.base - segment->p_vaddr <
				segment->p_memsz;
		else if (segment->p_type == PT_DYNAMIC)
			dynamic = (const void *)(symbols.base + segment->p_vaddr);
	}
	if (!here || !dynamic)
		return 0;
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		if (dynamic->d_tag == DT_SYMTAB)
			symbols.table = place(symbols.base, dynamic->d_un.d_ptr);
		else if (dynamic->d_tag == DT_STRTAB)
			symbols.strings = place(symbols.base, dynamic->d_un.d_ptr);
		else if (dynamic->d_tag == DT_GNU_HASH)
			symbols.hash = place(symbols.base, dynamic->d_un.d_ptr);
	}
	for (size_t i = 0;
	     symbols.table && symbols.strings && symbols.hash && i < sizeof names / sizeof names[0];
	     i++)
		next.functions[i] = find_symbol(&symbols, names[i]);
	return 1;
}

static void *find_next(size_t which)
{
	void (*marker)(void) = &__lsan_init ? __lsan_init : &__asan_init ? __asan_init : NULL;

	if (!marker)
		return NULL;
	if (!atomic_load(&next.known)) {
		dl_iterate_phdr(look_into, (void *)marker);
		atomic_store(&next.known, true);
	}
	return next.functions[which];
}

#define TELL_NEXT(which, parameters, arguments)                                                    \
	do {                                                                                       \
		void(*function) parameters = (void(*) parameters)find_next(which);                 \
                                                                                                   \
		if (function)                                                                      \
			function arguments;                                                        \
	} while (0)

void __lsan_ignore_object(const void *block)
{
	silt_lib_ignore(block);
	TELL_NEXT(0, (const void *), (block));
}

void __lsan_disable(void)
{
	silt_lib_ignore_begin();
	TELL_NEXT(1, (void), ());
}

void __lsan_enable(void)
{
	silt_lib_ignore_end();
	TELL_NEXT(2, (void), ());
}

void __lsan_register_root_region(const void *start, size_t size)
{
	silt_lib_root_add(start, size);
	TELL_NEXT(3, (const void *, size_t), (start, size));
}

void __lsan_unregister_root_region(const void *start, size_t size)
{
	silt_lib_root_remove(start, size);
	TELL_NEXT(4, (const void *, size_t), (start, size));
}

/* Writes a snapshot with the heap graph. Does not end a program that has lost blocks, as the
 * sanitizer does. */
void __lsan_do_leak_check(void)
{
	control_leak_check();
	TELL_NEXT(5, (void), ());
}

int __lsan_do_recoverable_leak_check(void)
{
	int (*function)(void) = (int (*)(void))find_next(6);
	bool lost = control_leak_check();

	return function ? function() : lost;
}
