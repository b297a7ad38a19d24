/*
 * Own pages, and the pid: see rt.h.
 * Path: cold. Threads: all. Memory: own mappings.
 */
#include "base/rt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

long rt_process_id(void)
{
	long pid = rt_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0), length;
	char link[24];
	uint64_t number;

	if (pid > 0)
		return pid;
	length = rt_syscall(SYS_readlinkat, AT_FDCWD, (long)"/proc/self", (long)link,
			    sizeof link - 1, 0, 0);
	if (length <= 0)
		return pid;
	link[length] = 0;
	return rt_parse_number(link, &number) ? (long)number : pid;
}

_Atomic uint32_t rt_version = 1;
uintptr_t rt_helper_stack;
size_t rt_helper_stack_size;
uint32_t rt_helper_generation;

/* -- memory -- */

struct region {
	void *start;
	size_t size;
	bool counted;
	/* the page below it is ours, too */
	bool guarded;
};

/* Regions are few: tables double, and leaves of the shadow are mapped many at a time. Beyond this
 * number, regions are mapped but not known to rt_each_mapping() and rt_unmap(). */
#define MAX_REGIONS 8192
static struct region regions[MAX_REGIONS];
static uint32_t region_count;
static struct rt_lock region_lock = RT_LOCK(RT_RANK_REGIONS);

uint64_t rt_memory_limit = UINT64_MAX;
_Atomic bool rt_confined, rt_confined_strictly;
static _Atomic uint64_t charged, refused_ns;

bool rt_charge(size_t size)
{
	uint64_t never = 0;

	if (atomic_fetch_add(&charged, size) + size <= rt_memory_limit)
		return true;
	atomic_fetch_sub(&charged, size);
	if (!atomic_load(&refused_ns))
		atomic_compare_exchange_strong(&refused_ns, &never, rt_monotonic_ns());
	return false;
}

void rt_uncharge(size_t size)
{
	atomic_fetch_sub(&charged, size);
}

uint64_t rt_memory_refused_ns(void)
{
	return atomic_load(&refused_ns);
}

static bool calls_are_forbidden(void)
{
	return unlikely(atomic_load_explicit(&rt_confined_strictly, memory_order_relaxed)) &&
	       !rt_is_helper();
}

/* Includes the rest of the last page: pointers that our stack walks leave there are not roots. */
static void add_region(void *start, size_t size, bool counted, bool guarded)
{
	size = (size + rt_page_size() - 1) & ~(rt_page_size() - 1);
	rt_lock(&region_lock);
	if (region_count < MAX_REGIONS)
		regions[region_count++] = (struct region){start, size, counted, guarded};
	rt_unlock(&region_lock);
}

/* True if RLIMIT_DATA is set, which is meant for the program's memory, not ours. */
static bool data_is_limited(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	return rt_syscall(SYS_getrlimit, RLIMIT_DATA, (long)&limit, 0, 0, 0, 0) == 0 &&
	       limit.rlim_cur != RLIM_INFINITY;
}

/*
 * Maps memory that the kernel does not count as data, but as a stack, since it may grow downwards.
 * An access just below would make it grow, so the page below is mapped without access.
 */
static long reserve_uncounted(size_t size)
{
	long page = (long)rt_page_size(), flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
	     address = rt_syscall(SYS_mmap, 0, (long)size + page, PROT_NONE, flags, -1, 0);

	if (address < 0 && address > -4096)
		return address;
	if (rt_syscall(SYS_mmap, address + page, (long)size, PROT_NONE,
		       flags | MAP_FIXED | MAP_GROWSDOWN, -1, 0) == address + page)
		return address + page;
	rt_syscall(SYS_munmap, address, (long)size + page, 0, 0, 0, 0);
	return -ENOMEM;
}

static void unmap(long address, size_t size, bool guarded)
{
	long below = guarded ? (long)rt_page_size() : 0;

	rt_syscall(SYS_munmap, address - below, (long)size + below, 0, 0, 0, 0);
}

/*
 * Keeps the memory unlocked: mlockall(MCL_FUTURE) would populate all of it at once, and count it
 * against RLIMIT_MEMLOCK. Memory without access is not populated, and memory unlocked before it
 * becomes accessible stays so.
 */
static long map_pages(size_t size, bool *guarded)
{
	bool confined = atomic_load_explicit(&rt_confined, memory_order_relaxed) && !rt_is_helper();
	long address, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	*guarded = !confined && data_is_limited();
	if (*guarded)
		address = reserve_uncounted(size);
	else
		address = rt_syscall(SYS_mmap, 0, (long)size,
				     confined ? PROT_READ | PROT_WRITE : PROT_NONE, flags, -1, 0);
	if (confined || (address < 0 && address > -4096))
		return address;
	rt_syscall(SYS_munlock, address, (long)size, 0, 0, 0, 0);
	if (rt_syscall(SYS_mprotect, address, (long)size, PROT_READ | PROT_WRITE, 0, 0, 0) == 0)
		return address;
	unmap(address, size, *guarded);
	return -ENOMEM;
}

