/* Bounds what reading a file's symbols and debug information may cost: see bounds.h. */
#include "symbolize/bounds.h"

#include <endian.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define TIME_LEAST (3 * SECOND)	      /* for any file */
#define TIME_BYTE (SECOND / 10000000) /* and for each byte of the file: 1 s for 10 MB */
#define MEMORY_LEAST (64ull << 20)
#define MEMORY_TIMES 16 /* times the size of the files */
#define UNPACKED_LEAST (16ull << 20)
/* times the size of the files; zlib packs debug information to a third, xz symbols to a fifth */
#define UNPACKED_TIMES 16
#define LINES_LEAST (2ull << 20)
#define CALLS 64 /* calls of bounds_go_on() between two measurements */
#define MEASURE_EVERY (SECOND / 1000)

static struct dwarf_bounds *current;

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

/* Returns a field of /proc/self/statm in bytes: field 0 is the address space, field 1 resident
 * memory. Returns 0 if it cannot be read. */
static uint64_t memory_figure(int which)
{
	char text[200], *at = text;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
	uint64_t pages = 0;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = 0;
	for (int i = 0; i <= which; i++)
		pages = strtoull(at, &at, 10);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t memory_allowed(const struct dwarf_bounds *bounds)
{
	return MEMORY_LEAST + MEMORY_TIMES * bounds->size;
}

/* -- files -- */

/* Sections called .zdebug_* hold "ZLIB", then the unpacked size, big-endian. */
static uint64_t old_unpacked_size(Elf_Scn *section)
{
	Elf_Data *data = elf_rawdata(section, NULL);
	uint64_t size;

	if (!data || data->d_size < 12 || memcmp(data->d_buf, "ZLIB", 4) != 0)
		return 0;
	memcpy(&size, (const char *)data->d_buf + 4, sizeof size);
	return be64toh(size);
}

/* Reads a number of the xz format: seven bits a byte, the lowest first. */
static uint64_t xz_number(const unsigned char **at, const unsigned char *end)
{
	uint64_t value = 0;

	for (unsigned shift = 0; *at < end && shift < 63; shift += 7) {
		value |= (uint64_t)(**at & 0x7f) << shift;
		if (!(*(*at)++ & 0x80))
			break;
	}
	return value;
}

/* Returns the unpacked size of .gnu_debugdata: the index at the end of the file has the size of
 * each block. If the index lies, the memory bound catches it. Source: "The .xz File Format",
 * 2.1.2 and 4. */
static uint64_t xz_unpacked_size(Elf_Scn *section)
{
	Elf_Data *data = elf_rawdata(section, NULL);
	const unsigned char *footer, *at;
	uint64_t total = 0, blocks;
	uint32_t words;

	if (!data || data->d_size < 24)
		return 0;
	footer = (const unsigned char *)data->d_buf + data->d_size - 12;
	memcpy(&words, footer + 4, sizeof words);
	if (memcmp(footer + 10, "YZ", 2) != 0 || ((uint64_t)words + 1) * 4 > data->d_size - 12)
		return 0;
	at = footer - ((uint64_t)words + 1) * 4 + 1; /* after the index indicator, a zero byte */
	blocks = xz_number(&at, footer);
	for (uint64_t i = 0; i < blocks && at < footer; i++) {
		xz_number(&at, footer);
		if (__builtin_add_overflow(total, xz_number(&at, footer), &total))
			return UINT64_MAX;
	}
	return total;
}

static uint64_t unpacked_size(Elf *elf, Elf_Scn *section, size_t names)
{
	GElf_Shdr header;
	GElf_Chdr compression;
	const char *name;

	if (!gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS)
		return 0;
	if (header.sh_flags & SHF_COMPRESSED)
		return gelf_getchdr(section, &compression) ? compression.ch_size : 0;
	name = elf_strptr(elf, names, header.sh_name);
	if (name && strcmp(name, ".gnu_debugdata") == 0)
		return xz_unpacked_size(section);
	return name && strncmp(name, ".zdebug", 7) == 0 ? old_unpacked_size(section) : 0;
}

bool bounds_add_file(struct dwarf_bounds *bounds, int fd)
{
	uint64_t total = 0, allowed;
	Elf_Scn *section = NULL;
	struct stat status;
	size_t names;
	Elf *elf;

	if (fstat(fd, &status) == 0 && status.st_size > 0)
		bounds->size += (uint64_t)status.st_size;
	allowed = UNPACKED_LEAST + UNPACKED_TIMES * bounds->size;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF && elf_getshdrstrndx(elf, &names) == 0)
		while (total <= allowed && (section = elf_nextscn(elf, section)))
			if (__builtin_add_overflow(total, unpacked_size(elf, section, names),
						   &total))
				total = UINT64_MAX;
	elf_end(elf);
	lseek(fd, 0, SEEK_SET);
	bounds->exceeded = bounds->exceeded || total > allowed;
	return total <= allowed;
}

