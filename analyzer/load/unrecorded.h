/*
 * Processes that could not be recorded, and why: lines of a file beside the run directories,
 * written by who noticed.
 * Must not: trust what is in the file: it is shown as text only.
 */
#ifndef SILT_LOAD_UNRECORDED_H
#define SILT_LOAD_UNRECORDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line has the process's number, its program and the cause, with tabs between. */
#define UNRECORDED_FILE ".unrecorded"

struct unrecorded {
	uint32_t pid;
	char *program, *cause;
};

struct unrecorded_list {
	struct unrecorded *list;
	size_t count, capacity;
};

/* Adds what is said in a directory and those below it; each process once. */
void unrecorded_read(struct unrecorded_list *list, const char *directory);
void unrecorded_free(struct unrecorded_list *list);
/* False: it could not be written, errno says why. */
bool unrecorded_write(const char *directory, uint32_t pid, const char *program, const char *cause);

#endif
