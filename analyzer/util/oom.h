/*
 * Whether the kernel has ended a process for want of memory.
 * Must not: write.
 */
#ifndef SILT_UTIL_OOM_H
#define SILT_UTIL_OOM_H

#include <stdint.h>

/* How often it has in our own cgroup and those below, where programs that we start are, too; 0
 * where that is not told. */
uint64_t oom_kills(void);

#endif
