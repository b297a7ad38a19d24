/*
 * Copies of the process: the handlers of fork(), and children made without them.
 * Path: cold. Threads: the one that forks. Memory: a page.
 * Must not: leave a lock held in parent or child; take a child of vfork(), which borrows its
 * parent's memory, for a process of its own.
 */
#include <dlfcn.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/libc.h"
#include "base/rt.h"
#include "control/control.h"
#include "control/control_inside.h"
#include "control/fork.h"
#include "control/helper.h"
#include "control/run.h"
#include "record/track.h"

typedef int register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

static struct {
	/* A page that the kernel clears in a forked child, but not in a vforked one; its second
	 * word is rt_copy_mark. */
	_Atomic uint32_t *wiped_by_fork;
	_Atomic bool forks_seen;
	register_atfork *_Atomic next_register_atfork;
} atfork;

bool atfork_make_mark(void)
{
	atfork.wiped_by_fork = rt_map_for(RT_NEEDED, RT_PAGE);
	if (!atfork.wiped_by_fork)
		return false;
	rt_copy_mark = atfork.wiped_by_fork + 1;
	*atfork.wiped_by_fork = 1;
	*rt_copy_mark = 1;
	rt_syscall(SYS_madvise, (long)atfork.wiped_by_fork, RT_PAGE, MADV_WIPEONFORK, 0, 0, 0);
	return true;
}

/* Runs also if this program is not recorded: recording may start between the two handlers. */
static void before_fork(void)
{
	track_self.guard++;
	fork_lock_all();
}

static void after_fork_parent(void)
{
	fork_unlock_all();
	track_self.guard--;
}

static void become_own_process(void)
{
	*atfork.wiped_by_fork = 1;
	run_after_fork();
	helper_after_fork();
	control_reset_end();
	control_set_growth_mark();
	control_watch_peak();
	control_start_helper_soon();
}

static void after_fork_child(void)
{
	if (rt_copy_mark)
		atomic_store(rt_copy_mark, 0); /* kernels before 4.14 do not clear it */
	fork_unlock_all();
	track_only_thread();
	if (control_active())
		become_own_process();
	track_self.guard--;
}

/* musl: handlers registered before our constructor come first. */
static void register_with_musl(void)
{
	int (*function)(void (*)(void), void (*)(void), void (*)(void)) = NULL;

	*(void **)&function = libc_symbol(RTLD_NEXT, "pthread_atfork");
	if (function)
		function(before_fork, after_fork_parent, after_fork_child);
}

extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
			     void *module);

/*
 * Registers our handlers before any others, whichever library's constructor first calls
 * pthread_atfork(). They then run last before the fork and first after it: other handlers, which
 * may wait for threads that allocate, run while we hold no lock.
 */
static register_atfork *register_ours(void)
{
	register_atfork *next = atomic_load(&atfork.next_register_atfork);

	/* Looked up now, not later: a library's constructor may wait, under the dynamic linker's
	 * lock, for the thread that registers. */
	if (!next) {
		next = (register_atfork *)libc_symbol(RTLD_NEXT, "__register_atfork");
		atomic_store(&atfork.next_register_atfork, next);
	}
	if (!atomic_exchange(&atfork.forks_seen, true)) {
		if (next)
			next(before_fork, after_fork_parent, after_fork_child, NULL);
		else
			register_with_musl();
	}
	return next;
}

RT_EXPORT int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
				void *module)
{
	register_atfork *next = register_ours();

	return next ? next(prepare, parent, child, module) : ENOMEM;
}

bool control_own_process(void)
{
	if ((uint32_t)rt_process_id() == run_pid())
		return true;
	if (atomic_exchange(atfork.wiped_by_fork, 1))
		return false;
	become_own_process();
	return true;
}

void atfork_register(void)
{
	register_ours();
}
