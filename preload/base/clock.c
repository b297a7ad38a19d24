/*
 * The clock: see rt.h.
 * Path: hot. Threads: all. Memory: none.
 */
#include "base/rt.h"

#include <sys/syscall.h>
#include <time.h>

int (*rt_clock)(clockid_t clock, struct timespec *now) = clock_gettime;

int rt_clock_of_kernel(clockid_t clock, struct timespec *now)
{
	if (atomic_load_explicit(&rt_confined, memory_order_relaxed))
		return clock_gettime(clock, now); /* the program's filter must allow that */
	return (int)rt_syscall(SYS_clock_gettime, clock, (long)now, 0, 0, 0, 0);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	rt_clock(clock, &now); /* by the vDSO; cannot fail for these clocks */
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t rt_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t rt_coarse_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}

uint64_t rt_unix_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}
