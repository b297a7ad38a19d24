/*
 * System calls and new processes, in a file of their own so that tests can replace them (--wrap).
 * Path: hot in places. Threads: all. Memory: none.
 * Must not: touch errno.
 */
#include "base/arch.h"
#include "base/rt.h"

long rt_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	return arch_syscall(number, a, b, c, d, e, f);
}

long rt_clone(unsigned long flags, void *stack_top, int (*run)(void *), void *argument,
	      _Atomic uint32_t *parent_tid, _Atomic uint32_t *child_tid)
{
	return arch_clone(flags, stack_top, run, argument, parent_tid, child_tid);
}
