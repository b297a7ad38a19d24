/*
 * How near the process is to a limit of memory at which the kernel ends it, or refuses it memory:
 * of its cgroups, of its address space (ulimit -v, -d), of the machine.
 * Path: cold. Threads: the helper. Memory: static.
 * Must not: be used outside the helper: the descriptors are its own.
 */
#ifndef SILT_PRESSURE_H
#define SILT_PRESSURE_H

#include "base/rt.h"

/* Finds what limits that process, and opens it. */
void pressure_start(uint32_t pid);
/* When to look next, on the monotonic clock. */
uint64_t pressure_next_ns(void);
/* Looks. True: a snapshot is due, for memory has passed 90% of a limit, or a further 3%, the first
 * time. `said`: of which limit. `left_ns`: how long the rest lasts as it grows now; UINT64_MAX: it
 * does not grow. */
bool pressure_rises(struct rt_text *said, uint64_t *left_ns);

#endif
