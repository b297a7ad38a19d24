/*
 * Whether a snapshot that shows little shows it because there is little, or because silt could not
 * see.
 * Must not: print.
 */
#ifndef SILT_MODEL_DOUBT_H
#define SILT_MODEL_DOUBT_H

#include <stddef.h>

#include "load/snapshot.h"

struct silt_process;

/* Why the snapshot is no proof that the program leaks nothing, in a sentence that is good until
 * the next call; NULL: it is as good as any. */
const char *doubt_of(const struct snapshot *snapshot);
/* The same of a run, whose end may say less: a process that is gone has nothing to be read. */
const char *doubt_of_run(struct snapshot *const *snapshots, size_t count);
/* Are there blocks on record that the program has freed past silt? Then what grows may be gone. */
bool doubt_of_records(struct snapshot *const *snapshots, size_t count);
/* What is missing of a program that forks without end: the children that were only counted, in
 * a sentence to free; NULL: none. */
char *doubt_of_children(const struct snapshot *last);
/* What is not seen of a process that was attached to, of what it had before; NULL: nothing. */
const char *doubt_of_earlier(const struct silt_process *process);

#endif
