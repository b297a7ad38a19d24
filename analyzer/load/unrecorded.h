/*
 * Lists processes that could not be recorded, and why: lines of a file beside the run directories,
 * written by whichever silt command noticed; and run directories of processes that were killed
 * before their first snapshot.
 * Must not: trust what is in the file: it is shown as text only.
 */
#ifndef SILT_LOAD_UNRECORDED_H
#define SILT_LOAD_UNRECORDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line has the pid, the program and the cause, separated by tabs. */
#define UNRECORDED_FILE ".unrecorded"

struct unrecorded {
	uint32_t pid;
	char *program, *cause;
};

struct unrecorded_list {
	struct unrecorded *list;
	size_t count, capacity;
};

/* Adds the processes listed in a directory and those below it, each process once. Connects to the
 * sockets of runs without a snapshot. */
void unrecorded_read(struct unrecorded_list *list, const char *directory);
void unrecorded_free(struct unrecorded_list *list);
/* Adds a line. Returns false and errno if it cannot be written. */
bool unrecorded_write(const char *directory, uint32_t pid, const char *program, const char *cause);

#endif
