/*
 * What reading a file's symbols and debug information may cost: a few seconds and a small multiple
 * of the file's size. Beyond it is a file that was made to use the reader up (sections that unpack
 * to gigabytes, functions that share a million ranges).
 * Must not: stop a sound file, however large: that takes a hundredth of what is allowed.
 */
#ifndef SILT_SYMBOLIZE_BOUNDS_H
#define SILT_SYMBOLIZE_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dwarf_bounds {
	/* bytes of the files: the module's own and its debug files */
	uint64_t size;
	/* bytes of line tables read so far */
	uint64_t lines;
	/* spent in earlier visits */
	uint64_t cpu_ns;
	/* bytes of it */
	uint64_t memory;
	/* nothing more is read */
	bool exceeded;
	unsigned visits, calls;
	/* of this visit */
	uint64_t start_ns, start_cpu_ns, start_memory;
	/* when its memory was last asked for */
	uint64_t measured_ns;
};

/* Another file takes part. False: its sections claim to unpack to more than is allowed. */
bool bounds_add_file(struct dwarf_bounds *bounds, int fd);

/* What lies between is measured; visits may be nested. */
void bounds_enter(struct dwarf_bounds *bounds);
void bounds_leave(struct dwarf_bounds *bounds);
/* May the one that was entered last go on? Cheap: for each entry read. */
bool bounds_go_on(void);
/* The same, measured now: after a call that may have been long. */
bool bounds_go_on_now(void);
/* May so many bytes of a line table be read? */
bool bounds_take_lines(struct dwarf_bounds *bounds, uint64_t size);

/* No more memory than is allowed for calls of libraries that cannot be asked to stop; they fail
 * then. Not nested. */
void bounds_limit_memory(const struct dwarf_bounds *bounds);
void bounds_unlimit_memory(void);

#endif
