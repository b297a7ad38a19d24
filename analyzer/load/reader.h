/*
 * Reads records of a snapshot file, one section at a time, with errors that name the place.
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
	/* by kind; NULL: the file has no such section */
	const struct silt_section *sections[READER_SECTIONS];
};

const char *reader_section_name(uint32_t kind);
/* Stores an error message. Returns false. */
bool reader_fail(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#define READER_REMEDY "; take the snapshot again, or leave this one out"
/* Stores an error message between "damaged snapshot: " and READER_REMEDY. Returns false. */
bool reader_damaged(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* -- fixed records -- */

bool reader_check_records(struct reader *reader, uint32_t kind);
/* Reads record i of a section that reader_check_records() has accepted. Members that a shorter
 * record lacks become 0. */
void reader_record(struct reader *reader, uint32_t kind, uint64_t i, void *record, size_t size);
const unsigned char *reader_string_bytes(struct reader *reader, struct silt_string string,
					 const char *what);
/* Copies a string, up to a NUL byte. Returns false after an error. */
bool reader_string(struct reader *reader, struct silt_string string, const char *what, char **text);
/* Counts a string against the budget: records may name the same bytes, but all strings together
 * may be at most 16 times the file. Returns false after an error. */
bool reader_within_budget(struct reader *reader, uint64_t *budget, uint64_t length);

/* -- varints -- */

struct reader_varints {
	struct reader *reader;
	uint32_t kind;
	const unsigned char *start, *at, *end;
	/* the current record, for error messages */
	uint64_t record;
	/* there was an error: `end` is `at`, all further numbers are 0 */
	bool bad;
};

/* Begins to read a section. Returns false after an error if its records, of at least
 * `least_bytes` bytes each, cannot fit. */
bool reader_open(struct reader *reader, uint32_t kind, unsigned least_bytes,
		 struct reader_varints *v);
/* Reads the next number, whatever its length and place. */
uint64_t reader_next_long(struct reader_varints *v);

/* fewer bytes than this at the end of a section are read one by one */
#define READER_WORD 8

/* Reads the next number. Most have one byte, most of the others two. */
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
