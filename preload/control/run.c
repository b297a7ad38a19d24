/* The run of this process: see run.h. */
#include "control/run.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>

#include "annotations/annotations.h"
#include "base/rt.h"
#include "control/fork.h"
#include "control/run_children.h"
#include "control/run_hold.h"
#include "control/run_kept.h"
#include "control/run_lost.h"
#include "control/run_peak.h"
#include "control/settings.h"
#include "graph/graph.h"
#include "record/blocks.h"
#include "record/counters.h"
#include "record/peak.h"
#include "record/real.h"
#include "record/track.h"
#include "silt_snapshot.h"
#include "silt_units.h"
#include "snapshot/writer.h"

#define ARGUMENTS_MAX (128ul << 10)

static struct {
	/* for one snapshot at a time */
	struct rt_lock lock;
	struct snapshot_process process;
	char arguments[ARGUMENTS_MAX];
	char host[66];
	/* SILT_PROGRAM_VERSION, cut to fit */
	char version[128];
	bool started;
	struct rt_lock heap_lock;
	/* outcome of the last graph */
	struct silt_graph graph;
	/* When the program began to end, monotonic clock; 0: it has not. Set without the lock,
	 * which a snapshot may hold. */
	_Atomic uint64_t end_ns, end_generation;
	/* enum silt_end */
	_Atomic uint32_t end_cause;
} run;

/* Copies the version: the program may change its environment. */
static void note_version(void)
{
	const char *version = settings.program_version;
	size_t length = version ? strnlen(version, sizeof run.version - 1) : 0;

	memcpy(run.version, version ? version : "", length);
	run.version[length] = '\0';
	run.process.version = run.version;
}

void run_start(void)
{
	struct utsname names;
	long length;

	run_kept_begin();
	run.process.pid = (uint32_t)rt_process_id();
	run.process.start_unix_ns = rt_unix_ns();
	run.process.start_ns = rt_monotonic_ns();
	if (rt_syscall(SYS_uname, (long)&names, 0, 0, 0, 0, 0) == 0)
		memcpy(run.host, names.nodename, sizeof names.nodename);
	length = rt_read_file("/proc/self/cmdline", run.arguments, sizeof run.arguments);
	run.process.arguments_size = length > 0 ? (size_t)length : 0;
	if (run.process.arguments_size && run.arguments[run.process.arguments_size - 1] == 0)
		run.process.arguments_size--; /* the terminator of the last one */
	run.process.arguments = run.arguments;
	run.process.host = run.host;
	note_version();
	run_directory_find(run.process.pid);
	run.process.directory = run_directory_working();
	if (!run.started)
		run_children_start();
	run.started = true;
}

/* Begins a run without snapshots. */
static void begin(void)
{
	run.process.pid = (uint32_t)rt_process_id();
	run.process.lost_snapshots = 0;
	run_lost_begin();
	run_directory_forget(run.process.pid);
	run_kept_begin();
	run.process.end_sequence = 0;
	atomic_store(&run.end_ns, 0);
	run_peak_forget();
}

void run_after_fork(void)
{
	begin();
	run_children_after_fork();
}

void run_start_again(void)
{
	run_lost_say_again();
	run.process.heap_ns = 0;
	run_start();
	begin();
}

bool run_is_only_counted(uint32_t trigger)
{
	return (trigger == SILT_TRIGGER_ENDING || trigger == SILT_TRIGGER_EXIT) &&
	       !run_directory_path()[0] && run_kept_last() == 0 && run_children_only_counted();
}

uint32_t run_pid(void)
{
	return run.process.pid;
}

void run_read_heap(uint32_t trigger)
{
	struct real_heap heap;
	uint64_t live, peak;

	/* Walking the free lists of a large heap takes time, and the figures of a single snapshot,
	 * at exit, have none to be compared with. */
	if (trigger == SILT_TRIGGER_EXIT && run_kept_last() == 0)
		return;
	if (!rt_trylock(&run.heap_lock))
		return; /* another thread is reading them */
	counters_totals(&live, &peak);
	real_read_heap(&heap);
	run.process.heap = heap;
	run.process.heap_recorded = live;
	run.process.heap_ns = rt_monotonic_ns();
	rt_unlock(&run.heap_lock);
}

