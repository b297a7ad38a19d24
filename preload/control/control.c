/* Snapshots, and the helper that takes them: see control.h. */
#include "control/control_inside.h"

#include <errno.h>

#include "base/rt.h"
#include "control/control.h"
#include "graph/graph.h"
#include "control/helper.h"
#include "control/run.h"
#include "control/settings.h"
#include "record/counters.h"
#include "record/peak.h"
#include "record/track.h"
#include "silt_snapshot.h"

/* reserved for the snapshot at exit, however long the one before the end took */
#define LAST_SNAPSHOT_NS 500000000ul
#define CALM_NS 1000000000ul
#define MANY_STEPS 16 /* restarts of the helper in a second before the next one is delayed */
/* a forked child that lives longer than a fork followed by exec gets a helper */
#define HELPER_AFTER_NS 20000000ul

static struct {
	/* recording was off before the strict confinement */
	bool was_off;
	/* time that the end of the program has waited for us */
	uint64_t end_waited_ns;
	/* a helper starts at the first allocation after this time; 0: none is due */
	_Atomic uint64_t helper_due_ns;
} control;

bool control_wants_helper(void)
{
	return settings.serve || settings.graph || settings.interval_ns || settings.growth ||
	       settings.signal || settings.peak;
}

void control_set_growth_mark(void)
{
	int64_t live = atomic_load(&counters_live), peak = atomic_load(&counters_peak);

	if (settings.growth)
		atomic_store(&counters_growth_mark,
			     (peak > live ? peak : live) + (int64_t)settings.growth);
}

void control_watch_peak(void)
{
	if (settings.peak)
		peak_watch();
	else
		peak_ignore();
}

/* -- the helper -- */

static void start_helper_later(uint64_t after_ns)
{
	if (!control_wants_helper() || atomic_load(&rt_confined))
		return;
	atomic_store(&control.helper_due_ns, rt_monotonic_ns() + after_ns);
	/* checked at every allocation until the helper runs */
	track_switch(TRACK_READ_HEAP, 0);
}

void control_start_helper_soon(void)
{
	start_helper_later(HELPER_AFTER_NS);
}

/* The helper has ended because it had more rights than the program. */
static void replace_helper(void)
{
	if (helper_leave(rt_monotonic_ns() + HELPER_END_NS, false))
		control_restart_helper();
}

static void read_heap(void)
{
	uint64_t due = atomic_load(&control.helper_due_ns);

	if (!atomic_load(&rt_confined) && helper_needs_successor() && control_own_process())
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

static void grown(void)
{
	control_set_growth_mark();
	helper_request(SILT_TRIGGER_GROWTH);
}

void control_register_callbacks(void)
{
	track_on_read_heap(read_heap);
	counters_on_growth(grown);
}

/* Until when to wait for a snapshot; 0: as long as it may take. All snapshots at the end of the
 * program share HELPER_END_NS. */
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
	case HELPER_LATE: /* it may still be written, and its number is taken */
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
		if (!control_wants_helper() || !helper_start())
			control_snapshot(SILT_TRIGGER_CALL, "before seccomp");
		helper_confine();
	}
	atomic_store(&rt_confined, confined);
	if (strictly) { /* even the processor's clock must not be read */
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

bool control_stop_helper(bool for_good)
{
	int saved = errno;
	bool stopped;

	if (!control_active() || atomic_load(&rt_confined) || !helper_exists() ||
	    !control_own_process() || !helper_exists())
		return false;
	stopped = helper_leave(rt_monotonic_ns() + HELPER_END_NS, for_good) || helper_kill();
	errno = saved;
	return stopped;
}

/* A program that keeps changing its rights gets a helper again once it has stopped for a while. */
void control_restart_helper(void)
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
	bool stopped;

	if (!control_active() || helper_is_orphan())
		return;
	stopped = control_stop_helper(false);
	helper_make_orphan();
	if (stopped)
		control_restart_helper();
}

bool control_dismiss_helper(void)
{
	atomic_store(&control.helper_due_ns, 0);
	return !helper_exists() || control_stop_helper(true) || !helper_exists();
}

void control_reset_end(void)
{
	control.end_waited_ns = 0;
}

void control_write_exit(bool heap)
{
	uint64_t end = deadline(SILT_TRIGGER_EXIT);

	snapshot(SILT_TRIGGER_EXIT, NULL, heap);
	helper_note_last_written();
	helper_leave(end, true);
	run_report_lost();
}
