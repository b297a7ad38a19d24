/* Finds the module at an address: see objects.h. */
#include "unwind/objects.h"

#include <elf.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/libc.h"
#include "base/rt.h"

/* struct dl_find_object of glibc 2.35. */
struct answer {
	unsigned long long flags;
	void *map_start, *map_end;
	struct link_map *link_map;
	void *eh_frame;
	unsigned long long reserved[7];
};
typedef int find_function(void *address, struct answer *answer);

/* -- the list -- */

static uintptr_t page_start(uintptr_t address)
{
	return address & ~(rt_page_size() - 1);
}

/* False: the segments have no dynamic section at `dynamic`, so they are not this module's. */
static bool read_segments(struct objects_found *found, uintptr_t bias, const ElfW(Phdr) * segment,
			  size_t count, const ElfW(Dyn) * dynamic)
{
	bool is_its = false;

	found->start = UINTPTR_MAX;
	found->end = 0;
	found->eh_frame_hdr = NULL;
	for (; count-- > 0; segment++) {
		uintptr_t start = bias + segment->p_vaddr, end = start + segment->p_memsz;

		if (segment->p_type == PT_LOAD && start < found->start)
			found->start = page_start(start);
		if (segment->p_type == PT_LOAD && end > found->end)
			found->end = end;
		if (segment->p_type == PT_GNU_EH_FRAME)
			found->eh_frame_hdr = (const unsigned char *)start;
		if (segment->p_type == PT_DYNAMIC)
			is_its = start == (uintptr_t)dynamic;
	}
	return is_its;
}

/* A library begins with its ELF header, at its load address. In a program that has restricted its
 * system calls the header is read without asking whether it is readable. */
static bool read_library(struct objects_found *found, const struct link_map *map)
{
	const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)map->l_addr;

	found->link_map = map;
	return (atomic_load(&rt_confined) || rt_readable(header)) &&
	       memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
	       header->e_phentsize == sizeof(ElfW(Phdr)) &&
	       read_segments(found, map->l_addr,
			     (const ElfW(Phdr) *)(map->l_addr + header->e_phoff), header->e_phnum,
			     map->l_ld);
}

static bool holds(const struct objects_found *found, uintptr_t address)
{
	return address >= found->start && address < found->end;
}

/* musl frees the records of libraries that it failed to load without calling our free(). */
static bool is_record(const struct link_map *map)
{
	return !libc_is_musl() || rt_confined || rt_readable(map);
}

/* The executable is first in the list. A library is one range, so only the last one that begins
 * below the address can contain it, and only that one's memory is read. */
static bool find_listed(uintptr_t address, struct objects_found *found)
{
	const struct link_map *map = libc_modules(), *below = NULL;

	if (!map)
		return false;
	found->link_map = map;
	/* musl: where the dynamic linker was executed, the segments are its own. */
	if ((read_segments(found, map->l_addr, (const ElfW(Phdr) *)getauxval(AT_PHDR),
			   getauxval(AT_PHNUM), map->l_ld) ||
	     read_library(found, map)) &&
	    holds(found, address))
		return true;
	while ((map = *(struct link_map *const volatile *)&map->l_next) != NULL && is_record(map))
		if (map->l_addr && map->l_addr <= address &&
		    (!below || map->l_addr > below->l_addr))
			below = map;
	return below && read_library(found, below) && holds(found, address);
}

/* -- which method -- */

static find_function *find_asked(void)
{
	static find_function *function;
	static _Atomic bool known;

	if (!atomic_load_explicit(&known, memory_order_acquire)) {
		if (!libc_test_asks_for("SILT_TEST_OBJECTS=list"))
			*(void **)&function = libc_own_function("_dl_find_object");
		atomic_store_explicit(&known, true, memory_order_release);
	}
	return function;
}

bool objects_find(uintptr_t address, struct objects_found *found)
{
	find_function *find = find_asked();
	struct answer answer;

	if (!find)
		return find_listed(address, found);
	if (find((void *)address, &answer) != 0)
		return false;
	*found = (struct objects_found){answer.link_map, (uintptr_t)answer.map_start,
					(uintptr_t)answer.map_end, answer.eh_frame};
	return true;
}
