/*
 * The outermost layer of a snapshot file: see envelope.h.
 * Must not: trust a number in the file, know what a section means.
 */
#include "load/envelope.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "load/snapshot.h"
#include "silt_checksum.h"
#include "silt_snapshot.h"
#include "util/mem.h"

static uint32_t checksum(uint32_t version, const unsigned char *data, uint64_t size)
{
	return version == SILT_VERSION_CRC32 ? (uint32_t)crc32_z(0, data, size)
					     : silt_crc32c(data, size);
}

bool envelope_check_header(struct reader *reader, const unsigned char *data, uint64_t size)
{
	struct silt_header header;

	if (size < sizeof header)
		return reader_fail(reader, "%s: only %" PRIu64 " bytes" READER_REMEDY,
				   size ? "truncated snapshot" : "empty file", size);
	memcpy(&header, data, sizeof header);
	if (memcmp(header.magic, SILT_MAGIC, sizeof header.magic) != 0)
		return reader_fail(reader,
				   "not a silt snapshot (no \"%s\" at bytes 0 to %zu): name a "
				   ".silt file or a run directory",
				   SILT_MAGIC, sizeof header.magic);
	if (header.version < SILT_VERSION_OLDEST || header.version > SILT_VERSION)
		return reader_fail(
			reader,
			"snapshot of format version %u (header, bytes %zu to %zu); this silt "
			"reads versions %u to %u: use the silt that wrote it",
			header.version, offsetof(struct silt_header, version),
			offsetof(struct silt_header, section_count), SILT_VERSION_OLDEST,
			SILT_VERSION);
	if (checksum(header.version, data, offsetof(struct silt_header, header_crc)) !=
	    header.header_crc)
		return reader_damaged(reader,
				      "the check sum of the header (bytes 0 to %zu) does not match",
				      sizeof header);
	if (header.file_size != reader->size)
		return reader_fail(reader,
				   "%s snapshot: the file has %" PRIu64
				   " bytes, its header says %" PRIu64 READER_REMEDY,
				   reader->size < header.file_size ? "truncated" : "damaged",
				   reader->size, header.file_size);
	return true;
}

static bool check_table(struct reader *reader, const struct silt_header *header)
{
	const unsigned char *table;

	if (header->table_offset > reader->size || header->table_offset % 8 ||
	    header->section_count >
		    (reader->size - header->table_offset) / sizeof(struct silt_section))
		return reader_damaged(reader,
				      "the section table at byte %" PRIu64
				      " reaches beyond the file's end",
				      header->table_offset);
	table = reader->snapshot->data + header->table_offset;
	if (checksum(header->version, table, header->section_count * sizeof(struct silt_section)) !=
	    header->table_crc)
		return reader_damaged(reader,
				      "the check sum of the section table (bytes %" PRIu64
				      " to %" PRIu64 ") does not match",
				      header->table_offset,
				      header->table_offset +
					      header->section_count * sizeof(struct silt_section));
	return true;
}

/* -- layout: the pieces of the file, in the order of their bytes -- */

struct piece {
	uint64_t from, to;
	const char *name;
};

