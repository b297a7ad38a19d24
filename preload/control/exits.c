/*
 * Writes the last snapshot when the program ends by exit(), _exit(), abort() or a failed assertion.
 * ending.c notices that exit() begins.
 * Path: cold. Threads: any. Memory: static.
 * Must not: write two snapshots at exit; ask the allocator for figures where a call to it may be in
 * progress.
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

/* The C library's own registries: without a module's handle the function is called last, after all
 * destructors (the dynamic linker registers its own handler later than we do). */
extern int __cxa_atexit(void (*function)(void *), void *argument, void *module);
/* glibc's */
extern int __cxa_at_quick_exit(void (*function)(void *), void *module) __attribute__((weak));

static struct {
	/* the program was attached to while it ran */
	bool attached;
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
	/* Main may have returned unnoticed, and the other handlers come after ours. */
	if (exits.attached)
		control_end_begins();
	if (control_active())
		run_end_begins(SILT_END_EXIT);
	write_last(true);
}

/* A signal handler may end the program in the middle of malloc, or malloc may have found its heap
 * damaged: the allocator is not asked for figures. */
static void at_sudden_end(void)
{
	if (control_active() && !atomic_load(&rt_confined) && control_own_process())
		run_end_begins(SILT_END_SUDDEN);
	write_last(false);
}

/* A handler of SIGABRT may jump out of abort(), and the program go on. */
static void before_abort(void)
{
	at_sudden_end();
	if (!atomic_exchange(&exits.exiting, false))
		return;
	run_undo_end(SILT_END_SUDDEN);
	helper_note_abort_written();
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

void exits_prepare(void)
{
	if (!exits.next_abort)
		exits.next_abort = (void (*)(void))libc_symbol(RTLD_NEXT, "abort");
	if (!exits.next_assert)
		exits.next_assert = (void (*)(const char *, const char *, unsigned,
					      const char *))libc_symbol(RTLD_NEXT, "__assert_fail");
}

RT_EXPORT __attribute__((noreturn)) void abort(void)
{
	before_abort();
	exits_prepare();
	exits.next_abort();
	__builtin_unreachable();
}

extern void __assert_fail(const char *, const char *, unsigned, const char *);
RT_EXPORT __attribute__((noreturn)) void __assert_fail(const char *assertion, const char *file,
						       unsigned line, const char *function)
{
	before_abort();
	exits_prepare();
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

void exits_reset(void)
{
	atomic_store(&exits.exiting, false);
}
