/*
 * A snapshot file: put together in memory from sections, strings and checksums, then written to
 * disk.
 * Path: cold. Threads: one at a time. Memory: own pages.
 * Must not: know what a section contains.
 */
#ifndef SILT_SNAPSHOT_FILE_H
#define SILT_SNAPSHOT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "silt_snapshot.h"

#define SNAPSHOT_FILE_SECTIONS 32

/* Zeroed by the caller, who frees `bytes` and `strings` with bytes_free(). Either's `failed` is set
 * when there is no memory; the file must not be written then. */
struct snapshot_file {
	struct bytes bytes, strings;
	struct silt_section sections[SNAPSHOT_FILE_SECTIONS];
	uint32_t section_count;
};

/* Copies data to the section of strings; returns its place there. `text` may be NULL: empty. */
struct silt_string snapshot_file_bytes(struct snapshot_file *file, const void *data, size_t size);
struct silt_string snapshot_file_string(struct snapshot_file *file, const char *text);

/* Begins a section: what is added to `bytes` until snapshot_file_end() is its contents.
 * `record_size` in bytes; 0: records vary in size. `count`: number of records. */
void snapshot_file_begin(struct snapshot_file *file, uint32_t kind, uint32_t record_size);
void snapshot_file_end(struct snapshot_file *file, uint64_t count);

/* Adds the section of strings and the table of sections, and fills in the header, for which the
 * caller has reserved the first bytes. */
void snapshot_file_finish(struct snapshot_file *file);
/* Writes the file under a temporary name, then renames it to `name` in the directory (a
 * descriptor). Returns 0 or -errno. */
long snapshot_file_write(const struct snapshot_file *file, int directory, const char *name);

#endif
