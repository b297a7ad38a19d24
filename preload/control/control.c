/* Start, fork, exit, triggers: see control.h. */
#include "control/control.h"

#include <dlfcn.h>
#include <errno.h>
#include <fnmatch.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "control/fork.h"
#include "graph/graph.h"
#include "control/helper.h"
#include "control/helper_calls.h"
#include "control/identity.h"
#include "record/earlier.h"
#include "record/redirect.h"
#include "control/run.h"
#include "control/settings.h"
#include "record/track.h"

/* The C library's own registries: without a module's handle a function is called at the very end,
 * after all destructors (the dynamic linker's own handler was registered later than ours). */
extern int __cxa_atexit(void (*function)(void *), void *argument, void *module);
extern int __cxa_at_quick_exit(void (*function)(void *), void *module);

/* that at exit has so much time, however long the one before the end took */
#define LAST_SNAPSHOT_NS 500000000ul
#define CALM_NS 1000000000ul
#define MANY_STEPS 16 /* of a helper that leaves and comes back */
/* a forked child that lives longer than a fork-and-exec gets a helper */
#define HELPER_AFTER_NS 20000000ul

typedef int register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);

static struct {
	_Atomic uint32_t started; /* 1: under way, 2: done */
	bool away;		  /* this program is not to be recorded */
	bool was_off;		  /* before it was confined strictly */
	bool attached;		  /* it was not recorded from its start */
	struct sigaction signal_before;
	_Atomic bool exiting;
	uint64_t end_waited_ns; /* for us, by the end of the program */
	/* A page the kernel clears in a forked child, but not in a vforked one; its second word is
	 * rt_copy_mark. */
	_Atomic uint32_t *wiped_by_fork;
	/* a forked child's helper starts at the first allocation after; 0: none due */
	_Atomic uint64_t helper_due_ns;
	_Atomic bool forks_seen;
	register_atfork *_Atomic next_register_atfork;
	void (*next_abort)(void);
	void (*next_assert)(const char *, const char *, unsigned, const char *);
} control;

static bool wants_helper(void)
{
	return settings.serve || settings.graph || settings.interval_ns || settings.growth ||
	       settings.signal;
}

static void set_growth_mark(void)
{
	int64_t live = atomic_load(&counters_live), peak = atomic_load(&counters_peak);

	if (settings.growth)
		atomic_store(&counters_growth_mark,
			     (peak > live ? peak : live) + (int64_t)settings.growth);
}

bool control_active(void)
{
	return atomic_load(&control.started) == 2 && !control.away;
}

/* -- fork -- */

/* Also where this program is not to be recorded: whether it is may be found out between the two. */
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

static void start_helper_later(uint64_t after_ns)
{
	if (!wants_helper() || atomic_load(&rt_confined))
		return;
	atomic_store(&control.helper_due_ns, rt_monotonic_ns() + after_ns);
	/* looked at with every allocation until the helper runs */
	track_switch(TRACK_READ_HEAP, 0);
}

static void become_own_process(void)
{
	*control.wiped_by_fork = 1;
	run_after_fork();
	helper_after_fork();
	control.end_waited_ns = 0;
	set_growth_mark();
	start_helper_later(HELPER_AFTER_NS);
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

extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
			     void *module);

/*
 * Ours are to be the first handlers there are, whichever library's constructor asks first (by
 * pthread_atfork): so they run last before the fork and first after it, and what the others do,
 * which may wait for threads that allocate, they do while we hold no lock.
 */
static register_atfork *see_forks(void)
{
	register_atfork *next = atomic_load(&control.next_register_atfork);

	/* Not later: a library's constructor may wait, under the dynamic linker's lock, for who
	 * asks. */
	if (!next) {
		next = (register_atfork *)dlsym(RTLD_NEXT, "__register_atfork");
		atomic_store(&control.next_register_atfork, next);
	}
	if (next && !atomic_exchange(&control.forks_seen, true))
		next(before_fork, after_fork_parent, after_fork_child, NULL);
	return next;
}

RT_EXPORT int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
				void *module)
{
	register_atfork *next = see_forks();

	return next ? next(prepare, parent, child, module) : ENOMEM;
}

