/*
 * Starts recording: at the first allocation of a program that the library was preloaded into, or
 * when it is attached. Stops it when it is detached.
 * Path: cold. Threads: the first one; attached: any. Memory: static.
 * Must not: need a lock of the C library or the dynamic linker before the constructor; touch a
 * program that --only excludes, or that is privileged.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fnmatch.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/libc.h"
#include "base/rt.h"
#include "control/control.h"
#include "control/control_inside.h"
#include "control/helper.h"
#include "control/helper_calls.h"
#include "control/identity.h"
#include "control/run.h"
#include "control/settings.h"
#include "graph/graph.h"
#include "record/blocks.h"
#include "record/built_in.h"
#include "record/counters.h"
#include "record/earlier.h"
#include "record/peak.h"
#include "record/real.h"
#include "record/allocator_calls.h"
#include "record/redirect.h"
#include "record/track.h"
#include "silt_snapshot.h"
#include "unwind/capture.h"
#include "unwind/modules.h"

static struct {
	/* 1: in progress, 2: done */
	_Atomic uint32_t started;
	/* this program is not recorded */
	bool is_inactive;
	/* the tables are made, and the run is begun */
	bool prepared;
	/* silt attach has been here, and may come again with other settings */
	bool attached;
	struct sigaction signal_before;
} start;

bool control_active(void)
{
	return atomic_load(&start.started) == 2 && !start.is_inactive;
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
		sigaction(settings.signal, &action, &start.signal_before);
}

static void remove_signal(void)
{
	struct sigaction now;

	if (settings.signal && sigaction(settings.signal, NULL, &now) == 0 &&
	    now.sa_handler == on_signal)
		sigaction(settings.signal, &start.signal_before, NULL);
}

/* -- start -- */

static bool matches_only(void)
{
	return !settings.only || fnmatch(settings.only, modules_program_name(), 0) == 0 ||
	       fnmatch(settings.only, modules_count() ? modules_get(0)->path : "", 0) == 0;
}

/* False if another copy of the library, loaded from another path, comes first: that one records. */
static bool is_first_copy(void)
{
	uintptr_t first = (uintptr_t)libc_symbol(RTLD_DEFAULT, "silt_lib_snapshot");

	return modules_at(first) == modules_at((uintptr_t)&start);
}

static void take_settings(void)
{
	rt_memory_limit = settings.memory ? settings.memory : UINT64_MAX;
	unwind_depth = settings.depth;
	/* Counters stay, and a later attach may sample. */
	counters_sampled = settings.sample != 0 || start.attached;
}

static bool prepare(void)
{
	take_settings();
	if (getauxval(AT_SECURE) || !is_first_copy() || !modules_start() || !matches_only() ||
	    !atfork_make_mark() || !track_start())
		return false;
	control_register_callbacks();
	/* from now on free() searches the tables without a check */
	track_sample_bytes = settings.sample;
	if (!real_is_glibc())
		track_min_request = BLOCKS_MIN_REQUEST;
	run_start();
	control_set_growth_mark();
	control_watch_peak();
	rt_helper_runs = helper_running;
	start.prepared = true;
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

/* Called at the first allocation of the process. That may come from the C library or the dynamic
 * linker under their locks (newlocale, atexit and pthread_atfork allocate), so nothing here may
 * need one of these locks. */
void track_first_use(void)
{
	uint32_t expected = 0;

	if (!atomic_compare_exchange_strong(&start.started, &expected, 1))
		return;
	start.is_inactive = !prepare_preloaded();
	atomic_store(&start.started, 2);
	track_switch(start.is_inactive ? TRACK_OFF : 0, TRACK_NOT_STARTED);
}

/* Records an allocator in the executable. Called before the constructors of the executable, which
 * allocate its first blocks. */
static void record_built_in(void)
{
	enum built_in_result result = BUILT_IN_OTHER;
	const char *reason = NULL;

	if (settings.executable_allocator)
		result = built_in_start(settings.executable_allocator, &reason);
	if (result == BUILT_IN_DONE) {
		track_min_request = BLOCKS_MIN_REQUEST;
		real_add_built_in(built_in.mallctl, built_in.MallocExtension_GetNumericProperty);
	} else if (result == BUILT_IN_REFUSED) {
		rt_say("the allocator in the executable is not recorded: ", reason, "");
		real_add_unrecorded_built_in();
	}
}

/* Looks up all that is needed of the C library, before the program may hold one of its locks, and
 * before an attach redirects lookups of these functions to the library. */
static void look_up(void)
{
	atfork_register();
	helper_calls_prepare();
	identity_prepare();
	ending_prepare();
	exits_prepare();
	real_identify();
	unwind_load(settings.selfcheck);
	if (control_wants_helper())
		graph_prepare();
}

extern ElfW(Dyn) _DYNAMIC[] RT_HIDDEN;

/* True if this library was opened while the program runs: a preloaded one precedes the C
 * library. */
static bool is_late(void)
{
	bool late = false;

	for (const struct link_map *map = libc_modules(); map && map->l_ld != _DYNAMIC;
	     map = map->l_next)
		late = late || libc_is_file(map->l_name);
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
	atfork_register();
	helper_calls_prepare();
	if (control_active()) {
		control_own_process(); /* an earlier constructor may have forked */
		allocator_calls_redirect();
		record_built_in();
		exits_register(false);
		ending_start();
		look_up();
		if (control_wants_helper()) {
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
	control_reset_end();
	exits_reset();
	control_set_growth_mark();
	control_watch_peak();
	return true;
}

bool control_attach(char *const *variables)
{
	settings_read_from(variables);
	start.attached = true;
	if (atomic_load(&start.started) == 0)
		real_attach();
	if (start.prepared) {
		start.is_inactive = !attach_again();
	} else { /* also preloaded, into a program that --only left out */
		start.is_inactive = !real_ready() || !prepare();
		if (!start.is_inactive)
			exits_register(true);
	}
	atomic_store(&start.started, 2);
	if (start.is_inactive)
		return false;
	look_up();
	track_set_generation(EARLIER_GENERATION + 1);
	atomic_store(&track_gaps, true); /* earlier blocks are not recorded */
	track_switch(0, TRACK_OFF | TRACK_NOT_STARTED);
	return true;
}

bool control_attached(void)
{
	if (!control_wants_helper())
		return true;
	install_signal();
	if (!helper_start())
		return false;
	helper_wait_listening();
	/* an idle program would not read them, since it allocates nothing */
	run_read_heap(SILT_TRIGGER_REQUEST);
	if (earlier_prepare())
		helper_take_earlier();
	return true;
}

bool control_detach(void)
{
	bool left;

	remove_signal();
	left = control_dismiss_helper();
	track_switch(TRACK_OFF, 0);
	peak_ignore();
	start.is_inactive = true;
	return left;
}
