/*
 * Finds the module at an address in the dynamic linker's own records.
 * Path: cold. Threads: all; objects_find() one at a time. Memory: none.
 * Must not: take the dynamic linker's lock, allocate.
 *
 * glibc 2.35 and later answer without a lock (_dl_find_object). Before that, the list of modules is
 * walked. A module is added by a single store once its record is complete, and the record stays
 * linked to the next until it is freed. Records are freed by our free(), which waits for the
 * caller's lock (modules_note_freed()), so none is freed during a walk. Modules of other namespaces
 * (dlmopen) are not on the list.
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

/* False: the address is in no module. */
bool objects_find(uintptr_t address, struct objects_found *found);

#endif
