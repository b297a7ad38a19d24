/*
 * Start, fork, exit, triggers: see control.h.
 * Called by the dynamic linker, the C library's exit and fork, client.c. Path: cold. Threads: any. Memory:
 * static.
 * Must not: abort, exit, print on standard output, change errno, a signal's disposition or mask unasked.
 */
#include "control.h"

#include <dlfcn.h>
#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "graph.h"
#include "helper.h"
#include "run.h"
#include "settings.h"
#include "track.h"

/* The C library's own registries: without a module's handle a function is called at the very end, after all
 * destructors (the dynamic linker's own handler was registered later than ours). */
extern int __cxa_atexit(void (*function)(void *), void *argument, void *module);
extern int __cxa_at_quick_exit(void (*function)(void *), void *module);

#define HELPER_AFTER_NS 20000000ul /* a forked child that lives longer than a fork-and-exec gets a helper */

static struct {
	_Atomic uint32_t started; /* 1: under way, 2: done */
	bool away;		  /* this program is not to be recorded */
	_Atomic bool exiting;
	uint32_t *wiped_by_fork; /* a page the kernel clears in a forked child, but not in a vforked one */
	_Atomic uint64_t
		helper_due_ns; /* a forked child's helper starts at the first allocation after; 0: none due */
	void (*next_abort)(void);
	void (*next_assert)(const char *, const char *, unsigned, const char *);
} control;

static bool wants_helper(void)
{
	return settings.serve || settings.graph || settings.interval_ns || settings.growth || settings.signal;
}

static void set_growth_mark(void)
{
	int64_t live = atomic_load(&counters_live), peak = atomic_load(&counters_peak);

	if (settings.growth)
		atomic_store(&counters_growth_mark, (peak > live ? peak : live) + (int64_t)settings.growth);
}

bool control_active(void)
{
	return atomic_load(&control.started) == 2 && !control.away;
}

/* -- fork -- */

static void before_fork(void)
{
	track_self.guard++;
	track_before_fork();
}

static void after_fork_parent(void)
{
	track_after_fork();
	track_self.guard--;
}

static void become_own_process(void)
{
	*control.wiped_by_fork = 1;
	run_after_fork();
	helper_after_fork();
	set_growth_mark();
	if (wants_helper() && !atomic_load(&rt_confined)) {
		atomic_store(&control.helper_due_ns, rt_monotonic_ns() + HELPER_AFTER_NS);
		track_switch(TRACK_READ_HEAP, 0); /* looked at with every allocation until the helper runs */
	}
}

static void after_fork_child(void)
{
	track_after_fork_child();
	become_own_process();
	track_self.guard--;
}

bool control_own_process(void)
{
	if ((uint32_t)rt_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0) == run_pid())
		return true;
	if (*control.wiped_by_fork)
		return false;
	become_own_process();
	return true;
}

void track_read_heap(void)
{
	uint64_t due = atomic_load(&control.helper_due_ns);

	if (due) {
		if (rt_monotonic_ns() < due ||
		    !atomic_compare_exchange_strong(&control.helper_due_ns, &due, 0))
			return;
		if (control_own_process())
			helper_start();
	}
	track_switch(0, TRACK_READ_HEAP);
	run_read_heap(SILT_TRIGGER_INTERVAL);
}

/* -- snapshots -- */

void counters_grown(void)
{
	set_growth_mark();
	helper_request(SILT_TRIGGER_GROWTH);
}

static int take_snapshot(const struct run_request *request)
{
	int saved = errno;
	uintptr_t guard = track_self.guard;
	long result = 0;

	track_self.guard = 1;
	run_read_heap(request->trigger);
	if (request->graph)
		helper_start(); /* a forked child may not have one yet */
	if (!helper_snapshot(request))
		result = run_snapshot(request, NULL);
	track_self.guard = guard;
	errno = saved;
	return (int)-result;
}

int control_snapshot(uint32_t trigger, const char *label)
{
	struct run_request request = {.trigger = trigger, .label = label};

	if (atomic_load(&rt_confined))
		return EPERM;
	request.graph = settings.graph == SETTINGS_GRAPH_ALL ||
			(settings.graph == SETTINGS_GRAPH_LAST && trigger == SILT_TRIGGER_EXIT);
	return take_snapshot(&request);
}

bool control_leak_check(void)
{
	struct run_request request = {.trigger = SILT_TRIGGER_CALL, .label = "leak check", .graph = true};
	uint64_t blocks, bytes;

	if (!control_active() || atomic_load(&rt_confined) || !control_own_process())
		return false;
	graph_prepare();
	return take_snapshot(&request) == 0 && run_last_lost(&blocks, &bytes) && blocks > 0;
}