/* -- time and memory -- */

void bounds_enter(struct dwarf_bounds *bounds)
{
	if (bounds->visits++)
		return;
	bounds->start_ns = now(CLOCK_MONOTONIC);
	bounds->start_cpu_ns = now(CLOCK_THREAD_CPUTIME_ID);
	bounds->start_memory = memory_figure(1);
	current = bounds;
}

static uint64_t memory_since(const struct dwarf_bounds *bounds)
{
	uint64_t memory = memory_figure(1);

	return memory > bounds->start_memory ? memory - bounds->start_memory : 0;
}

void bounds_leave(struct dwarf_bounds *bounds)
{
	if (--bounds->visits)
		return;
	bounds->cpu_ns += now(CLOCK_THREAD_CPUTIME_ID) - bounds->start_cpu_ns;
	bounds->memory += memory_since(bounds);
	current = NULL;
}

/* Asks for processor time only if wall time is over the bound: the wall clock is cheaper, but
 * runs on while other processes run. */
static bool out_of_time(const struct dwarf_bounds *bounds, uint64_t wall)
{
	uint64_t allowed = TIME_LEAST + TIME_BYTE * bounds->size;

	return wall - bounds->start_ns + bounds->cpu_ns > allowed &&
	       now(CLOCK_THREAD_CPUTIME_ID) - bounds->start_cpu_ns + bounds->cpu_ns > allowed;
}

static bool out_of_memory(struct dwarf_bounds *bounds, uint64_t wall)
{
	if (wall - bounds->measured_ns < MEASURE_EVERY)
		return false;
	bounds->measured_ns = wall;
	return bounds->memory + memory_since(bounds) > memory_allowed(bounds);
}

bool bounds_go_on_now(void)
{
	uint64_t wall;

	if (!current || current->exceeded)
		return !current;
	wall = now(CLOCK_MONOTONIC);
	if (out_of_time(current, wall) || out_of_memory(current, wall))
		current->exceeded = true;
	return !current->exceeded;
}

bool bounds_go_on(void)
{
	return !current ||
	       (current->exceeded ? false : ++current->calls % CALLS || bounds_go_on_now());
}

bool bounds_take_lines(struct dwarf_bounds *bounds, uint64_t size)
{
	if (size > LINES_LEAST + bounds->size - bounds->lines ||
	    bounds->lines > LINES_LEAST + bounds->size)
		return false;
	bounds->lines += size;
	return true;
}

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define LIMITS false /* AddressSanitizer ends the program if an allocation fails */
#else
#define LIMITS true
#endif

static struct rlimit unlimited;
static bool limited;

void bounds_limit_memory(const struct dwarf_bounds *bounds)
{
	uint64_t mapped = memory_figure(0);
	struct rlimit limit;

	if (!LIMITS || !mapped || getrlimit(RLIMIT_AS, &unlimited) < 0)
		return;
	limit = unlimited;
	/* also true for RLIM_INFINITY, which is the largest number */
	if (limit.rlim_cur > mapped + memory_allowed(bounds))
		limit.rlim_cur = mapped + memory_allowed(bounds);
	limited = setrlimit(RLIMIT_AS, &limit) == 0;
}

void bounds_unlimit_memory(void)
{
	if (limited)
		setrlimit(RLIMIT_AS, &unlimited);
	limited = false;
}
