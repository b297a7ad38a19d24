/*
 * Copies the first instructions of a function so that they work elsewhere: libsilt.so executes the
 * copy after it has put a jump in their place. x86-64.
 * Must not: copy what works in one place only: calls, whose return address may be read; short
 * loops.
 */
#ifndef SILT_LOAD_ENTRY_CODE_H
#define SILT_LOAD_ENTRY_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "silt_built_in.h"

struct entry_code {
	/* where the jump is put: after endbr64, if the function begins with it */
	uint64_t address;
	unsigned char original[SILT_BUILT_IN_MOST_ORIGINAL];
	size_t original_size;
	unsigned char moved[SILT_BUILT_IN_MOST_MOVED];
	size_t moved_size;
	/* 32-bit fields of `moved` that are relative to `end`. `target`: an address of the file. */
	struct {
		size_t field, end;
		uint64_t target;
	} fix[SILT_BUILT_IN_MOST_FIXES];
	size_t fixes;
};

/* Loads libcapstone. Returns false if it is missing. */
bool entry_code_load(void);
/* Reads the function of `size` bytes at `address`. entry_code_load() must have succeeded.
 * Returns NULL, or the obstacle: a sentence without a full stop. */
const char *entry_code_read(struct entry_code *entry, const unsigned char *code, size_t size,
			    uint64_t address);

#endif
