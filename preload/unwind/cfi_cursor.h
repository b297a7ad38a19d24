/*
 * Reads the numbers of an unwind table: DWARF 5 section 7.6, and the LSB's DW_EH_PE_ encodings.
 * Path: cold. Threads: any. Memory: none.
 * Must not: read outside the bounds.
 */
#ifndef SILT_CFI_CURSOR_H
#define SILT_CFI_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cfi_cursor {
	const unsigned char *at, *end;
	/* read past the end: all further reads give 0 */
	bool bad;
};

/* Each of these returns the number at the cursor, and moves the cursor behind it. Past the end they
 * return 0 and set `bad`. */

/* `size`: bytes, at most 8 */
static inline uint64_t cfi_fixed(struct cfi_cursor *b, size_t size)
{
	uint64_t value = 0;

	if ((size_t)(b->end - b->at) < size) {
		b->bad = true;
		b->at = b->end;
		return 0;
	}
	memcpy(&value, b->at, size);
	b->at += size;
	return value;
}

uint64_t cfi_long_uleb(struct cfi_cursor *b);
int64_t cfi_sleb(struct cfi_cursor *b);
/* Nearly all numbers have one byte. */
static inline uint64_t cfi_uleb(struct cfi_cursor *b)
{
	if (b->at < b->end && *b->at < 0x80)
		return *b->at++;
	return cfi_long_uleb(b);
}

/* The part of a DW_EH_PE_ encoding that says what format the value has. */
#define CFI_FORM 0x0f
/* A pointer in one of the DW_EH_PE_ encodings; `data` is the base for DW_EH_PE_datarel. Sets `bad`
 * for an encoding that no .eh_frame has. */
uintptr_t cfi_encoded(struct cfi_cursor *b, uint8_t encoding, uintptr_t data);

/* Moves the cursor on by `size` bytes. */
void cfi_skip(struct cfi_cursor *b, uint64_t size);

#endif
