/*
 * The program ends: the last snapshot, whether by exit(), _exit(), abort() or a failed assertion.
 * That exit() begins is noticed in ending.c.
 * Path: cold. Threads: any. Memory: static.
 * Must not: write two snapshots at the end; ask the allocator where it may be in the middle of a
 * call.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/libc.h"
#include "base/rt.h"
#include "control/control.h"
#include "control/control_inside.h"
#include "control/helper.h"
#include "control/run.h"
#include "silt_snapshot.h"

/* The C library's own registries: without a module's handle a function is called at the very end,
 * after all destructors (the dynamic linker's own handler was registered later than ours). */
extern int __cxa_atexit(void (*function)(void *), void *argument, void *module);
/* glibc's */
extern int __cxa_at_quick_exit(void (*function)(void *), void *module) __attribute__((weak));

static struct {
	bool attached; /* the program was not recorded from its start */
	_Atomic bool exiting;
	void (*next_abort)(void);
	void (*next_assert)(const char *, const char *, unsigned, const char *);
} exits;

static void write_last(bool heap)
{
	if (atomic_load(&rt_confined) || !control_active() || !control_own_process() ||
	    atomic_exchange(&exits.exiting, true))
		return;
	control_write_exit(heap);
}

static void at_exit(void *unused)
{
	(void)unused;
	if (exits.attached) /* the other handlers are still to come, and main may have returned */
		control_end_begins();
	if (control_active())
		run_end_begins(SILT_END_EXIT);
	write_last(true);
}

/* A signal handler may end the program in the middle of malloc, or because malloc found its heap
 * damaged: the allocator is not asked then. */
static void at_sudden_end(void)
{
	if (control_active() && !atomic_load(&rt_confined) && control_own_process())
		run_end_begins(SILT_END_SUDDEN);
	write_last(false);
}

/* A handler of SIGABRT may jump out: the program lives on. */
static void before_abort(void)
{
	at_sudden_end();
	if (!atomic_exchange(&exits.exiting, false))
		return;
	run_end_undone(SILT_END_SUDDEN);
	helper_may_live_on();
	control_start_helper_soon();
}

/* exit() and quick_exit() call handlers; these do not. */
RT_EXPORT __attribute__((noreturn)) void _exit(int status)
{
	at_sudden_end();
	for (;;)
		rt_syscall(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

RT_EXPORT __attribute__((noreturn)) void _Exit(int status)
{
	_exit(status);
}

RT_EXPORT __attribute__((noreturn)) void abort(void)
{
	before_abort();
	if (!exits.next_abort)
		exits.next_abort = (void (*)(void))libc_symbol(RTLD_NEXT, "abort");
	exits.next_abort();
	__builtin_unreachable();
}

extern void __assert_fail(const char *, const char *, unsigned, const char *);
RT_EXPORT __attribute__((noreturn)) void __assert_fail(const char *assertion, const char *file,
						       unsigned line, const char *function)
{
	before_abort();
	if (!exits.next_assert)
		exits.next_assert = (void (*)(const char *, const char *, unsigned,
					      const char *))libc_symbol(RTLD_NEXT, "__assert_fail");
	exits.next_assert(assertion, file, line, function);
	__builtin_unreachable();
}

static void at_quick_exit_of_musl(void)
{
	at_exit(NULL);
}

static void register_quick_exit(void)
{
	int (*next)(void (*)(void)) = NULL;

	*(void **)&next = libc_symbol(RTLD_NEXT, "at_quick_exit");
	if (next)
		next(at_quick_exit_of_musl);
}

void exits_register(bool attached)
{
	exits.attached = attached;
	__cxa_atexit(at_exit, NULL, NULL);
	if (__cxa_at_quick_exit)
		__cxa_at_quick_exit(at_exit, NULL);
	else
		register_quick_exit();
}

void exits_anew(void)
{
	atomic_store(&exits.exiting, false);
}
