/*
 * The snapshots that the helper takes: when asked to, by time, close to a memory limit, and when
 * the program is gone. See helper_state.h.
 * Path: cold. Threads: the helper. Memory: its stack.
 * Must not: use thread-local storage or errno, call libc beyond string functions.
 */
#include <sys/syscall.h>
#include <time.h>

#include "base/rt.h"
#include "control/helper.h"
#include "control/helper_state.h"
#include "control/pressure.h"
#include "control/run.h"
#include "control/settings.h"
#include "graph/graph.h"
#include "graph/maps.h"
#include "graph/stop.h"
#include "record/earlier.h"
#include "record/track.h"
#include "silt_snapshot.h"

/* snapshots by an automatic interval may take one part in so many of a processor */
#define INTERVAL_SHARE 20u

/* The program reads its allocator's figures at its next allocation. If it is idle, they have not
 * changed. */
void helper_read_heap(void)
{
	static uint64_t cost_ns, not_before;
	uint64_t start = rt_monotonic_ns();

	if (start < not_before)
		return;
	track_switch(TRACK_READ_HEAP, 0);
	for (int i = 0; i < 20 && atomic_load(&track_state) & TRACK_READ_HEAP; i++)
		rt_sleep(200000);
	/* Walking a large heap's free lists costs the program time: keep it below 1%. */
	cost_ns = rt_monotonic_ns() - start;
	if (cost_ns > 2000000)
		not_before = start + 100 * cost_ns;
}

static void take_labelled(uint32_t trigger, const char *label, bool graph)
{
	struct run_request request = {
		.trigger = trigger, .label = label, .graph = graph, .in_helper = true};

	if (atomic_load(&helper.last_written))
		return; /* the program is about to end */
	helper_set_timeout(helper_snapshot_timeout(graph));
	run_snapshot(&request, NULL);
	helper_set_timeout(0);
}

void helper_take(uint32_t trigger)
{
	take_labelled(trigger, NULL, run_wants_graph(trigger));
}

/* A thread of the program waits for this one. */
static void take_wanted(void)
{
	helper_set_timeout(helper_snapshot_timeout(helper.wanted.graph));
	run_snapshot(&helper.wanted, NULL);
	helper_set_timeout(0);
	if (helper.wanted.trigger == SILT_TRIGGER_EXIT) /* the last snapshot */
		atomic_store(&helper.last_written, true);
	atomic_fetch_add(&helper.done, 1);
	rt_wake(&helper.done);
}

static void note_mapping(void *unused, const struct graph_map *map)
{
	uint32_t kind =
		map->flags & (GRAPH_READ | GRAPH_WRITE | GRAPH_SHARED | GRAPH_FILE | GRAPH_DEVICE);

	(void)unused;
	if (kind == (GRAPH_READ | GRAPH_WRITE))
		earlier_note(map->start, map->end, map->flags & GRAPH_HEAP);
}

#define TAKE_TIMES 5 /* a thread may be inside the allocator */
#define TAKE_PAUSE_NS 3000000u

static void take_earlier(void)
{
	helper_set_timeout(helper_snapshot_timeout(true));
	graph_maps_each(note_mapping, NULL);
	for (int i = 0; i < TAKE_TIMES; i++) {
		if (i)
			rt_sleep(TAKE_PAUSE_NS);
		run_pause(earlier_take);
		if (earlier_finish() != SILT_EARLIER_MOVING)
			break;
	}
	helper_set_timeout(0);
}

void helper_take_earlier(void)
{
	if (graph_task_count(run_pid()) != 1) {
		helper_request(HELPER_TAKES_EARLIER);
		return;
	}
	graph_maps_each(note_mapping, NULL);
	earlier_take(true);
	earlier_finish();
}

void helper_take_pending(void)
{
	uint32_t pending = atomic_exchange(&helper.pending, 0);

	if (pending & 1u << HELPER_TAKES_EARLIER)
		take_earlier();
	for (uint32_t trigger = 1; trigger < HELPER_TAKES_EARLIER; trigger++) {
		if (pending & 1u << trigger) {
			helper_read_heap();
			helper_take(trigger);
		}
	}
	if (pending & 1)
		take_wanted();
}

/* Processor time of this process; 0: a seccomp filter forbids the call. */
static uint64_t processor_ns(void)
{
	struct timespec time = {0};

	rt_syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, (long)&time, 0, 0, 0, 0);
	return (uint64_t)time.tv_sec * HELPER_SECOND_NS + (uint64_t)time.tv_nsec;
}

void helper_take_interval(void)
{
	uint64_t now = rt_monotonic_ns(), before, cost;

	if (!settings.interval_ns || now < helper.next_ns)
		return;
	before = processor_ns();
	helper_read_heap();
	helper_take(SILT_TRIGGER_INTERVAL);
	cost = processor_ns() - before;
	/* If late (a busy or suspended machine), go on from now rather than catch up. */
	helper.next_ns += run_interval();
	now = rt_monotonic_ns();
	if (helper.next_ns < now)
		helper.next_ns = now + run_interval();
	/* A snapshot visits every live block: with a large heap, short intervals would take a whole
	 * processor. */
	if (settings.interval_auto && helper.next_ns < now + INTERVAL_SHARE * cost)
		helper.next_ns = now + INTERVAL_SHARE * cost;
}

void helper_take_at_limit(void)
{
	char label[HELPER_MAX_LABEL] = "";
	struct rt_text said = {label, sizeof label, 0};
	uint64_t left_ns;

	if (!pressure_snapshot_due(&said, &left_ns))
		return;
	take_labelled(SILT_TRIGGER_MEMORY, label, false);
	if (run_wants_graph(SILT_TRIGGER_MEMORY) && graph_expected_ns() < left_ns / 2)
		take_labelled(SILT_TRIGGER_MEMORY, label, true);
}
