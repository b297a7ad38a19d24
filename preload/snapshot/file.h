/*
 * A snapshot file while it is put together in memory: sections, strings, checksums; and how it
 * comes to disk.
 * Path: cold. Threads: one at a time. Memory: own pages.
 * Must not: know what stands in a section.
 */
#ifndef SILT_SNAPSHOT_FILE_H
#define SILT_SNAPSHOT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "silt_snapshot.h"

#define SNAPSHOT_FILE_SECTIONS 32

struct snapshot_file {
	struct bytes bytes, strings;
	struct silt_section sections[SNAPSHOT_FILE_SECTIONS];
	uint32_t section_count;
};

/* Copies to the section of strings: where they are in it. */
struct silt_string snapshot_file_bytes(struct snapshot_file *file, const void *data, size_t size);
struct silt_string snapshot_file_string(struct snapshot_file *file, const char *text);

/* What is added to `bytes` in between is the section. */
void snapshot_file_begin(struct snapshot_file *file, uint32_t kind, uint32_t record_size);
void snapshot_file_end(struct snapshot_file *file, uint64_t count);

/* Adds the strings and the table, and fills in the header, for which the first bytes were left. */
void snapshot_file_finish(struct snapshot_file *file);
/* Under a temporary name, then renamed; 0 or -errno. */
long snapshot_file_write(const struct snapshot_file *file, int directory, const char *name);

#endif
