/*
 * Counts kills by the kernel's OOM killer.
 * Must not: write.
 */
#ifndef SILT_UTIL_OOM_H
#define SILT_UTIL_OOM_H

#include <stdint.h>

/* Returns the OOM kills in our own cgroup and those below it, which includes programs that we
 * start; 0 if the system does not count them. */
uint64_t oom_kills(void);

#endif