void *rt_map_for(enum rt_purpose purpose, size_t size)
{
	long address;
	bool guarded;

	if (calls_are_forbidden())
		return NULL;
	if (purpose == RT_NEEDED)
		atomic_fetch_add(&charged, size);
	else if (purpose == RT_BOUNDED && !rt_charge(size))
		return NULL;
	address = map_pages(size, &guarded);
	if (address < 0 && address > -4096) {
		if (purpose != RT_BRIEF)
			atomic_fetch_sub(&charged, size);
		return NULL;
	}
	add_region((void *)address, size, purpose != RT_BRIEF, guarded);
	return (void *)address;
}

void *rt_map_shared(size_t size)
{
	long address = calls_are_forbidden()
			       ? -EPERM
			       : rt_syscall(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (address < 0 && address > -4096)
		return NULL;
	add_region((void *)address, size, false, false);
	return (void *)address;
}

void rt_unmap(void *memory, size_t size)
{
	bool guarded = false;

	rt_lock(&region_lock);
	for (uint32_t i = region_count; i-- > 0;) {
		if (regions[i].start == memory) {
			if (regions[i].counted)
				atomic_fetch_sub(&charged, size);
			guarded = regions[i].guarded;
			regions[i] = regions[--region_count];
			break;
		}
	}
	rt_unlock(&region_lock);
	if (!calls_are_forbidden())
		unmap((long)memory, size, guarded);
}

void rt_before_fork(void)
{
	rt_lock(&region_lock);
}

void rt_after_fork(void)
{
	rt_unlock(&region_lock);
}

void rt_each_mapping(void (*visit)(void *argument, uintptr_t start, uintptr_t end), void *argument)
{
	for (uint32_t i = 0; i < region_count; i++)
		visit(argument, (uintptr_t)regions[i].start,
		      (uintptr_t)regions[i].start + regions[i].size);
}

unsigned long rt_page_size(void)
{
	static _Atomic unsigned long known;
	unsigned long size = atomic_load_explicit(&known, memory_order_relaxed);

	if (unlikely(!size)) {
		size = getauxval(AT_PAGESZ);
		if (size < RT_PAGE)
			size = RT_PAGE;
		atomic_store_explicit(&known, size, memory_order_relaxed);
	}
	return size;
}

static long open_pagemap(void)
{
	return rt_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0,
			  0, 0);
}

static void close_pagemap(long fd)
{
	if (fd >= 0)
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Not by mincore, which reports swapped pages as absent. Bits 63 and 62 of a pagemap entry: in
 * memory, in swap. */
static bool read_present(long fd, const void *start, size_t size, unsigned char *present)
{
	size_t page = rt_page_size(), pieces = size / RT_PAGE, done = 0;
	uint64_t entries[64] = {0};

	while (fd >= 0 && done < pieces) {
		uintptr_t at = (uintptr_t)start + done * RT_PAGE, first = at / page;
		size_t part = ((uintptr_t)start + size - 1) / page - first + 1;
		long n = rt_syscall(SYS_pread64, fd, (long)entries,
				    (long)((part < 64 ? part : 64) * 8), (long)(first * 8), 0, 0);

		if (n < 8)
			break;
		for (; done < pieces && at / page - first < (size_t)n / 8; at += RT_PAGE)
			present[done++] = entries[at / page - first] >> 62 != 0;
	}
	return done == pieces;
}

bool rt_present(const void *start, size_t size, unsigned char *present)
{
	long fd = open_pagemap();
	bool told = read_present(fd, start, size, present);

	close_pagemap(fd);
	return told;
}

static uint64_t resident_pages(long fd, const char *start, size_t size)
{
	unsigned char present[512] = {0};
	uint64_t pages = 0;

	for (size_t done = 0; done < size; done += sizeof present * RT_PAGE) {
		size_t part = size - done;

		if (part > sizeof present * RT_PAGE)
			part = sizeof present * RT_PAGE;
		if (!read_present(fd, start + done, part, present))
			break;
		for (size_t i = 0; i < (part + RT_PAGE - 1) / RT_PAGE; i++)
			pages += present[i] & 1;
	}
	return pages;
}

uint64_t rt_resident(void)
{
	uint64_t pages = 0;
	long fd = open_pagemap();

	for (uint32_t i = 0;; i++) {
		struct region region;

		rt_lock(&region_lock);
		if (i >= region_count) {
			rt_unlock(&region_lock);
			close_pagemap(fd);
			return pages * RT_PAGE;
		}
		region = regions[i];
		rt_unlock(&region_lock);
		pages += resident_pages(fd, region.start, region.size);
	}
}

bool rt_readable(const void *address)
{
	/* rt_sigprocmask reads the new set before it checks the (invalid) "how": EFAULT if it
	 * cannot be read, EINVAL if it can. Needs no descriptor, and works where seccomp forbids
	 * other probes. */
	uintptr_t aligned = (uintptr_t)address & ~7ul;

	return !rt_confined &&
	       rt_syscall(SYS_rt_sigprocmask, ~0, (long)aligned, 0, 8, 0, 0) == -EINVAL;
}

bool rt_array_reserve(struct rt_array *array, uint32_t index, size_t element)
{
	uint32_t part = 31u - (uint32_t)__builtin_clz(index / 1024 + 1);
	void *memory;

	if (part >= RT_ARRAY_PARTS)
		return false;
	if (atomic_load_explicit(&array->parts[part], memory_order_relaxed))
		return true;
	memory = rt_map((1024ul << part) * element);
	atomic_store_explicit(&array->parts[part], memory, memory_order_release);
	return memory != NULL;
}