bool control_own_process(void)
{
	if ((uint32_t)rt_process_id() == run_pid())
		return true;
	if (atomic_exchange(control.wiped_by_fork, 1))
		return false;
	become_own_process();
	return true;
}

/* One that had more rights than the program has gone. */
static void replace_helper(void)
{
	if (helper_leave(rt_monotonic_ns() + HELPER_END_NS, false))
		control_step_back();
}

void track_read_heap(void)
{
	uint64_t due = atomic_load(&control.helper_due_ns);

	if (!atomic_load(&rt_confined) && helper_wants_successor() && control_own_process())
		replace_helper();

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

/* Until when a snapshot is waited for; 0: as long as it may take. The end of the program waits for
 * all of them together. */
static uint64_t deadline(uint32_t trigger)
{
	uint64_t end = rt_monotonic_ns() + HELPER_END_NS - control.end_waited_ns;

	if (trigger == SILT_TRIGGER_ENDING)
		return end - LAST_SNAPSHOT_NS;
	return trigger == SILT_TRIGGER_EXIT ? end : 0;
}

static int take_snapshot(const struct run_request *request)
{
	int saved = errno;
	uintptr_t guard = track_self.guard;
	long result = 0;

	track_self.guard = 1;
	if (request->heap)
		run_read_heap(request->trigger);
	if (request->graph)
		helper_start(); /* a forked child may not have one yet */
	switch (helper_snapshot(request, deadline(request->trigger))) {
	case HELPER_NONE:
		result = run_snapshot(request, NULL);
		break;
	case HELPER_LATE: /* it may still be written, and has its number */
		result = -ETIMEDOUT;
		break;
	case HELPER_WRITTEN:
		break;
	}
	track_self.guard = guard;
	errno = saved;
	return (int)-result;
}

static int snapshot(uint32_t trigger, const char *label, bool heap)
{
	struct run_request request = {.trigger = trigger, .label = label, .heap = heap};

	if (atomic_load(&rt_confined))
		return EPERM;
	if (run_is_only_counted(trigger))
		return 0;
	request.graph = run_wants_graph(trigger);
	return take_snapshot(&request);
}

int control_snapshot(uint32_t trigger, const char *label)
{
	return snapshot(trigger, label, true);
}

bool control_leak_check(void)
{
	struct run_request request = {
		.trigger = SILT_TRIGGER_CALL, .label = "leak check", .graph = true, .heap = true};
	uint64_t blocks, bytes;

	if (!control_active() || atomic_load(&rt_confined) || !control_own_process())
		return false;
	graph_prepare();
	return take_snapshot(&request) == 0 && run_last_lost(&blocks, &bytes) && blocks > 0;
}

bool control_confine(bool confined, bool strictly)
{
	int saved = errno;

	if (!control_active() || atomic_load(&rt_confined) == confined || !control_own_process())
		return false;
	track_self.guard++;
	if (confined) {
		atomic_store(&control.helper_due_ns, 0);
		if (!wants_helper() || !helper_start())
			control_snapshot(SILT_TRIGGER_CALL, "before seccomp");
		helper_confine();
	}
	atomic_store(&rt_confined, confined);
	if (strictly) { /* not even the processor's clock may be read */
		bool off = atomic_load(&track_state) & TRACK_OFF;

		atomic_store(&rt_confined_strictly, confined);
		if (confined && !off)
			track_switch(TRACK_OFF, 0);
		else if (!confined && !control.was_off)
			track_switch(0, TRACK_OFF);
		control.was_off = off;
	}
	track_self.guard--;
	errno = saved;
	return true;
}

void control_end_begins(void)
{
	uint64_t start = rt_monotonic_ns();

	if (!control_active() || atomic_load(&rt_confined_strictly) || !control_own_process() ||
	    !run_end_begins(SILT_END_EXIT) || atomic_load(&rt_confined) || !run_is_series())
		return;
	snapshot(SILT_TRIGGER_ENDING, NULL, true);
	control.end_waited_ns = rt_monotonic_ns() - start;
	if (control.end_waited_ns > HELPER_END_NS - LAST_SNAPSHOT_NS)
		control.end_waited_ns = HELPER_END_NS - LAST_SNAPSHOT_NS;
}

bool control_step_aside(bool for_good)
{
	int saved = errno;
	bool aside;

	if (!control_active() || atomic_load(&rt_confined) || !helper_exists() ||
	    !control_own_process() || !helper_exists())
		return false;
	aside = helper_leave(rt_monotonic_ns() + HELPER_END_NS, for_good) || helper_kill();
	errno = saved;
	return aside;
}

/* A program that changes back and forth has a helper again when it has been calm for a while. */
void control_step_back(void)
{
	static _Atomic uint64_t second;
	static _Atomic uint32_t times;
	uint64_t now = rt_monotonic_ns() / CALM_NS;
	int saved = errno;

	if (atomic_exchange(&second, now) != now)
		atomic_store(&times, 0);
	if (atomic_fetch_add(&times, 1) < MANY_STEPS)
		helper_start();
	else
		start_helper_later(CALM_NS);
	errno = saved;
}

void control_orphan_helper(void)
{
	bool aside;

	if (!control_active() || helper_is_orphan())
		return;
	aside = control_step_aside(false);
	helper_make_orphan();
	if (aside)
		control_step_back();
}

static void write_last(bool heap)
{
	uint64_t end;

	if (atomic_load(&rt_confined) || !control_active() || !control_own_process() ||
	    atomic_exchange(&control.exiting, true))
		return;
	end = deadline(SILT_TRIGGER_EXIT);
	snapshot(SILT_TRIGGER_EXIT, NULL, heap);
	helper_last_written();
	helper_leave(end, true);
	run_say_lost();
}

static void at_exit(void *unused)
{
	(void)unused;
	if (control.attached) /* the other handlers are still to come, and main may have returned */
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
	if (!atomic_exchange(&control.exiting, false))
		return;
	run_end_undone(SILT_END_SUDDEN);
	helper_may_live_on();
	start_helper_later(HELPER_AFTER_NS);
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
	if (!control.next_abort)
		control.next_abort = (void (*)(void))dlsym(RTLD_NEXT, "abort");
	control.next_abort();
	__builtin_unreachable();
}

extern void __assert_fail(const char *, const char *, unsigned, const char *);
RT_EXPORT __attribute__((noreturn)) void __assert_fail(const char *assertion, const char *file,
						       unsigned line, const char *function)
{
	before_abort();
	if (!control.next_assert)
		control.next_assert = (void (*)(const char *, const char *, unsigned,
						const char *))dlsym(RTLD_NEXT, "__assert_fail");
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
		sigaction(settings.signal, &action, &control.signal_before);
}

static void remove_signal(void)
{
	struct sigaction now;

	if (settings.signal && sigaction(settings.signal, NULL, &now) == 0 &&
	    now.sa_handler == on_signal)
		sigaction(settings.signal, &control.signal_before, NULL);
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
	rt_copy_mark = control.wiped_by_fork + 1;
	*control.wiped_by_fork = 1;
	*rt_copy_mark = 1;
	rt_syscall(SYS_madvise, (long)control.wiped_by_fork, RT_PAGE, MADV_WIPEONFORK, 0, 0, 0);
	return true;
}

/* A second copy of the library, by another path, behind this one or before it? The first in line
 * records. */
static bool is_first_copy(void)
{
	Dl_info first, own;

	return !dladdr(dlsym(RTLD_DEFAULT, "silt_lib_snapshot"), &first) ||
	       !dladdr(&control, &own) || first.dli_fbase == own.dli_fbase;
}

static void take_settings(void)
{
	rt_memory_limit = settings.memory ? settings.memory : UINT64_MAX;
	unwind_depth = settings.depth;
	counters_sampled = settings.sample != 0;
}

static bool prepare(void)
{
	take_settings();
	if (getauxval(AT_SECURE) || !is_first_copy() || !modules_start() || !matches_only() ||
	    !make_wiped_page() || !track_start())
		return false;
	/* from now on free looks at the tables without a check */
	track_sample_bytes = settings.sample;
	if (!real_is_glibc())
		track_min_request = BLOCKS_MIN_REQUEST;
	run_start();
	set_growth_mark();
	rt_helper_runs = helper_running;
	return true;
}

static bool prepare_preloaded(void)
{
	settings_read();
	if (!prepare())
		return false;
	if (real_is_glibc())
		redirect_libc();
	return true;
}

/* The first allocation of the process. It may come from within the C library or the dynamic
 * linker, under locks of theirs (newlocale, atexit and pthread_atfork allocate): nothing here may
 * need one of those. */
void track_first_use(void)
{
	uint32_t expected = 0;

	if (!atomic_compare_exchange_strong(&control.started, &expected, 1))
		return;
	control.away = !prepare_preloaded();
	atomic_store(&control.started, 2);
	track_switch(control.away ? TRACK_OFF : 0, TRACK_NOT_STARTED);
}

/* What the C library may be asked for, and is asked for before the program may hold a lock of
 * its. */
static void look_up(void)
{
	see_forks();
	helper_calls_prepare();
	identity_prepare();
	real_identify();
	unwind_load(settings.selfcheck);
	if (wants_helper())
		graph_prepare();
}

extern ElfW(Dyn) _DYNAMIC[] RT_HIDDEN;

static bool is_libc(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, "libc.so.6") == 0;
}

