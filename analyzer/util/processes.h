/*
 * The processes below one, from /proc.
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
	/* a helper of the library, or what it makes: by name */
	bool ours;
	/* its own and of children it has waited for */
	double cpu_seconds;
};

/* Those that descend from `root`, itself not among them; to be freed. */
struct process *processes_below(pid_t root, size_t *count);

#endif
