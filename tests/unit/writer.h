/*
 * Writes snapshot files from a description in memory, good ones and bad ones; a second
 * implementation of the format, beside the library's own writer.
 */
#ifndef SILT_TESTS_WRITER_H
#define SILT_TESTS_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "silt_snapshot.h"

struct writer {
	unsigned char data[1 << 19];
	size_t size;
	struct silt_section sections[32];
	/* where it begins */
	size_t table;
	uint32_t section_count;
	uint32_t version;
};

void writer_begin(struct writer *writer);
void writer_section(struct writer *writer, uint32_t kind, uint32_t record_size, uint64_t count,
		    const void *bytes, size_t size);
/* Header, table and check sums. */
void writer_end(struct writer *writer);
/* Makes the check sums right again after a change to `data` or `sections`. */
void writer_seal(struct writer *writer);
/* Unsigned LEB128 numbers one after the other; the bytes written. */
size_t writer_varints(unsigned char *bytes, const uint64_t *numbers, size_t count);

/* A whole good snapshot of two sites, three nodes, two pcs, one module. */
void writer_example(struct writer *writer);
/* The same with a heap graph; edges as in SILT_SECTION_EDGES. */
void writer_graph_example(struct writer *writer, const uint64_t (*edges)[9], size_t edge_count);

#endif
