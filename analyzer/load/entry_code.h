/*
 * The first instructions of a function, moved elsewhere: what libsilt.so runs in their place when
 * it has put a jump there. x86-64.
 * Must not: move what works in one place only: calls, whose return address is looked at; short
 * loops.
 */
#ifndef SILT_LOAD_ENTRY_CODE_H
#define SILT_LOAD_ENTRY_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "silt_built_in.h"

struct entry_code {
	/* where the jump goes: behind endbr64, if the function begins with that */
	uint64_t address;
	unsigned char original[SILT_BUILT_IN_MOST_ORIGINAL];
	size_t original_size;
	unsigned char moved[SILT_BUILT_IN_MOST_MOVED];
	size_t moved_size;
	/* 32-bit fields of `moved` that are relative to `end`; `target`: an address of the file */
	struct {
		size_t field, end;
		uint64_t target;
	} fix[SILT_BUILT_IN_MOST_FIXES];
	size_t fixes;
};

/* Loads libcapstone. Returns false if there is none. */
bool entry_code_load(void);
/* Reads the function of `size` bytes at `address`. Returns NULL, or what is in the way: a sentence
 * without its end. After entry_code_load(). */
const char *entry_code_read(struct entry_code *entry, const unsigned char *code, size_t size,
			    uint64_t address);

#endif