/* -- the end -- */

bool run_end_begins(uint32_t cause)
{
	uint64_t never = 0;

	if (!atomic_compare_exchange_strong(&run.end_ns, &never, rt_monotonic_ns()))
		return false;
	atomic_store(&run.end_generation, atomic_load(&track_generation));
	atomic_store(&run.end_cause, cause);
	return true;
}

void run_undo_end(uint32_t cause)
{
	if (atomic_load(&run.end_cause) == cause)
		atomic_store(&run.end_ns, 0);
}

bool run_is_series(void)
{
	return settings.interval_ns || settings.growth || settings.signal || settings.graph ||
	       run_kept_last() > 0;
}

/* The last graph shows the state before the end. With `all` there is one at exit, too, which shows
 * what destructors leave behind. */
bool run_wants_graph(uint32_t trigger)
{
	bool last = trigger == SILT_TRIGGER_ENDING || trigger == SILT_TRIGGER_EXIT ||
		    trigger == SILT_TRIGGER_KILLED || trigger == SILT_TRIGGER_MEMORY;

	switch (settings.graph) {
	case SETTINGS_GRAPH_ALL:
		return true;
	case SETTINGS_GRAPH_LAST:
		return last && !run.process.end_sequence;
	case SETTINGS_GRAPH_AUTO:
		return last ? !run.process.end_sequence && graph_is_cheap() : graph_is_due();
	default:
		return false;
	}
}

/* The snapshot tells what is known of the end when it is begun. */
static void note_end(const struct run_request *request, uint64_t sequence)
{
	uint64_t end = atomic_load(&run.end_ns);

	run.process.end_ns = end;
	run.process.end_generation = end ? atomic_load(&run.end_generation) : 0;
	run.process.end_cause = end ? atomic_load(&run.end_cause) : SILT_END_NONE;
	if (request->trigger == SILT_TRIGGER_ENDING)
		run.process.end_sequence = sequence;
}

/* Keeps the kernel's figures for a snapshot that is written when the process is gone. */
static void note_memory(void)
{
	char path[40], status[2048];
	struct rt_text text = {path, sizeof path, 0};

	rt_text(&text, "/proc/");
	rt_text_number(&text, run.process.pid);
	rt_text(&text, "/status");
	if (rt_read_file(path, status, sizeof status) <= 0 || !rt_field(status, "\nVmRSS:"))
		return;
	run.process.rss_bytes = rt_field(status, "\nVmRSS:") * 1024;
	run.process.anonymous_rss_bytes = rt_field(status, "\nRssAnon:") * 1024;
}

/* -- the directory -- */

int run_directory(void)
{
	int fd;

	rt_lock(&run.lock);
	fd = run_directory_open();
	rt_unlock(&run.lock);
	return fd;
}

#define PREPARE_NS 2000000000ul /* to wait for a snapshot in progress */

void run_prepare_for(uint32_t user)
{
	uint64_t deadline = rt_monotonic_ns() + PREPARE_NS;
	int directory;

	while (!rt_trylock(&run.lock)) {
		if (rt_monotonic_ns() > deadline)
			return;
		rt_sleep(1000000);
	}
	directory = run_directory_open();
	if (directory >= 0) {
		run_hold(directory, user);
		rt_syscall(SYS_close, directory, 0, 0, 0, 0, 0);
	}
	rt_unlock(&run.lock);
}

void run_remove_empty(void)
{
	if (run_directory_path()[0] && run_kept_last() == 0)
		rt_syscall(SYS_unlinkat, AT_FDCWD, (long)run_directory_path(), AT_REMOVEDIR, 0, 0,
			   0);
}

/* -- snapshots -- */