/* Was this library opened while the program runs? A preloaded one comes before the C library. */
static bool is_late(void)
{
	bool late = false;

	for (const struct link_map *map = _r_debug.r_map; map && map->l_ld != _DYNAMIC;
	     map = map->l_next)
		late = late || is_libc(map->l_name);
	return late;
}

__attribute__((constructor(101))) static void control_start(void)
{
	int saved = errno;

	if (is_late())
		return;
	track_self.guard = 1;
	real_ready();
	track_first_use();
	see_forks();
	helper_calls_prepare();
	if (control_active()) {
		control_own_process(); /* a constructor before ours may have forked */
		__cxa_atexit(at_exit, NULL, NULL);
		__cxa_at_quick_exit(at_exit, NULL);
		ending_start();
		look_up();
		if (wants_helper()) {
			install_signal();
			if (helper_start())
				helper_wait_listening();
		}
	}
	track_self.guard = 0;
	errno = saved;
}

/* -- attached -- */

static bool attach_again(void)
{
	take_settings();
	track_sample_bytes = settings.sample;
	if (!matches_only() || !run_clear())
		return false;
	run_start_again();
	helper_after_fork();
	control.end_waited_ns = 0;
	atomic_store(&control.exiting, false);
	set_growth_mark();
	return true;
}

