/*
 * A growing array of bytes: numbers and records in the encoding of snapshot files.
 * Path: cold. Threads: each its own. Memory: own pages, freed by bytes_free().
 * Must not: stop the program when memory runs out: sets `failed`, and ignores all further bytes.
 */
#ifndef SILT_BYTES_H
#define SILT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts zeroed. */
struct bytes {
	unsigned char *data;
	size_t size, capacity;
	/* memory ran out: the contents are incomplete */
	bool failed;
};

/* Appends `size` bytes. */
void bytes_add(struct bytes *bytes, const void *data, size_t size);
/* Append an unsigned LEB128 number, and a signed one in zigzag encoding
 * (include/silt_snapshot.h). */
void bytes_varint(struct bytes *bytes, uint64_t value);
void bytes_zigzag(struct bytes *bytes, int64_t value);
/* Frees the memory; the array is empty again. */
void bytes_free(struct bytes *bytes);

#endif