static int by_place(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static bool check_overlap(struct reader *reader, const struct piece *before,
			  const struct piece *after)
{
	if (before->to <= after->from)
		return true;
	return reader_damaged(reader,
			      "%s at byte %" PRIu64 " overlaps %s, which ends at byte %" PRIu64,
			      after->name, after->from, before->name, before->to);
}

static bool check_padding(struct reader *reader, const struct piece *before,
			  const struct piece *after)
{
	for (uint64_t at = before->to; at < after->from; at++)
		if (reader->snapshot->data[at])
			return reader_damaged(
				reader, "byte %" PRIu64 ", padding between %s and %s, is not 0", at,
				before->name, after->name);
	return true;
}

static bool check_layout(struct reader *reader, const struct silt_header *header,
			 const struct silt_section *sections)
{
	uint64_t count = header->section_count + 3ul;
	struct piece *pieces = mem_zeroed(count, sizeof *pieces);
	bool good = true;

	pieces[0] = (struct piece){0, sizeof *header, "the header"};
	pieces[1] = (struct piece){header->table_offset,
				   header->table_offset + header->section_count * sizeof *sections,
				   "the section table"};
	pieces[2] = (struct piece){reader->size, reader->size, "the file's end"};
	for (uint32_t i = 0; i < header->section_count; i++)
		pieces[i + 3] =
			(struct piece){sections[i].offset, sections[i].offset + sections[i].size,
				       reader_section_name(sections[i].kind)};
	qsort(pieces, count, sizeof *pieces, by_place);
	for (uint64_t i = 1; i < count && good; i++)
		good = check_overlap(reader, &pieces[i - 1], &pieces[i]);
	for (uint64_t i = 1; i < count && good; i++)
		good = check_padding(reader, &pieces[i - 1], &pieces[i]);
	free(pieces);
	return good;
}

/* -- sections -- */

static bool check_section(struct reader *reader, uint32_t i, const struct silt_section *section)
{
	const char *name = reader_section_name(section->kind);

	if (section->offset > reader->size || section->size > reader->size - section->offset)
		return reader_damaged(
			reader, "section %u (%s) at byte %" PRIu64 " reaches beyond the file's end",
			i, name, section->offset);
	if (section->offset % 8)
		return reader_damaged(
			reader, "section %u (%s) at byte %" PRIu64 " is not at a multiple of 8", i,
			name, section->offset);
	if (section->kind >= READER_SECTIONS)
		return true;
	if (reader->sections[section->kind])
		return reader_damaged(reader, "duplicate section %u (%s)", i, name);
	reader->sections[section->kind] = section;
	return true;
}

static bool check_sums(struct reader *reader, const struct silt_header *header,
		       const struct silt_section *sections)
{
	for (uint32_t i = 0; i < header->section_count; i++) {
		const struct silt_section *section = &sections[i];

		if (checksum(header->version, reader->snapshot->data + section->offset,
			     section->size) == section->crc)
			continue;
		return reader_damaged(reader,
				      "the check sum of section %u (%s, bytes %" PRIu64
				      " to %" PRIu64 ") does not match",
				      i, reader_section_name(section->kind), section->offset,
				      section->offset + section->size);
	}
	return true;
}

/* longest table that is searched; that of a hostile file may have millions of entries */
#define PEEK_SECTIONS 256u

bool envelope_peek(const struct reader *reader, int fd, uint32_t kind, void *record, size_t size)
{
	struct silt_section table[PEEK_SECTIONS];
	struct snapshot_error error;
	struct reader quiet = {.snapshot = reader->snapshot, .error = &error, .size = reader->size};
	struct silt_header header;
	size_t table_size;

	if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
	    !envelope_check_header(&quiet, (const unsigned char *)&header, sizeof header) ||
	    header.section_count > PEEK_SECTIONS || header.table_offset > reader->size)
		return false;
	table_size = header.section_count * sizeof table[0];
	if (pread(fd, table, table_size, (off_t)header.table_offset) != (ssize_t)table_size ||
	    checksum(header.version, (const unsigned char *)table, table_size) != header.table_crc)
		return false;
	for (uint32_t i = 0; i < header.section_count; i++)
		if (table[i].kind == kind)
			return table[i].record_size == size && table[i].size == size &&
			       table[i].offset <= reader->size &&
			       pread(fd, record, size, (off_t)table[i].offset) == (ssize_t)size &&
			       checksum(header.version, record, size) == table[i].crc;
	return false;
}

bool envelope_check(struct reader *reader)
{
	struct silt_header header;
	const struct silt_section *sections;

	if (!envelope_check_header(reader, reader->snapshot->data, reader->size))
		return false;
	memcpy(&header, reader->snapshot->data, sizeof header);
	if (!check_table(reader, &header))
		return false;
	sections = (const struct silt_section *)(reader->snapshot->data + header.table_offset);
	for (uint32_t i = 0; i < header.section_count; i++)
		if (!check_section(reader, i, &sections[i]))
			return false;
	/* overlap is checked first: otherwise each of many sections could be the whole file, and
	 * their sums would take forever */
	if (!check_layout(reader, &header, sections) || !check_sums(reader, &header, sections))
		return false;
	for (uint32_t kind = SILT_SECTION_PROCESS; kind <= SILT_SECTION_SITES; kind++)
		if (!reader->sections[kind])
			return reader_damaged(reader, "it has no section %s",
					      reader_section_name(kind));
	return true;
}