static long write_snapshot(struct snapshot_cause *cause, const struct run_request *request,
			   int directory, const char *name)
{
	long result = -EAGAIN;

	run.graph = (struct silt_graph){.status = SILT_GRAPH_NONE};
	if (request->graph && request->in_helper) {
		result = graph_snapshot(
			&(struct graph_request){.process = &run.process,
						.cause = cause,
						.directory = directory,
						.name = name,
						.asker = request->asker,
						.limit_ns = settings.graph_limit_ns,
						.limit_bytes = settings.graph_limit_bytes,
						.lock_all = fork_try_lock_all,
						.unlock_all = fork_unlock_all},
			&run.graph);
	} else if (request->graph) {
		run.graph.status = SILT_GRAPH_HELPER;
	}
	if (result != -EAGAIN)
		return result;
	cause->graph_outcome = request->graph ? &run.graph : NULL;
	return snapshot_write(&run.process, cause, directory, name);
}

bool run_last_lost(uint64_t *blocks, uint64_t *bytes)
{
	const struct silt_graph *graph = &run.graph;

	*blocks = graph->verdict_blocks[SILT_LOST_DIRECT] +
		  graph->verdict_blocks[SILT_LOST_INDIRECT] +
		  graph->verdict_blocks[SILT_LOST_CYCLE];
	*bytes = graph->verdict_bytes[SILT_LOST_DIRECT] + graph->verdict_bytes[SILT_LOST_INDIRECT] +
		 graph->verdict_bytes[SILT_LOST_CYCLE];
	return graph->status == SILT_GRAPH_DONE;
}

/* Ends the present interval. Returns its number. */
static uint64_t next_generation(void)
{
	uint32_t generation = atomic_load(&track_generation);

	if (generation < BLOCKS_GENERATION_MAX)
		track_set_generation(generation + 1);
	return generation;
}

void run_count_lost(long error)
{
	run.process.lost_snapshots++;
	run.process.lost_errno = error < 0 ? (uint32_t)-error : 0;
	run_lost_note(error);
}

static void write_peak(int directory)
{
	long result = run_peak_write(&run.process, directory);

	if (result < 0)
		run_count_lost(result);
}

long run_snapshot(const struct run_request *request, char path[RUN_PATH_MAX])
{
	char buffer[40];
	struct rt_text name = {buffer, sizeof buffer, 0};
	struct snapshot_cause cause = {.trigger = request->trigger, .label = request->label};
	long result;
	int directory;

	rt_lock(&run.lock);
	cause.sequence = run_kept_next(request->trigger);
	cause.generation = next_generation();
	note_end(request, cause.sequence);
	if (request->in_helper)
		note_memory();
	run.process.allocator = real_allocator();
	run.process.children_not_recorded = run_children_not_recorded();
	directory = run_directory_open();
	result = directory;
	if (directory >= 0) {
		run_kept_name(&name, cause.sequence);
		result = write_snapshot(&cause, request, directory, buffer);
	}
	if (result == 0) {
		run_kept_add(directory, cause.sequence, run.process.end_sequence);
		if (request->trigger == SILT_TRIGGER_ENDING)
			run_peak_shown();
		write_peak(directory);
		if (path) {
			struct rt_text text = {path, RUN_PATH_MAX, 0};

			rt_text(&text, run_directory_path());
			rt_text(&text, "/");
			rt_text(&text, buffer);
		}
	} else {
		run_count_lost(result);
		if (request->trigger == SILT_TRIGGER_ENDING)
			run.process.end_sequence = 0;
		if (!request->in_helper)
			run_report_lost();
	}
	if (directory >= 0)
		rt_syscall(SYS_close, directory, 0, 0, 0, 0, 0);
	rt_unlock(&run.lock);
	return result;
}

bool run_clear(void)
{
	bool cleared;

	annotations_clear(); /* the pools' lock comes first */
	rt_lock(&run.lock);
	peak_ignore();
	cleared = track_clear();
	if (settings.peak)
		peak_watch();
	rt_unlock(&run.lock);
	return cleared;
}

bool run_pause(void (*look)(bool still))
{
	const struct graph_request request = {.process = &run.process,
					      .lock_all = fork_try_lock_all,
					      .unlock_all = fork_unlock_all};
	bool done;

	rt_lock(&run.lock);
	done = graph_pause(&request, look);
	rt_unlock(&run.lock);
	return done;
}
