/*
 * Makes the twin, limits it, waits for it: see graph.h.
 * Path: cold. Threads: the helper; then the twin, a process of its own. Memory: the twin's, counted
 * against SILT_GRAPH_LIMIT.
 * Must not: let the program wait for anything but the copy, leave a process behind.
 */
#include "graph/graph.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "annotations/annotations.h"
#include "base/rt.h"
#include "graph/index.h"
#include "graph/layout.h"
#include "graph/maps.h"
#include "graph/mark.h"
#include "graph/memory.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "graph/stop.h"
#include "graph/sum.h"
#include "record/counters.h"
#include "record/sites.h"
#include "record/track.h"
#include "silt_snapshot.h"
#include "unwind/modules.h"

#define STACK_SIZE (128ul << 10)
/* timeout for the stopper; copying a process of 100 GiB takes a second */
#define STOP_GRACE_NS 3000000000ul
/* timeout for the stopper once the threads run again */
#define LATE_GRACE_NS (GRAPH_RESUME_NS + STOP_GRACE_NS)
#define GRACE_NS 5000000000ul /* past its time limit, for a twin that does not end by itself */
#define LEAST_BUDGET (64ul << 20)
#define SITE_BUDGET 1024ul

/* Written by the twin and the stopper, read by the helper and the twin. */
struct shared {
	struct silt_graph report;
	/* threads that woke up while the copy was made */
	_Atomic uint32_t moved;
	/* 1: the program runs again, and pause_ns is set */
	_Atomic uint32_t released;
};

static struct {
	struct shared *shared;
	/* of the stopper */
	char *stack;
	struct graph_stop stop;
	struct graph_known *known;
	uint32_t known_count, known_capacity, known_pid;
	struct graph_request request;
	/* with the graph's sections */
	struct snapshot_cause cause;
} capture;

void graph_prepare(void)
{
	graph_layout_learn();
}

/* -- the twin -- */

/* Runs before the writer writes modules and pcs: this may add to both. */
static void build(void *argument)
{
	struct graph *graph = argument;

	graph->started_ns = rt_monotonic_ns();
	graph->deadline_ns = graph->started_ns + graph->report->limit_ns;
	graph->budget = graph->report->limit_bytes;
	graph->resident_before = rt_resident();
	graph->site_count = sites_count();
	graph->has_weak = annotations_weak_count() > 0;
	graph->sites = graph_alloc(graph, (graph->site_count + 1ul) * sizeof *graph->sites);
	graph_maps_read(graph);
	graph_index_build(graph);
	graph_roots_find(graph);
	graph_mark(graph);
	graph_find_lost(graph);
	graph_sum(graph);
	graph_find_anchors(graph);
}

void graph_finish_report(struct graph *graph)
{
	struct silt_graph *report = graph->report;

	for (int i = 0; i < 5000 && !atomic_load(&capture.shared->released); i++)
		rt_sleep(1000000);
	report->status = SILT_GRAPH_DONE;
	report->flags = (graph->stop->all_stopped && !atomic_load(&capture.shared->moved)
				 ? SILT_GRAPH_STOPPED
				 : 0u) |
			(!graph->stop->all_still	       ? 0u
			 : atomic_load(&capture.shared->moved) ? SILT_GRAPH_MOVED
							       : SILT_GRAPH_STILL) |
			(graph->stop->stopped == 0 && graph_task_has_ended(graph->stop->pid)
				 ? SILT_GRAPH_ENDED
				 : 0u);
	report->threads = graph->stop->count;
	report->threads_stopped = graph->stop->stopped;
	report->stop_ns = graph->stop->stop_ns;
	report->scan_ns = rt_monotonic_ns() - graph->started_ns;
	report->copy_bytes = rt_resident() - graph->resident_before;
}

/* The first process to kill if memory runs out; no core file; ends with its parent. */
static void limit_twin(void)
{
	/* 1, not 0: also forbids piping the core to a program (core(5)) */
	struct rlimit no_core = {1, 1};
	long fd = rt_syscall(SYS_openat, AT_FDCWD, (long)"/proc/self/oom_score_adj",
			     O_WRONLY | O_CLOEXEC, 0, 0, 0);

	if (fd >= 0) {
		rt_syscall(SYS_write, fd, (long)"1000", 4, 0, 0, 0);
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	}
	rt_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
	rt_syscall(SYS_prctl, PR_SET_NAME, (long)"silt-twin", 0, 0, 0, 0);
	rt_syscall(SYS_prlimit64, 0, RLIMIT_CORE, (long)&no_core, 0, 0, 0);
}

