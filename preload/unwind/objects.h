/*
 * The mapped module at an address, by the dynamic linker's own records.
 * Path: cold. Threads: all; objects_find() one at a time. Memory: none.
 * Must not: take the dynamic linker's lock, allocate.
 *
 * glibc 2.35 and later answer without a lock (_dl_find_object). Before, its list of modules is
 * walked: one is added to it by a single store once all of it is filled in, and stays linked to
 * the next one until its record is freed. Records are freed by way of our free(), which waits for
 * the caller's lock (modules_freed()): none goes while somebody walks. Modules of other namespaces
 * (dlmopen) are not on that list.
 */
#ifndef SILT_OBJECTS_H
#define SILT_OBJECTS_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

struct objects_found {
	const struct link_map *link_map;
	uintptr_t start, end;
	/* PT_GNU_EH_FRAME, or NULL */
	const unsigned char *eh_frame_hdr;
};

/* False: the address lies in none. */
bool objects_find(uintptr_t address, struct objects_found *found);

#endif