bool control_attach(char *const *variables)
{
	bool first = atomic_load(&control.started) == 0;

	settings_read_from(variables);
	if (first) {
		real_attach();
		control.attached = true;
		control.away = !real_ready() || !prepare();
		if (!control.away) {
			__cxa_atexit(at_exit, NULL, NULL);
			__cxa_at_quick_exit(at_exit, NULL);
		}
		atomic_store(&control.started, 2);
	} else {
		control.away = !attach_again();
	}
	if (control.away)
		return false;
	look_up();
	track_set_generation(EARLIER_GENERATION + 1);
	atomic_store(&track_gaps, true); /* what was allocated before is not on the books */
	track_switch(0, TRACK_OFF | TRACK_NOT_STARTED);
	return true;
}

bool control_attached(void)
{
	if (!wants_helper())
		return true;
	install_signal();
	if (!helper_start())
		return false;
	helper_wait_listening();
	/* an idle program allocates nothing, and would not be asked */
	run_read_heap(SILT_TRIGGER_REQUEST);
	if (earlier_prepare())
		helper_take_earlier();
	return true;
}

bool control_detach(void)
{
	bool left = true;

	remove_signal();
	atomic_store(&control.helper_due_ns, 0);
	if (helper_exists())
		left = control_step_aside(true) || !helper_exists();
	track_switch(TRACK_OFF, 0);
	control.away = true;
	return left;
}
