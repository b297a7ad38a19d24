/*
 * Starts the helper process. See helper.h.
 * Called by control.c. Path: cold. Threads: all of the program's. Memory: the helper's stack.
 * Must not: use thread-local storage or errno, call libc beyond string functions.
 */
#include "helper_state.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "settings.h"

#define FLAGS (CLONE_VM | CLONE_UNTRACED)
#define MIDDLE_STACK (24ul << 10) /* the lower end of the helper's stack, which is not that deep yet */

static int clone_helper(void *unused)
{
	(void)unused;
	return clone(helper_main, helper.stack + HELPER_STACK_SIZE,
		     FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, NULL, &helper.tid, NULL,
		     &helper.tid);
}

static int middle_main(void *tid)
{
	*(long *)tid = clone_helper(NULL);
	rt_syscall(SYS_exit, 0, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

/* Who inherits orphans would inherit the helper, and then wait() would find it, at its end. */
static bool inherits_orphans(void)
{
	int subreaper = 0;

	rt_syscall(SYS_prctl, PR_GET_CHILD_SUBREAPER, (long)&subreaper, 0, 0, 0, 0);
	return subreaper || rt_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0) == 1;
}

/* The helper is an orphan from the start, by way of a process that only makes it: a program that waits with __WALL until it has
 * no child (strace) must not find one that never ends. Its tid, or below 0. */
static long make_helper(void)
{
	long middle, tid = -1;

	if (inherits_orphans())
		return clone_helper(NULL);
	middle = clone(middle_main, helper.stack + MIDDLE_STACK, FLAGS | CLONE_VFORK, &tid);
	if (middle > 0)
		rt_syscall(SYS_wait4, middle, 0, __WALL, 0, 0, 0);
	return tid;
}

bool helper_start(void)
{
	uint64_t all = ~0ul, old;
	struct stat status;
	int pair[2];
	long result;

	/* One that was killed has no successor, which would wait for the locks it held. */
	if (helper_running() || helper.started)
		return helper_running();
	if (!helper.stack && !(helper.stack = rt_map_for(RT_NEEDED, HELPER_STACK_SIZE)))
		return false;
	rt_helper_stack = (uintptr_t)helper.stack;
	rt_helper_stack_size = HELPER_STACK_SIZE;
	if (rt_syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, (long)pair, 0, 0) < 0)
		return false;
	helper.bell = rt_high_descriptor(pair[0]);
	helper.ear = rt_high_descriptor(pair[1]);
	if (helper.bell < 0 || helper.ear < 0 ||
	    rt_syscall(SYS_fstat, helper.bell, (long)&status, 0, 0, 0, 0) < 0)
		return false;
	helper.bell_device = status.st_dev;
	helper.bell_inode = status.st_ino;
	helper.next_ns = rt_monotonic_ns() + settings.interval_ns;
	/* It starts with all signals blocked, and keeps them so: its handlers would be the program's. No
	 * signal at its end (the low byte of the flags is 0), so wait() does not see it; no debugger follows
	 * it. */
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&old, 8, 0, 0);
	result = make_helper();
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, 8, 0, 0);
	rt_syscall(SYS_close, helper.ear, 0, 0, 0, 0, 0);
	/* For heap graphs, where the Yama security module forbids to trace a parent; elsewhere this is refused. */
	if (result > 0)
		rt_syscall(SYS_prctl, PR_SET_PTRACER, result, 0, 0, 0, 0);
	if (result < 0) {
		rt_syscall(SYS_close, helper.bell, 0, 0, 0, 0, 0);
		helper.bell = -1;
		atomic_store(&helper.tid, 0);
	}
	helper.started = result > 0;
	return helper.started;
}