static void run_twin(void *unused)
{
	struct graph graph = {.report = &capture.shared->report, .stop = &capture.stop};
	long result;

	(void)unused;
	atomic_store(&rt_confined_strictly, false); /* only the program is confined */
	capture.request.unlock_all();
	graph_task_close(&capture.stop);
	limit_twin();
	graph.generation = (uint32_t)capture.cause.generation;
	capture.cause.graph = &(struct snapshot_sections){build, graph_write, &graph};
	result = snapshot_write(capture.request.process, &capture.cause, capture.request.directory,
				capture.request.name);
	for (;;)
		rt_syscall(SYS_exit_group, -result, 0, 0, 0, 0, 0);
}

/* -- the helper -- */

/* to wait for a child that was killed; one that hangs in the kernel is left behind */
#define KILL_NS 1000000000ul
#define WAS_KILLED (-1)
#define STILL_RUNS (-2)

/* Waits for a child. Returns its status; WAS_KILLED if it was killed, because it was past its
 * deadline, or somebody had stopped it (the program's threads may be stopped), or waiting failed;
 * STILL_RUNS as soon as *enough (may be NULL) is not 0. */
static int wait_for(long pid, uint64_t deadline, const _Atomic uint32_t *enough,
		    struct rusage *used)
{
	uint64_t pause = 50000;
	long result;
	bool killed = false;
	int status = 0;

	for (;;) {
		result = rt_syscall(SYS_wait4, pid, (long)&status, __WALL | WNOHANG | WUNTRACED,
				    (long)used, 0, 0);
		if (result == pid && !WIFSTOPPED(status))
			return killed ? WAS_KILLED : status;
		if (!killed && enough && atomic_load(enough))
			return STILL_RUNS;
		if (!killed && (result != 0 || rt_monotonic_ns() > deadline)) {
			rt_syscall(SYS_kill, pid, SIGKILL, 0, 0, 0, 0);
			killed = true;
			deadline = rt_monotonic_ns() + KILL_NS;
		}
		if (result < 0 || (killed && rt_monotonic_ns() > deadline))
			return WAS_KILLED;
		rt_sleep(pause);
		if (pause < 2000000)
			pause *= 2;
	}
}

/* Keeps what the former stop of the same process knows, with room for the threads of this one.
 * False: no memory. */
static bool make_known(void)
{
	struct graph_stop *stop = &capture.stop;
	uint32_t kept = capture.known_pid == stop->pid ? capture.known_count : 0;

	if (kept > stop->capacity)
		kept = 0;
	if (stop->capacity > capture.known_capacity ||
	    stop->capacity < capture.known_capacity / 4) {
		struct graph_known *known = rt_map_for(RT_BRIEF, stop->capacity * sizeof *known);

		if (!known)
			return false;
		if (capture.known) {
			memcpy(known, capture.known, kept * sizeof *known);
			rt_unmap(capture.known, capture.known_capacity * sizeof *known);
		}
		capture.known = known;
		capture.known_capacity = stop->capacity;
	}
	stop->known = capture.known;
	stop->known_count = kept;
	capture.known_pid = stop->pid;
	capture.known_count = 0; /* valid again once this stop has ended well */
	return true;
}

