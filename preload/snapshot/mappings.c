/*
 * The process's mappings: see mappings.h.
 * Must not: use thread-local storage.
 */
#include "snapshot/mappings.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "annotations/annotations.h"
#include "base/bytes.h"
#include "base/rt.h"
#include "record/blocks.h"
#include "record/frees.h"
#include "record/mapped.h"
#include "record/sites.h"
#include "silt_snapshot.h"

#define MAX_ENTRIES 512u /* distinct names; further ones are counted in the last entry */
#define NAME_SIZE 232u

struct entry {
	uint32_t kind, count;
	/* bytes */
	uint64_t size, resident, anonymous;
	char name[NAME_SIZE];
};

struct mapping_table {
	uint32_t count;
	/* the mapping whose lines are being read */
	struct entry *now;
	/* bytes of that mapping that are silt's */
	uint64_t ours;
	/* the previous mapping was code of a C library */
	bool in_code;
	uint32_t c_libraries;
	struct entry entries[MAX_ENTRIES];
};

static const char *parse_hex(const char *p, uintptr_t *value)
{
	for (*value = 0;; p++) {
		if (*p >= '0' && *p <= '9')
			*value = *value << 4 | (uintptr_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			*value = *value << 4 | (uintptr_t)(*p - 'a' + 10);
		else
			return p;
	}
}

struct span {
	uintptr_t start, end;
	uint64_t ours;
};

static void measure_ours(void *argument, uintptr_t start, uintptr_t end)
{
	struct span *span = argument;
	uintptr_t low = start > span->start ? start : span->start,
		  high = end < span->end ? end : span->end;

	if (low < high)
		span->ours += high - low;
}

/* The kernel merges anonymous neighbours, so part of a mapping may be ours: *ours, in bytes. */
static uint32_t kind_of_anonymous(uintptr_t start, uintptr_t end, uint64_t *ours)
{
	struct span span = {start, end, 0};

	rt_each_mapping(measure_ours, &span);
	*ours = span.ours;
	if (blocks_has_any(start, end))
		return SILT_MAPPING_HEAP;
	return span.ours > (end - start) / 2 ? SILT_MAPPING_SILT : SILT_MAPPING_ANONYMOUS;
}

static struct entry *find_entry(struct mapping_table *table, uint32_t kind, const char *name)
{
	struct entry *entry = table->entries;

	if (table->now && table->now->kind == kind &&
	    strncmp(table->now->name, name, NAME_SIZE - 1) == 0)
		return table->now; /* mappings of a file are adjacent */
	for (uint32_t i = 0; i < table->count; i++, entry++)
		if (entry->kind == kind && strncmp(entry->name, name, NAME_SIZE - 1) == 0)
			return entry;
	if (table->count == MAX_ENTRIES)
		return entry - 1;
	table->count++;
	entry->kind = kind;
	strncpy(entry->name, name, NAME_SIZE - 1);
	return entry;
}

static bool is_c_library(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash &&
	       (strncmp(slash, "/libc.so.6", 10) == 0 || strncmp(slash, "/libc-2.", 8) == 0);
}

/* Counts a C library at its first mapping of code. Debuggers and the like may have split that into
 * several adjacent mappings. */
static void count_c_library(struct mapping_table *table, const char *permissions, const char *path)
{
	bool in_code = strncmp(permissions, " r-x", 4) == 0 && is_c_library(path);

	table->c_libraries += in_code && !table->in_code;
	table->in_code = in_code;
}

/* Takes the first line of a mapping: "7f00-7f10 rw-p 00000000 08:01 1234   /path". */
static void take_mapping(struct mapping_table *table, const char *line)
{
	uintptr_t start, end;
	const char *p = parse_hex(line, &start), *name;
	uint32_t kind;

	table->ours = 0;
	if (*p != '-')
		return;
	p = parse_hex(p + 1, &end);
	name = rt_find_name(p);
	count_c_library(table, p, name);
	if (name && strcmp(name, "[heap]") == 0)
		kind = SILT_MAPPING_HEAP;
	else if (!name || strncmp(name, "[anon", 5) == 0)
		kind = kind_of_anonymous(start, end, &table->ours);
	else
		kind = name[0] == '/' ? SILT_MAPPING_FILE : SILT_MAPPING_SPECIAL;
	table->now = find_entry(table, kind, name && kind != SILT_MAPPING_HEAP ? name : "");
	table->now->count++;
	if (kind == SILT_MAPPING_SILT)
		table->ours = 0;
	table->now->size += end - start - table->ours;
}

/* Treats all of our bytes as resident: rather too little is reported than our own memory. */
static uint64_t without(uint64_t bytes, uint64_t ours)
{
	return bytes > ours ? bytes - ours : 0;
}

static void take_line(struct mapping_table *table, const char *line)
{
	if (line[0] < 'A' || line[0] > 'Z')
		take_mapping(table, line);
	else if (line[0] != 'R' && line[0] != 'A')
		return; /* each mapping has some two dozen lines */
	else if (table->now && strncmp(line, "Rss:", 4) == 0)
		table->now->resident += without(rt_field(line, "Rss:") * 1024, table->ours);
	else if (table->now && strncmp(line, "Anonymous:", 10) == 0)
		table->now->anonymous += without(rt_field(line, "Anonymous:") * 1024, table->ours);
}

static bool read_table(struct mapping_table *table, uint32_t pid)
{
	char buffer[8192];
	struct rt_text path = {buffer, sizeof buffer, 0};
	size_t length = 0;
	bool skip = false; /* the rest of a line too long for the buffer */
	long fd, n;

	rt_text(&path, "/proc/");
	rt_text_number(&path, pid);
	rt_text(&path, "/smaps");
	fd = rt_syscall(SYS_openat, AT_FDCWD, (long)buffer, O_RDONLY | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return false;
	while ((n = rt_syscall(SYS_read, fd, (long)(buffer + length),
			       (long)(sizeof buffer - 1 - length), 0, 0, 0)) > 0) {
		char *line = buffer, *end;

		length += (size_t)n;
		buffer[length] = 0;
		while ((end = strchr(line, '\n'))) {
			*end = 0;
			if (!skip)
				take_line(table, line);
			skip = false;
			line = end + 1;
		}
		length -= (size_t)(line - buffer);
		memmove(buffer, line, length);
		if (length == sizeof buffer - 1) {
			if (!skip)
				take_line(table, buffer);
			skip = true;
			length = 0;
		}
	}
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return n == 0;
}

uint32_t mappings_write(struct snapshot_file *file, uint32_t pid)
{
	struct mapping_table *table = rt_map_for(RT_BRIEF, sizeof *table);
	uint32_t c_libraries;

	if (!table)
		return 0;
	if (read_table(table, pid)) {
		snapshot_file_begin(file, SILT_SECTION_MAPPINGS, sizeof(struct silt_mapping));
		for (uint32_t i = 0; i < table->count; i++) {
			const struct entry *entry = &table->entries[i];
			struct silt_mapping record = {
				.name = snapshot_file_string(file, entry->name),
				.kind = entry->kind,
				.count = entry->count,
				.size = entry->size,
				.resident = entry->resident,
				.anonymous = entry->anonymous,
			};

			bytes_add(&file->bytes, &record, sizeof record);
		}
		snapshot_file_end(file, table->count);
	}
	c_libraries = table->c_libraries;
	rt_unmap(table, sizeof *table);
	return c_libraries;
}

static uint64_t at_least_0(int64_t value)
{
	return value > 0 ? (uint64_t)value : 0;
}

/* Writes which call stacks unmap what a site maps. Reads each figure once: it may change
 * meanwhile. */
static void write_unmappers(struct bytes *out, uint32_t site, uint32_t site_count)
{
	struct {
		uint32_t node, samples;
		uint64_t weight;
	} list[FREES_STACKS];
	uint32_t count = 0;

	for (const struct frees_record *record = frees_of(site); record && count < FREES_STACKS;
	     record = frees_next(record)) {
		if (record->stack > site_count || !atomic_load(&record->samples))
			continue;
		list[count].node = sites_get(record->stack)->node;
		list[count].samples = atomic_load(&record->samples);
		list[count++].weight = atomic_load(&record->weight);
	}
	bytes_varint(out, count);
	for (uint32_t i = 0; i < count; i++) {
		bytes_varint(out, list[i].node);
		bytes_varint(out, list[i].samples);
		bytes_varint(out, list[i].weight);
	}
}

#define MOST_LOOKED_AT 16 /* mappings of a call site that are searched for blocks */
#define MOST_PIECES 4096  /* pieces of pools that are looked up */
#define MOST_PASSED 65536 /* mappings that are visited in all */

static void mark_piece(void *passed, const struct annotations_piece *piece)
{
	struct mapped_site *record =
		++*(uint32_t *)passed < MOST_PIECES ? mapped_enclosing(piece->address) : NULL;

	if (record)
		atomic_fetch_or(&record->kinds, SILT_MAPPED_BLOCKS);
}

/* Marks call sites whose mappings contain recorded blocks or pieces: these mappings belong to a
 * pool or an allocator, whose blocks are recorded already. */
static void find_blocks(void)
{
	struct mapped_site *record;
	uint32_t pieces = 0;
	uintptr_t at = 0;
	uint64_t size;

	if (!mapped_count())
		return;
	annotations_each_piece(mark_piece, &pieces);
	for (uint32_t i = 1; i <= mapped_count(); i++)
		mapped_get(i)->looked_at = 0;
	for (int passed = 0; passed < MOST_PASSED && mapped_next(&at, &size, &record); passed++) {
		if (record->looked_at++ < MOST_LOOKED_AT &&
		    !(atomic_load(&record->kinds) & SILT_MAPPED_BLOCKS) &&
		    blocks_has_any(at, at + size))
			atomic_fetch_or(&record->kinds, SILT_MAPPED_BLOCKS);
		at += RT_PAGE;
	}
}

void mappings_write_mapped(struct snapshot_file *file, uint32_t site_count)
{
	struct bytes *out = &file->bytes;
	uint64_t count = 0;

	find_blocks();
	snapshot_file_begin(file, SILT_SECTION_MAPPED, 0);
	for (uint32_t i = 1; i <= mapped_count(); i++) {
		const struct mapped_site *record = mapped_get(i);
		int64_t live = atomic_load(&record->live);

		/* The site is newer than this snapshot, or was not used since the counters were
		 * cleared. */
		if (record->site > site_count || (!atomic_load(&record->total) && live <= 0))
			continue;
		bytes_varint(out, sites_get(record->site)->node);
		bytes_varint(out, atomic_load(&record->kinds));
		bytes_varint(out, atomic_load(&record->total));
		bytes_varint(out, atomic_load(&record->total_bytes));
		bytes_varint(out, at_least_0(live));
		bytes_varint(out, at_least_0(atomic_load(&record->live_bytes)));
		write_unmappers(out, record->site, site_count);
		count++;
	}
	snapshot_file_end(file, count);
}
