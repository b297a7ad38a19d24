/*
 * Bounds what reading a file's symbols and debug information may cost: a few seconds, and memory in
 * proportion to the file's size. Only a file made to exhaust the reader exceeds the bounds
 * (sections that unpack to gigabytes, functions that share a million ranges).
 * Must not: stop a sound file, however large; sound files cost a hundredth of the bounds.
 */
#ifndef SILT_SYMBOLIZE_BOUNDS_H
#define SILT_SYMBOLIZE_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dwarf_bounds {
	/* size of the files in bytes: the module's own and its debug files */
	uint64_t size;
	/* bytes of line tables read so far */
	uint64_t lines;
	/* processor time of earlier visits */
	uint64_t cpu_ns;
	/* growth of resident memory in earlier visits, in bytes */
	uint64_t memory;
	/* a bound was exceeded: read nothing more */
	bool exceeded;
	unsigned visits, calls;
	/* clocks and resident memory at the start of this visit */
	uint64_t start_ns, start_cpu_ns, start_memory;
	/* when resident memory was last measured */
	uint64_t measured_ns;
};

/* Adds the size of another file of the module. Returns false if its sections claim to unpack to
 * more than the bounds allow. */
bool bounds_add_file(struct dwarf_bounds *bounds, int fd);

/* Begin and end a visit: the time and memory spent in between are counted. Visits to one module
 * may nest. */
void bounds_enter(struct dwarf_bounds *bounds);
void bounds_leave(struct dwarf_bounds *bounds);
/* Returns true if the current visit may go on. Cheap enough to call for each entry read, because
 * most calls measure nothing. */
bool bounds_go_on(void);
/* Returns the same, and measures at every call. For use after a call that may have taken long. */
bool bounds_go_on_now(void);
/* Returns true if `size` bytes of a line table may be read, and counts them. */
bool bounds_take_lines(struct dwarf_bounds *bounds, uint64_t size);

/* Limit the address space during a call of a library that cannot be interrupted; allocations
 * beyond the bound fail. Must not be nested. */
void bounds_limit_memory(const struct dwarf_bounds *bounds);
void bounds_unlimit_memory(void);

#endif
