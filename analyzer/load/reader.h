/*
 * Taking records out of a snapshot file, one section at a time, with an error that names the place.
 * Must not: trust a number in the file, know what a section means.
 */
#ifndef SILT_LOAD_READER_H
#define SILT_LOAD_READER_H

#include "load/snapshot.h"
#include "silt_snapshot.h"

#define READER_SECTIONS 64u

struct reader {
	struct snapshot *snapshot;
	struct snapshot_error *error;
	uint64_t size;
	const struct silt_section *sections[READER_SECTIONS]; /* by kind; NULL: absent */
};

const char *reader_section_name(uint32_t kind);
/* Says what is wrong; false. */
bool reader_fail(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#define READER_REMEDY "; take the snapshot again, or leave this one out"
/* The same with "damaged snapshot: " before and READER_REMEDY after it. */
bool reader_damaged(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* -- fixed records -- */

bool reader_check_records(struct reader *reader, uint32_t kind);
/* Record i of a section that reader_check_records() has passed; what a shorter one lacks reads as
 * 0. */
void reader_record(struct reader *reader, uint32_t kind, uint64_t i, void *record, size_t size);
const unsigned char *reader_string_bytes(struct reader *reader, struct silt_string string,
					 const char *what);
/* A copy, cut at a NUL byte. */
bool reader_string(struct reader *reader, struct silt_string string, const char *what, char **text);
/* What strings add up to when several records name the same bytes: not more than 16 times the
 * file. */
bool reader_within_budget(struct reader *reader, uint64_t *budget, uint64_t length);

/* -- varints -- */

struct reader_varints {
	struct reader *reader;
	uint32_t kind;
	const unsigned char *start, *at, *end;
	uint64_t record; /* the present one, for errors */
	bool bad;	 /* something was wrong: `end` is `at`, all further numbers are 0 */
};

/* Opens a section; false if its records, of at least so many bytes each, could not fit. */
bool reader_open(struct reader *reader, uint32_t kind, unsigned least_bytes,
		 struct reader_varints *v);
/* The next number, however long it is and wherever it lies. */
uint64_t reader_next_long(struct reader_varints *v);

/* Near the end of a section, and after an error, each byte is looked at. */
#define READER_WORD 8

/* Most numbers have one byte, most of the others two. */
static inline uint64_t reader_next(struct reader_varints *v)
{
	const unsigned char *at = v->at;

	if (v->end - at < READER_WORD)
		return reader_next_long(v);
	if (at[0] < 0x80) {
		v->at = at + 1;
		return at[0];
	}
	if (at[1] >= 0x80)
		return reader_next_long(v);
	v->at = at + 2;
	return (at[0] & 0x7fu) | (uint64_t)at[1] << 7;
}

uint64_t reader_next_zigzag(struct reader_varints *v);
bool reader_close(struct reader_varints *v);
bool reader_fail_at(struct reader_varints *v, const char *what);

#endif
