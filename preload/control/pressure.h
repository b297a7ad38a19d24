/*
 * How close the process is to a memory limit at which the kernel kills it or refuses it memory: of
 * its cgroups, of its address space (ulimit -v, -d), of the machine.
 * Path: cold. Threads: the helper. Memory: static.
 * Must not: be used outside the helper: the descriptors are its own.
 */
#ifndef SILT_PRESSURE_H
#define SILT_PRESSURE_H

#include "base/rt.h"

/* Finds the limits of the process and opens their files. */
void pressure_start(uint32_t pid);
/* When to check next, monotonic clock. */
uint64_t pressure_next_ns(void);
/* Checks. Returns true if a snapshot is due: memory use has for the first time passed 90% of a
 * limit, or a further 3%. `said`: receives a text that names the limit. `left_ns`: time until the
 * limit at the present growth; UINT64_MAX: no growth. */
bool pressure_snapshot_due(struct rt_text *said, uint64_t *left_ns);

#endif
