/*
 * What the allocator has from the system, and how much of it is in use: a line of `silt look`.
 * Must not: know a rule.
 */
#ifndef SILT_RENDER_HEAP_VIEW_H
#define SILT_RENDER_HEAP_VIEW_H

#include "silt_snapshot.h"

/* Prints nothing where the allocator was not asked, or is not glibc's. */
void heap_view_print(const struct silt_process *process);

#endif
