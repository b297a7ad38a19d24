/*
 * Starts the helper process. See helper.h.
 * Path: cold. Threads: all of the program's. Memory: the helper's stack.
 * Must not: use thread-local storage or errno, call libc beyond string functions and clone().
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/rt.h"
#include "control/helper.h"
#include "control/helper_state.h"
#include "control/settings.h"
#include "graph/graph.h"

/* No signal at its end (the low byte is 0), so wait() does not see the helper; no debugger follows
 * it. */
#define FLAGS (CLONE_VM | CLONE_UNTRACED)
/* The intermediate process uses the low end of the helper's stack, which the helper has not reached
 * yet. */
#define MIDDLE_STACK (24ul << 10)

static int clone_helper(void *unused)
{
	(void)unused;
	return clone(helper_main, helper.stack + HELPER_STACK_SIZE,
		     FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, NULL, &helper.tid, NULL,
		     &helper.tid);
}

static int middle_main(void *pid)
{
	*(long *)pid = clone_helper(NULL);
	rt_syscall(SYS_exit, 0, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

/* Returns the helper's pid, or a negative number. */
static long make_helper(void)
{
	long middle, pid = -1;

	if (!helper.is_orphan)
		return clone_helper(NULL);
	middle = clone(middle_main, helper.stack + MIDDLE_STACK, FLAGS | CLONE_VFORK, &pid);
	if (middle > 0)
		rt_syscall(SYS_wait4, middle, 0, __WALL, 0, 0, 0);
	return pid;
}

/* After unshare(CLONE_NEWPID) the first child becomes process 1 of the new namespace, which must be
 * the program's own child. */
static bool would_be_process_1(void)
{
	struct stat own, next;

	if (rt_syscall(SYS_newfstatat, AT_FDCWD, (long)"/proc/thread-self/ns/pid", (long)&own, 0, 0,
		       0) < 0)
		return false;
	if (rt_syscall(SYS_newfstatat, AT_FDCWD, (long)"/proc/thread-self/ns/pid_for_children",
		       (long)&next, 0, 0, 0) < 0)
		return true; /* that namespace has no process yet */
	return own.st_ino != next.st_ino;
}

static bool open_wake_fds(void)
{
	struct stat status;
	int pair[2];

	if (rt_syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, (long)pair, 0,
		       0) < 0)
		return false;
	helper.wake_send_fd = rt_high_descriptor(pair[0]);
	helper.wake_recv_fd = rt_high_descriptor(pair[1]);
	if (helper.wake_send_fd >= 0 && helper.wake_recv_fd >= 0 &&
	    rt_syscall(SYS_fstat, helper.wake_send_fd, (long)&status, 0, 0, 0, 0) == 0) {
		helper.wake_send_device = status.st_dev;
		helper.wake_send_inode = status.st_ino;
		return true;
	}
	if (helper.wake_send_fd >= 0)
		rt_syscall(SYS_close, helper.wake_send_fd, 0, 0, 0, 0, 0);
	if (helper.wake_recv_fd >= 0)
		rt_syscall(SYS_close, helper.wake_recv_fd, 0, 0, 0, 0, 0);
	helper.wake_send_fd = -1;
	return false;
}

static bool start(void)
{
	uint64_t all = ~0ul, old;

	if (!helper.stack && !(helper.stack = rt_map_for(RT_NEEDED, HELPER_STACK_SIZE)))
		return false;
	if (would_be_process_1() || !open_wake_fds())
		return false;
	rt_helper_stack = (uintptr_t)helper.stack;
	rt_helper_stack_size = HELPER_STACK_SIZE;
	rt_helper_generation++;
	atomic_store(&helper.leaving, HELPER_STAYS);
	atomic_store(&helper.listens, 0);
	if (!helper.next_ns) {
		helper.next_ns = rt_monotonic_ns() + settings.interval_ns;
		graph_budget_begins();
	}
	/* The helper starts, and stays, with all signals blocked: handlers are the program's
	 * code. */
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&old, 8, 0, 0);
	helper.pid = make_helper();
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, 8, 0, 0);
	rt_syscall(SYS_close, helper.wake_recv_fd, 0, 0, 0, 0, 0);
	helper.started = helper.pid > 0;
	if (helper.started) {
		/* For heap graphs: the Yama security module forbids a process to trace its parent.
		 * Without Yama this call fails, and is not needed. */
		rt_syscall(SYS_prctl, PR_SET_PTRACER, helper.pid, 0, 0, 0, 0);
	} else {
		rt_syscall(SYS_close, helper.wake_send_fd, 0, 0, 0, 0, 0);
		helper.wake_send_fd = -1;
		helper.pid = 0;
		atomic_store(&helper.tid, 0);
	}
	return helper.started;
}

bool helper_start(void)
{
	bool running;

	if (!rt_lock_within(&helper.changing, HELPER_SECOND_NS))
		return false;
	running = helper_running() || (!helper.started && start());
	rt_unlock(&helper.changing);
	return running;
}
