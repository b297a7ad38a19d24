/*
 * Lists the descendants of a process, from /proc.
 * Must not: change them.
 */
#ifndef SILT_UTIL_PROCESSES_H
#define SILT_UTIL_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process {
	pid_t pid, parent, group;
	bool zombie;
	/* a helper of libsilt.so, or what the helper makes: recognized by name */
	bool ours;
	/* of the process and of the children it has waited for */
	double cpu_seconds;
};

/* Returns the processes that descend from `root`, without `root`; the caller frees the array. */
struct process *processes_below(pid_t root, size_t *count);

/* Returns true if there is no such process, or one that only waits to be reaped. */
bool processes_has_ended(pid_t pid);

#endif
