/*
 * Prints how much memory the allocator has from the system, and how much of it is in use: a line of
 * `silt look`.
 * Must not: apply a rule of diagnosis.
 */
#ifndef SILT_RENDER_HEAP_VIEW_H
#define SILT_RENDER_HEAP_VIEW_H

#include "silt_snapshot.h"

/* Prints nothing if the snapshot has no figures of the allocator, or the allocator is not
 * glibc's. */
void heap_view_print(const struct silt_process *process);

#endif
