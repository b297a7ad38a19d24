/*
 * Whether a snapshot that shows little shows it because there is little, or because silt could not see.
 * Called by commands, diagnose/.
 * Must not: print.
 */
#ifndef SILT_MODEL_DOUBT_H
#define SILT_MODEL_DOUBT_H

#include "load/snapshot.h"

/* Why the snapshot is no proof that the program leaks nothing, in a sentence; NULL: it is as good as any. */
const char *doubt_of(const struct snapshot *snapshot);

#endif
