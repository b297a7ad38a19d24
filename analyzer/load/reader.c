/* Reads records of a snapshot file: see reader.h. */
#include "load/reader.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "silt_snapshot.h"
#include "util/mem.h"

const char *reader_section_name(uint32_t kind)
{
	static const char *const names[] = {
		"?",	    "process",	 "strings",  "arguments", "modules",   "pcs",
		"nodes",    "sites",	 "graph",    "threads",	  "roots",     "holders",
		"edges",    "paths",	 "verdicts", "code",	  "refcounts", "components",
		"mappings", "temporary", "reach",    "frames",	  "anchors",   "fill",
		"freed",    "counts",	 "pins",     "mapped",	  "chains"};

	return kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

static void set_error(struct reader *reader, const char *before, const char *format,
		      va_list arguments, const char *after)
{
	char text[400];

	vsnprintf(text, sizeof text, format, arguments);
	snprintf(reader->error->text, sizeof reader->error->text, "%.200s: %s%s%s",
		 reader->snapshot->path, before, text, after);
}

bool reader_fail(struct reader *reader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set_error(reader, "", format, arguments, "");
	va_end(arguments);
	return false;
}

bool reader_damaged(struct reader *reader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	set_error(reader, "damaged snapshot: ", format, arguments, READER_REMEDY);
	va_end(arguments);
	return false;
}

/* -- fixed records -- */

void reader_record(struct reader *reader, uint32_t kind, uint64_t i, void *record, size_t size)
{
	const struct silt_section *section = reader->sections[kind];
	size_t stored = section->record_size < size ? section->record_size : size;

	memset(record, 0, size);
	memcpy(record, reader->snapshot->data + section->offset + i * section->record_size, stored);
}

static bool fail_count(struct reader *reader, uint32_t kind)
{
	const struct silt_section *section = reader->sections[kind];

	return reader_damaged(
		reader,
		"section %s at byte %" PRIu64 " claims %" PRIu64 " records in %" PRIu64 " bytes",
		reader_section_name(kind), section->offset, section->count, section->size);
}

bool reader_check_records(struct reader *reader, uint32_t kind)
{
	const struct silt_section *section = reader->sections[kind];

	if (section->record_size == 0 || section->count > section->size / section->record_size)
		return fail_count(reader, kind);
	return true;
}

const unsigned char *reader_string_bytes(struct reader *reader, struct silt_string string,
					 const char *what)
{
	const struct silt_section *strings = reader->sections[SILT_SECTION_STRINGS];

	if (string.offset > strings->size || string.length > strings->size - string.offset) {
		reader_damaged(reader, "the string for %s lies beyond section strings", what);
		return NULL;
	}
	return reader->snapshot->data + strings->offset + string.offset;
}

bool reader_string(struct reader *reader, struct silt_string string, const char *what, char **text)
{
	const unsigned char *bytes = reader_string_bytes(reader, string, what);

	if (!bytes)
		return false;
	*text = mem_substring((const char *)bytes, string.length);
	return true;
}

bool reader_within_budget(struct reader *reader, uint64_t *budget, uint64_t length)
{
	if (length > *budget)
		return reader_damaged(reader, "its strings overlap too much");
	*budget -= length;
	return true;
}

/* -- varints -- */

bool reader_fail_at(struct reader_varints *v, const char *what)
{
	const struct silt_section *section = v->reader->sections[v->kind];

	v->bad = true;
	v->end = v->at;
	return reader_damaged(v->reader,
			      "section %s, record %" PRIu64 ", byte %" PRIu64 " of the file: %s",
			      reader_section_name(v->kind), v->record,
			      section->offset + (uint64_t)(v->at - v->start), what);
}

bool reader_open(struct reader *reader, uint32_t kind, unsigned least_bytes,
		 struct reader_varints *v)
{
	const struct silt_section *section = reader->sections[kind];
	const unsigned char *start = reader->snapshot->data + section->offset;

	*v = (struct reader_varints){reader, kind, start, start, start + section->size, 0, false};
	if (section->count > section->size / least_bytes || section->count >= UINT32_MAX)
		return fail_count(reader, kind);
	return true;
}

/* Reads a number of up to eight bytes at once, seven bits of each byte. Returns false if it is
 * longer. */
static bool next_of_word(struct reader_varints *v, uint64_t *value)
{
	uint64_t word, last;

	memcpy(&word, v->at, sizeof word);
	last = ~word & 0x8080808080808080u;
	if (!last)
		return false;
	v->at += (unsigned)__builtin_ctzll(last) / CHAR_BIT + 1;
	word &= (last ^ (last - 1)) & 0x7f7f7f7f7f7f7f7fu;
	word = (word & 0x007f007f007f007fu) | (word & 0x7f007f007f007f00u) >> 1;
	word = (word & 0x00003fff00003fffu) | (word & 0x3fff00003fff0000u) >> 2;
	*value = (word & 0x000000000fffffffu) | (word & 0x0fffffff00000000u) >> 4;
	return true;
}

uint64_t reader_next_long(struct reader_varints *v)
{
	uint64_t value = 0;
	unsigned shift = 0;

	if (v->end - v->at >= READER_WORD && next_of_word(v, &value))
		return value;
	while (!v->bad) {
		unsigned char byte;

		if (v->at == v->end) {
			reader_fail_at(v, "it ends within a number");
			break;
		}
		byte = *v->at++;
		if (shift == 63 && byte > 1) {
			reader_fail_at(v, "a number above 2^64-1");
			break;
		}
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
		shift += 7;
	}
	return 0;
}

uint64_t reader_next_zigzag(struct reader_varints *v)
{
	uint64_t value = reader_next(v);

	return value >> 1 ^ -(value & 1);
}

bool reader_close(struct reader_varints *v)
{
	if (!v->bad && v->at != v->end)
		reader_fail_at(v, "bytes after the last record");
	return !v->bad;
}