static bool make_room(void)
{
	uint32_t threads = graph_task_count(capture.request.process->pid);
	size_t size;

	if (!capture.shared) {
		long address = rt_syscall(SYS_mmap, 0, RT_PAGE, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (address < 0 && address > -4096)
			return false;
		capture.shared = (struct shared *)address;
	}
	if (!capture.stack && !(capture.stack = rt_map_for(RT_NEEDED, STACK_SIZE)))
		return false;
	capture.stop = (struct graph_stop){.pid = capture.request.process->pid,
					   .capacity = threads * 2 + 64};
	size = capture.stop.capacity * sizeof *capture.stop.threads;
	capture.stop.threads = rt_map_for(RT_BRIEF, size);
	return capture.stop.threads != NULL && make_known();
}

static void set_limits(struct silt_graph *report)
{
	/* The graph is summed up by call site: with many sites its tables outgrow a small heap. */
	uint64_t least = LEAST_BUDGET + sites_count() * SITE_BUDGET, live, peak;

	counters_totals(&live, &peak);
	memset(report, 0, sizeof *report);
	report->limit_ns = capture.request.limit_ns;
	report->limit_bytes = capture.request.limit_bytes;
	if (!report->limit_bytes)
		report->limit_bytes = live / 2 > least ? live / 2 : least;
}

/* Learns every mapped module now: the twin cannot ask for modules, since a stopped thread may hold
 * the dynamic linker's lock. */
static void learn_module(void *argument, const struct graph_map *map)
{
	(void)argument;
	if (map->flags & GRAPH_EXECUTE && map->flags & GRAPH_FILE)
		modules_find(map->start);
}

static long run_stopper(void)
{
	struct graph_stop *stop = &capture.stop;
	int status = WAS_KILLED;
	long stopper;

	stop->report = &capture.shared->report;
	stop->released = &capture.shared->released;
	stop->moved = &capture.shared->moved;
	stop->run = run_twin;
	if (!capture.request.lock_all())
		return -EBUSY;
	stopper = rt_clone(CLONE_VM | CLONE_UNTRACED, capture.stack + STACK_SIZE, graph_stop_main,
			   stop, NULL, NULL);
	if (stopper > 0)
		status = wait_for(stopper, rt_monotonic_ns() + STOP_GRACE_NS, stop->released, NULL);
	capture.request.unlock_all();
	if (status == STILL_RUNS)
		status = wait_for(stopper, rt_monotonic_ns() + LATE_GRACE_NS, NULL, NULL);
	if (status == 0)
		capture.known_count = stop->known_count;
	return stopper < 0 ? stopper : atomic_load(&stop->twin);
}

static uint32_t outcome_of(int status, long *result)
{
	if (status == WAS_KILLED)
		return SILT_GRAPH_TIME;
	if (!WIFEXITED(status))
		return SILT_GRAPH_FAILED;
	*result = -WEXITSTATUS(status);
	if (*result == 0)
		return SILT_GRAPH_DONE;
	return capture.shared->report.status ? capture.shared->report.status
					     : (uint32_t)SILT_GRAPH_FAILED;
}

static uint64_t ns_of(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

/* The cost to the program: the pause, and the twin's processor time. The time that the twin waits
 * for a processor on a busy machine costs nothing. */
static void note_cost(const struct rusage *used)
{
	uint64_t live, peak;

	counters_totals(&live, &peak);
	graph_note_cost(capture.shared->report.pause_ns + ns_of(&used->ru_utime) +
				ns_of(&used->ru_stime),
			live);
}

long graph_snapshot(const struct graph_request *request, struct silt_graph *outcome)
{
	struct rusage used;
	long twin, result = -EAGAIN;

	memset(&used, 0, sizeof used);
	capture.request = *request;
	capture.cause = *request->cause;
	*outcome = (struct silt_graph){.status = SILT_GRAPH_MEMORY};
	if (!make_room())
		return -EAGAIN;
	capture.stop.asker = request->asker;
	set_limits(&capture.shared->report);
	atomic_store(&capture.shared->released, 0);
	graph_maps_each(learn_module, NULL);
	twin = run_stopper();
	if (twin > 0)
		capture.shared->report.status =
			outcome_of(wait_for(twin, rt_monotonic_ns() + request->limit_ns + GRACE_NS,
					    NULL, &used),
				   &result);
	else
		capture.shared->report.status = SILT_GRAPH_FORK;
	*outcome = capture.shared->report;
	note_cost(&used);
	rt_unmap(capture.stop.threads, capture.stop.capacity * sizeof *capture.stop.threads);
	return result;
}

bool graph_pause(const struct graph_request *request, void (*look)(bool still))
{
	long result;

	capture.request = *request;
	if (!make_room())
		return false;
	capture.stop.asker = request->asker;
	capture.stop.look = look;
	memset(&capture.shared->report, 0, sizeof capture.shared->report);
	atomic_store(&capture.shared->released, 0);
	result = run_stopper();
	rt_unmap(capture.stop.threads, capture.stop.capacity * sizeof *capture.stop.threads);
	return result == -ECANCELED;
}
