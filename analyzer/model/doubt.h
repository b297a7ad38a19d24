/*
 * Finds whether a snapshot may show less than there is, because silt could not see the heap.
 * Must not: print.
 */
#ifndef SILT_MODEL_DOUBT_H
#define SILT_MODEL_DOUBT_H

#include <stddef.h>

#include "load/snapshot.h"

struct silt_process;

/* Returns why the snapshot does not prove that the program leaks nothing, in a sentence that is
 * valid until the next call; NULL: no doubt. */
const char *doubt_of(const struct snapshot *snapshot);
/* The same of a run. Looks at several of its snapshots, because the last may have nothing to
 * read: the process was gone. */
const char *doubt_of_run(struct snapshot *const *snapshots, size_t count);
/* Returns true if the records contain blocks that the program has freed past silt. Then what
 * seems to grow may have been freed. */
bool doubt_of_records(struct snapshot *const *snapshots, size_t count);
/* Returns a sentence about children of a program that forks without end, which were counted but
 * not recorded; the caller frees it. NULL: there are none. */
char *doubt_of_children(const struct snapshot *last);
/* Returns what is not seen of the memory that a process had before silt attached to it; NULL:
 * nothing. */
const char *doubt_of_earlier(const struct silt_process *process);

#endif
