/*
 * Notes in a run directory that a signal ended its process. Written by the process that waited for
 * it.
 * Must not: trust what is in the file.
 */
#ifndef SILT_LOAD_ENDED_H
#define SILT_LOAD_ENDED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The file has a line with the signal's number, the time of the end in nanoseconds since 1970,
 * and 1 if the kernel's OOM killer ended the process, else 0. */
#define ENDED_FILE ".ended"

struct ended {
	int signal;
	uint64_t unix_ns;
	bool out_of_memory;
};

/* Returns false if there is no valid note. */
bool ended_read(struct ended *ended, const char *run);
/* Writes the note to the run directories of the process below `out`, which carry its pid in
 * their names. Returns false if there is none, or with errno if it cannot be written. */
bool ended_write(const struct ended *ended, const char *out, pid_t pid);

#endif
