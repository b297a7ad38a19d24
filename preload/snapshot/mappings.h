/*
 * The process's mappings by name, with resident bytes, and the call sites that made them: memory
 * outside malloc.
 * Path: cold. Threads: one at a time; also the helper process. Memory: own pages, freed.
 * Must not: stop the program; delay any thread but one that is mapping memory.
 */
#ifndef SILT_MAPPINGS_H
#define SILT_MAPPINGS_H

#include <stdint.h>

#include "snapshot/file.h"

/* Adds SILT_SECTION_MAPPINGS from /proc/PID/smaps, or nothing if that cannot be read. Returns the
 * number of C libraries mapped; 0: unknown. With namespaces (dlmopen, LD_AUDIT) there are several,
 * each with its own heap. */
uint32_t mappings_write(struct snapshot_file *file, uint32_t pid);
/* Adds SILT_SECTION_MAPPED, for call sites up to `site_count`. */
void mappings_write_mapped(struct snapshot_file *file, uint32_t site_count);

#endif