void control_confine(bool confined)
{
	int saved = errno;

	if (!control_active() || atomic_load(&rt_confined) == confined || !control_own_process())
		return;
	track_self.guard++;
	if (confined) {
		atomic_store(&control.helper_due_ns, 0);
		if (!wants_helper() || !helper_start())
			control_snapshot(SILT_TRIGGER_CALL, "before seccomp");
		helper_confine();
	}
	atomic_store(&rt_confined, confined);
	track_self.guard--;
	errno = saved;
}

static void write_last(void)
{
	if (atomic_load(&rt_confined) || !control_active() || !control_own_process() ||
	    atomic_exchange(&control.exiting, true))
		return;
	control_snapshot(SILT_TRIGGER_EXIT, NULL);
	run_say_lost();
	helper_last_written();
}

static void at_exit(void *unused)
{
	(void)unused;
	write_last();
}

/* exit() and quick_exit() call handlers; these do not. */
RT_EXPORT __attribute__((noreturn)) void _exit(int status)
{
	write_last();
	for (;;)
		rt_syscall(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

RT_EXPORT __attribute__((noreturn)) void _Exit(int status)
{
	_exit(status);
}

RT_EXPORT __attribute__((noreturn)) void abort(void)
{
	write_last();
	atomic_store(&control.exiting, false); /* a handler of SIGABRT may jump out: the program lives on */
	if (!control.next_abort)
		control.next_abort = (void (*)(void))dlsym(RTLD_NEXT, "abort");
	control.next_abort();
	__builtin_unreachable();
}

extern void __assert_fail(const char *, const char *, unsigned, const char *);
RT_EXPORT __attribute__((noreturn)) void __assert_fail(const char *assertion, const char *file, unsigned line,
						       const char *function)
{
	write_last();
	atomic_store(&control.exiting, false);
	if (!control.next_assert)
		control.next_assert = (void (*)(const char *, const char *, unsigned, const char *))dlsym(
			RTLD_NEXT, "__assert_fail");
	control.next_assert(assertion, file, line, function);
	__builtin_unreachable();
}

/* -- the opt-in signal -- */

static void on_signal(int number)
{
	(void)number;
	helper_request(SILT_TRIGGER_SIGNAL);
}

static void install_signal(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	if (settings.signal)
		sigaction(settings.signal, &action, NULL);
}

/* -- start -- */

static bool matches_only(void)
{
	return !settings.only || fnmatch(settings.only, modules_program_name(), 0) == 0 ||
	       fnmatch(settings.only, modules_count() ? modules_get(0)->path : "", 0) == 0;
}

static bool make_wiped_page(void)
{
	control.wiped_by_fork = rt_map_for(RT_NEEDED, RT_PAGE);
	if (!control.wiped_by_fork)
		return false;
	*control.wiped_by_fork = 1;
	rt_syscall(SYS_madvise, (long)control.wiped_by_fork, RT_PAGE, MADV_WIPEONFORK, 0, 0, 0);
	return true;
}

/* A second copy of the library, by another path, behind this one or before it? The first in line records. */
static bool is_first_copy(void)
{
	Dl_info first, own;

	return !dladdr(dlsym(RTLD_DEFAULT, "silt_lib_snapshot"), &first) || !dladdr(&control, &own) ||
	       first.dli_fbase == own.dli_fbase;
}

static bool prepare(void)
{
	settings_read();
	if (settings.memory)
		rt_memory_limit = settings.memory;
	unwind_depth = settings.depth;
	counters_sampled = settings.sample != 0;
	if (getauxval(AT_SECURE) || !is_first_copy() || !modules_start() || !matches_only() ||
	    !make_wiped_page() || !track_start())
		return false;
	track_sample_bytes = settings.sample; /* from now on free looks at the tables without a check */
	if (!real_is_glibc())
		track_min_request = BLOCKS_MIN_REQUEST;
	run_start();
	set_growth_mark();
	return true;
}

/* The first allocation of the process. It may come from within the C library or the dynamic linker, under locks of
 * theirs (newlocale, atexit and pthread_atfork allocate): nothing here may need one of those. */
void track_first_use(void)
{
	uint32_t expected = 0;

	if (!atomic_compare_exchange_strong(&control.started, &expected, 1))
		return;
	control.away = !prepare();
	atomic_store(&control.started, 2);
	track_switch(control.away ? TRACK_OFF : 0, TRACK_NOT_STARTED);
}

__attribute__((constructor(101))) static void control_start(void)
{
	int saved = errno;

	track_self.guard = 1;
	real_ready();
	track_first_use();
	if (control_active()) {
		pthread_atfork(before_fork, after_fork_parent, after_fork_child);
		__cxa_atexit(at_exit, NULL, NULL);
		__cxa_at_quick_exit((void (*)(void *))(void (*)(void))write_last, NULL);
		real_identify();
		unwind_load(settings.selfcheck);
		if (wants_helper()) {
			install_signal();
			graph_prepare();
			if (helper_start())
				helper_wait_listening();
		}
	}
	track_self.guard = 0;
	errno = saved;
}
