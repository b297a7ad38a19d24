/*
 * The time a waiting system call has left when a stop has interrupted it: repeated as it was, snapshot after snapshot, a wait
 * longer than the interval would never end.
 * Called by graph_stop.c, in the process that stops the threads. Path: cold, part of the program's pause. Threads: that
 * process. Memory: a table of waits met before; the process shares the program's memory, so it stays from stop to stop.
 * Must not: map memory, use thread-local storage; end a wait too early.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "graph_state.h"

#define NEVER (~0ull)
#define KNOWN 512u

/* A wait that was repeated: it began at the latest then. */
static struct wait {
	uint32_t tid;
	long call;
	uintptr_t sp, first; /* stack pointer, first argument */
	uint64_t switches;   /* how often the thread had waited when it was stopped */
	uint64_t began_ns, timeout_ns;
} waits[KNOWN];

static uint64_t time_at(uintptr_t address)
{
	struct timespec time;

	if (!address)
		return NEVER;
	if (!rt_readable((const void *)address) || !rt_readable((const void *)(address + sizeof time - 1)))
		return 0;
	memcpy(&time, (const void *)address, sizeof time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* SO_RCVTIMEO of a descriptor of the program. */
static uint64_t socket_timeout(uint32_t pid, uintptr_t descriptor)
{
	long process = rt_syscall(SYS_pidfd_open, pid, 0, 0, 0, 0, 0), fd;
	struct timeval time = {0, 0};
	uint32_t size = sizeof time;

	if (process < 0)
		return NEVER;
	fd = rt_syscall(SYS_pidfd_getfd, process, (long)descriptor, 0, 0, 0, 0);
	if (fd >= 0) {
		rt_syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, (long)&time, (long)&size, 0);
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	}
	rt_syscall(SYS_close, process, 0, 0, 0, 0, 0);
	return time.tv_sec || time.tv_usec
		       ? (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u
		       : NEVER;
}

static uint64_t timeout_of(uint32_t pid, long call, const uintptr_t *arguments)
{
	switch (call) {
#ifdef SYS_epoll_wait
	case SYS_epoll_wait:
#endif
	case SYS_epoll_pwait:
		return (int)arguments[3] < 0 ? NEVER : (uint64_t)(int)arguments[3] * 1000000u;
	case SYS_epoll_pwait2:
	case SYS_semtimedop:
		return time_at(arguments[3]);
	case SYS_rt_sigtimedwait:
		return time_at(arguments[2]);
	case SYS_io_getevents:
		return time_at(arguments[4]);
	case SYS_semop:
		return NEVER;
	default:
		return socket_timeout(pid, arguments[0]);
	}
}

/* What the call returns when its time is over. */
static long result_of(long call)
{
	switch (call) {
#ifdef SYS_epoll_wait
	case SYS_epoll_wait:
#endif
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_io_getevents:
		return 0;
	default:
		return -EAGAIN;
	}
}

/* Is it the wait met at the last stop? Since then the thread has waited in it, and stood still in this stop: two times. */
static bool is_same(const struct wait *wait, const struct wait *now)
{
	return wait->tid == now->tid && wait->call == now->call && wait->sp == now->sp &&
	       wait->first == now->first && now->switches - wait->switches <= 2;
}

long graph_deadline(uint32_t pid, uint32_t tid, uintptr_t sp, uint64_t switches, long call,
		    uintptr_t *arguments)
{
	struct wait *wait = &waits[tid % KNOWN];
	struct wait now = {tid, call, sp, arguments[0], switches, rt_monotonic_ns(), 0};
	uint64_t waited;

	now.timeout_ns = timeout_of(pid, call, arguments);
	if (now.timeout_ns == NEVER)
		return GRAPH_REPEAT;
	if (is_same(wait, &now)) {
		waited = now.began_ns - wait->began_ns;
		wait->switches = switches;
	} else {
		*wait = now;
		waited = 0;
	}
	if (waited >= wait->timeout_ns)
		return result_of(call);
#ifdef SYS_epoll_wait
	if (call == SYS_epoll_wait)
		arguments[3] = (uintptr_t)((wait->timeout_ns - waited + 999999) / 1000000);
#endif
	if (call == SYS_epoll_pwait)
		arguments[3] = (uintptr_t)((wait->timeout_ns - waited + 999999) / 1000000);
	return GRAPH_REPEAT;
}
