/*
 * That a signal ended the process of a run: a line in the run directory, written by who waited for
 * the process.
 * Must not: trust what is in the file.
 */
#ifndef SILT_LOAD_ENDED_H
#define SILT_LOAD_ENDED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A line has the signal's number, the time of the end in nanoseconds since 1970, and 1 where the
 * kernel has ended it for want of memory, else 0. */
#define ENDED_FILE ".ended"

struct ended {
	int signal;
	uint64_t unix_ns;
	bool out_of_memory;
};

/* False: nothing is known. */
bool ended_read(struct ended *ended, const char *run);
/* In the directories of that process below `out`, which carry its number. False: it has none, or
 * they cannot be written, errno says why. */
bool ended_write(const struct ended *ended, const char *out, pid_t pid);

#endif
