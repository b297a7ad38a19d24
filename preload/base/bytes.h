/*
 * A growing run of bytes: numbers and records as snapshot files hold them.
 * Path: cold. Threads: each its own. Memory: own pages, given back.
 * Must not: fail loudly: a run that could not grow says `failed`, and takes no more.
 */
#ifndef SILT_BYTES_H
#define SILT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
	unsigned char *data;
	size_t size, capacity;
	/* no memory: what was written is not whole */
	bool failed;
};

/* Copies `size` bytes to the end. */
void bytes_add(struct bytes *bytes, const void *data, size_t size);
/* Unsigned LEB128, and the same of a signed number (include/silt_snapshot.h). */
void bytes_varint(struct bytes *bytes, uint64_t value);
void bytes_zigzag(struct bytes *bytes, int64_t value);
void bytes_free(struct bytes *bytes);

#endif
