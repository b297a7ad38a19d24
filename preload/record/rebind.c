/*
 * Changes words in the data of modules: see rebind.h.
 * Path: cold. Threads: that of an attach, while the others run. Memory: a page while it runs.
 */
#include "record/rebind.h"

#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "base/rt.h"

#define PIECE (2ul << 20) /* bytes whose touched pages are found by one call */
#define PIECE_PAGES (PIECE / RT_PAGE)
#define POPULATE_WRITE 23 /* MADV_POPULATE_WRITE, Linux 5.14 */

struct search {
	const struct rebind_pair *pairs;
	size_t count;
	/* the lowest and the highest `from` */
	uintptr_t low, high;
	/* a page */
	char *buffer;
	uint32_t changed;
	/* of the present module */
	/* PT_GNU_RELRO */
	uintptr_t protected_start, protected_end;
	/* that part is writable at the moment */
	bool is_writable;
};

static uintptr_t find_target(const struct search *search, uintptr_t word)
{
	if (word < search->low || word > search->high)
		return 0;
	for (size_t i = 0; i < search->count; i++)
		if (search->pairs[i].from == word)
			return search->pairs[i].to;
	return 0;
}

static bool protect(const struct search *search, int protection)
{
	return rt_syscall(SYS_mprotect, (long)search->protected_start,
			  (long)(search->protected_end - search->protected_start), protection, 0, 0,
			  0) == 0;
}

/* Makes the word writable if it can be. Memory that the dynamic linker has protected is opened;
 * memory that the program has protected is left alone. */
static bool can_write(struct search *search, uintptr_t address)
{
	long page = (long)(address & ~(rt_page_size() - 1)), result;

	if (address - search->protected_start < search->protected_end - search->protected_start)
		return search->is_writable ||
		       (search->is_writable = protect(search, PROT_READ | PROT_WRITE));
	result = rt_syscall(SYS_madvise, page, (long)rt_page_size(), POPULATE_WRITE, 0, 0, 0);
	return result == 0 || result == -EINVAL; /* an older kernel */
}

static void search_words(struct search *search, uintptr_t start, const uintptr_t *words,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uintptr_t address = start + i * sizeof *words, word = words[i],
			  to = find_target(search, word);

		if (to && can_write(search, address) &&
		    __atomic_compare_exchange_n((uintptr_t *)address, &word, to, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			search->changed++;
	}
}

/* Has the kernel copy the words, so that memory which is gone causes no fault. Pages that were
 * never touched hold no addresses. */
static void search_piece(struct search *search, uintptr_t start, size_t size)
{
	unsigned char present[PIECE_PAGES];
	long self = rt_process_id();

	if (!rt_present((const void *)start, size, present))
		memset(present, 1, sizeof present);
	for (size_t page = 0; page < size / RT_PAGE; page++) {
		struct iovec here = {search->buffer, RT_PAGE},
			     there = {(void *)(start + page * RT_PAGE), RT_PAGE};

		if (present[page] && rt_syscall(SYS_process_vm_readv, self, (long)&here, 1,
						(long)&there, 1, 0) == (long)RT_PAGE)
			search_words(search, start + page * RT_PAGE,
				     (const uintptr_t *)search->buffer,
				     RT_PAGE / sizeof(uintptr_t));
	}
}

static bool is_our_own(const struct dl_phdr_info *info)
{
	uintptr_t here = (uintptr_t)is_our_own;

	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD &&
		    here - (info->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
			return true;
	}
	return false;
}

/* Rounded as the dynamic linker does. */
static void find_protected(struct search *search, const struct dl_phdr_info *info)
{
	uintptr_t mask = ~(rt_page_size() - 1);

	search->protected_start = 0;
	search->protected_end = 0;
	search->is_writable = false;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_GNU_RELRO)
			continue;
		search->protected_start = start & mask;
		search->protected_end = (start + segment->p_memsz) & mask;
	}
}

static int search_module(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;

	(void)size;
	if (is_our_own(info))
		return 0;
	find_protected(search, info);
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = (info->dlpi_addr + segment->p_vaddr) & ~(RT_PAGE - 1);
		uintptr_t end =
			(info->dlpi_addr + segment->p_vaddr + segment->p_memsz + RT_PAGE - 1) &
			~(RT_PAGE - 1);

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W))
			continue;
		for (; start < end; start += PIECE)
			search_piece(search, start, end - start < PIECE ? end - start : PIECE);
	}
	if (search->is_writable)
		protect(search, PROT_READ);
	return 0;
}

uint32_t rebind_modules(const struct rebind_pair *pairs, size_t count)
{
	struct search search = {.pairs = pairs, .count = count, .low = UINTPTR_MAX};

	search.buffer = rt_map_for(RT_BRIEF, RT_PAGE);
	if (!search.buffer)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (!pairs[i].from)
			continue;
		search.low = pairs[i].from < search.low ? pairs[i].from : search.low;
		search.high = pairs[i].from > search.high ? pairs[i].from : search.high;
	}
	dl_iterate_phdr(search_module, &search);
	rt_unmap(search.buffer, RT_PAGE);
	return search.changed;
}
