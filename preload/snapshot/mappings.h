/*
 * What is mapped in the process and how much of it is resident, by name, and what maps it: the
 * memory beside malloc's.
 * Path: cold. Threads: one at a time; also the helper process. Memory: own pages, given back.
 * Must not: stop the program; hold up anybody but who maps memory just then.
 */
#ifndef SILT_MAPPINGS_H
#define SILT_MAPPINGS_H

#include <stdint.h>

#include "snapshot/file.h"

/* Adds SILT_SECTION_MAPPINGS, from /proc/PID/smaps; nothing where that cannot be read. Copies of
 * the C library that are mapped: more than one where there are namespaces (dlmopen, LD_AUDIT),
 * each with a heap of its own; 0: not known. */
uint32_t mappings_write(struct snapshot_file *file, uint32_t pid);
/* Adds SILT_SECTION_MAPPED, with call stacks up to that number of sites.h. */
void mappings_write_mapped(struct snapshot_file *file, uint32_t site_count);

#endif
