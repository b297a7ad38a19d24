/*
 * Stops the program's threads, notes where they are, makes the twin, and resumes the threads.
 * Path: cold; this is the program's pause. Threads: a process of its own that shares the memory
 * (CLONE_VM): however it ends, the kernel then resumes the threads. Memory: the helper's.
 * Must not: map memory, use thread-local storage, call libc beyond string functions, wait for a
 * thread without a timeout.
 *
 * Threads that are awake, or asleep in a call that can be interrupted, are stopped and their
 * registers read. Other sleeping threads are left alone, since they do not run: only their stack
 * pointer and pc are known (graph/call.c decides which).
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "base/arch.h"
#include "base/rt.h"
#include "graph/stop.h"
#include "silt_snapshot.h"

#define STOP_TIMEOUT_NS 200000000ul /* timeout for all threads that were told to stop */
/* The same for threads that sleep, while the others still run. */
#define SLEEPERS_TIMEOUT_NS 100000000ul
/* How long a thread may take to stop before we look whether it sleeps where no signal wakes it. */
#define SLEEP_CHECK_NS 1000000ul
#define PAUSE_NS 10000l /* between looks at a thread */
#define WAKE_RETRIES 3	/* retries for threads that wake up before the copy is made */
/* Looks at a thread that is awake, for it to fall asleep: where the kernel forgets the number of an
 * interrupted call, the call can be restarted only if it was read before, see call_again(). */
#define LOOKS (ARCH_CALL_FORGOTTEN ? 20 : 1)

long graph_trace(long request, long tid, void *address, void *data)
{
	return rt_syscall(SYS_ptrace, request, tid, (long)address, (long)data, 0, 0);
}

void graph_stop_sleep(void)
{
	rt_sleep(PAUSE_NS);
}

struct graph_thread *graph_stop_find(struct graph_stop *stop, long tid)
{
	for (uint32_t i = 0; i < stop->count; i++)
		if (stop->threads[i].tid == tid)
			return &stop->threads[i];
	return NULL;
}

/* Adds a thread if it is new. False: there is no room. */
static bool add_thread(struct graph_stop *stop, uint32_t tid)
{
	struct graph_thread *thread = &stop->threads[stop->count];

	/* A second listing has them in the same order. */
	if (stop->listed < stop->count && stop->threads[stop->listed].tid == tid)
		return ++stop->listed;
	if (stop->listings > 1 && graph_stop_find(stop, tid))
		return true;
	if (stop->count == stop->capacity)
		return false;
	memset(thread, 0, offsetof(struct graph_thread, vector));
	thread->tid = tid;
	thread->flags = tid == stop->pid ? SILT_THREAD_MAIN : 0;
	graph_task_name(stop, thread);
	stop->count++;
	return true;
}

/* -- stopping -- */

static void seize(struct graph_thread *thread)
{
	if (thread->tid && !(thread->flags & GRAPH_THREAD_SEIZED) &&
	    graph_trace(PTRACE_SEIZE, thread->tid, NULL, (void *)PTRACE_O_TRACESYSGOOD) == 0)
		thread->flags |= GRAPH_THREAD_SEIZED;
}

/* Traces all threads once it traces one, also those left alone. While the thread that an ignored
 * signal may go to is traced, the kernel does not drop the signal but interrupts a thread for it,
 * which must be seen. If all threads are left alone, none is traced. */
static void seize_all(struct graph_stop *stop)
{
	if (stop->seizes)
		return;
	stop->seizes = true;
	for (uint32_t i = 0; i < stop->count; i++)
		seize(&stop->threads[i]);
}

static struct graph_known *find_known(struct graph_stop *stop, uint32_t tid)
{
	for (uint32_t i = 0; i < stop->known_count; i++) {
		/* Threads come in the same order each time. */
		uint32_t at = (stop->known_next + i) % stop->known_count;

		if (stop->known[at].tid != tid)
			continue;
		stop->known_next = at + 1;
		return &stop->known[at];
	}
	return NULL;
}

/* True if the thread sleeps in the call that a former stop found it in; its registers are then
 * known from there. A restarted call appears as restart_syscall, which proves that it has not
 * returned. Otherwise the thread must not have run since. */
static bool sleeps_in_known_call(struct graph_stop *stop, struct graph_thread *thread)
{
	struct graph_place *place = &thread->place;
	const struct graph_known *known = find_known(stop, thread->tid);
	bool again = place->number == SYS_restart_syscall;

	if (!known || place->sp != known->place.sp || place->pc != known->place.pc ||
	    (place->number != known->place.number && !again) ||
	    memcmp(place->arguments, known->place.arguments, sizeof place->arguments) != 0)
		return false;
	place->number = known->place.number;
	if (!again && (!place->runs || place->runs != known->place.runs))
		return false;
	memcpy(thread->registers, known->registers, sizeof thread->registers);
	thread->thread_pointer = known->thread_pointer;
	return true;
}

/* Looks where a thread is, up to `looks` times for it to fall asleep. True: it sleeps, and is best
 * left alone. */
static bool look(struct graph_stop *stop, struct graph_thread *thread, int looks)
{
	thread->flags &= ~(uint32_t)(SILT_THREAD_STILL | SILT_THREAD_STOPPED);
	for (int i = 0; i < looks; i++) {
		if (i > 0)
			graph_stop_sleep();
		graph_task_look(stop, thread);
		if (thread->place.asleep)
			break;
	}
	if (thread->place.asleep && sleeps_in_known_call(stop, thread))
		thread->flags |= SILT_THREAD_STILL | SILT_THREAD_STOPPED;
	else if (thread->place.asleep && !graph_call_may_stop(stop, thread))
		thread->flags |= SILT_THREAD_STILL;
	thread->syscall = thread->place.number >= 0 ? (uint32_t)thread->place.number + 1 : 0;
	return thread->flags & SILT_THREAD_STILL;
}

static void interrupt(struct graph_stop *stop, struct graph_thread *thread)
{
	if (!stop->began_ns)
		stop->began_ns = rt_monotonic_ns();
	if (thread->flags & GRAPH_THREAD_SEIZED &&
	    graph_trace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) == 0)
		thread->flags |= GRAPH_THREAD_STOPPING;
	else if (thread->place.asleep)
		thread->flags |= SILT_THREAD_STILL;
}

/* Tells a thread to stop, unless it sleeps and is best left alone. */
static void begin_stop(struct graph_stop *stop, struct graph_thread *thread)
{
	if (stop->seizes)
		seize(thread);
	if (look(stop, thread, LOOKS))
		return;
	if (!stop->seizes) {
		seize_all(stop);
		/* Seizing all takes a while: the thread may be asleep by now. */
		if (look(stop, thread, LOOKS))
			return;
	}
	interrupt(stop, thread);
}

/* Tells a thread to stop if it sleeps and is not best left alone. */
static void begin_stop_asleep(struct graph_stop *stop, struct graph_thread *thread)
{
	seize_all(stop);
	if (!look(stop, thread, 1) && thread->place.asleep)
		interrupt(stop, thread);
}

static bool read_set(struct graph_thread *thread, long set, void *buffer, size_t size, size_t *got)
{
	struct iovec vector = {buffer, size};

	if (graph_trace(PTRACE_GETREGSET, thread->tid, (void *)set, &vector) != 0)
		return false;
	*got = vector.iov_len;
	return true;
}

static bool note_registers(struct graph_thread *thread)
{
	static const int vector_sets[] = {ARCH_VECTOR_SETS};
	size_t size = 0;

	if (!read_set(thread, NT_PRSTATUS, thread->registers, sizeof thread->registers, &size))
		return false;
	thread->halted_ns = rt_monotonic_ns();
	graph_call_identify(thread);
	for (size_t i = 0; i < sizeof vector_sets / sizeof vector_sets[0] && !thread->vector_size;
	     i++)
		if (read_set(thread, vector_sets[i], thread->vector, sizeof thread->vector, &size))
			thread->vector_size = (uint32_t)size;
	thread->thread_pointer = thread->registers[ARCH_REGISTER_THREAD];
	if (ARCH_THREAD_SET)
		read_set(thread, ARCH_THREAD_SET, &thread->thread_pointer,
			 sizeof thread->thread_pointer, &size);
	thread->flags |= SILT_THREAD_STOPPED | GRAPH_THREAD_HALTED;
	thread->flags &= ~(uint32_t)GRAPH_THREAD_STOPPING;
	return true;
}

/* Notes why it stopped: our request, a signal that it was about to take, or a stop of the whole
 * process that came first (SIGSTOP). */
static void note_cause(struct graph_thread *thread, int status)
{
	bool is_event = status >> 16 == PTRACE_EVENT_STOP;

	thread->deliver = is_event ? 0 : (uint32_t)WSTOPSIG(status);
	thread->flags &= ~(uint32_t)GRAPH_THREAD_SUSPENDED;
	if (is_event && WSTOPSIG(status) != SIGTRAP)
		thread->flags |= GRAPH_THREAD_SUSPENDED;
}

bool graph_stop_note(struct graph_thread *thread, int status)
{
	note_cause(thread, status);
	return note_registers(thread);
}

/* True if the thread has stopped, and its registers were read, or has ended. */
static bool has_stopped(struct graph_thread *thread)
{
	int status = 0;
	long result = rt_syscall(SYS_wait4, thread->tid, (long)&status, __WALL | WNOHANG, 0, 0, 0);

	if (result == 0)
		return false;
	if (result != thread->tid || !WIFSTOPPED(status) || !graph_stop_note(thread, status))
		thread->tid = 0; /* it has ended */
	return true;
}

static void wait_for(struct graph_stop *stop, struct graph_thread *thread, uint64_t deadline)
{
	uint64_t look = rt_monotonic_ns() + SLEEP_CHECK_NS, now;

	while (!(thread->flags & GRAPH_THREAD_HALTED) && thread->tid && !has_stopped(thread)) {
		now = rt_monotonic_ns();
		/* A wait that no signal ends, such as for a lock in the kernel or for the child of
		 * a vfork: the thread does not run either. */
		if (now > look) {
			graph_task_look(stop, thread);
			if (thread->place.asleep && !has_stopped(thread)) {
				thread->flags |= SILT_THREAD_STILL; /* its stop comes later */
				return;
			}
			look = now + SLEEP_CHECK_NS;
		}
		if (now > deadline)
			return;
		graph_stop_sleep();
	}
}

static void wait_for_all(struct graph_stop *stop, uint64_t deadline)
{
	for (uint32_t i = 0; i < stop->count; i++) {
		struct graph_thread *thread = &stop->threads[i];

		if (thread->flags & GRAPH_THREAD_STOPPING)
			wait_for(stop, thread, deadline);
	}
}

/* Stops threads that were left asleep and have woken up. False: there was none. */
static bool stop_woken(struct graph_stop *stop)
{
	bool moved = false;

	for (uint32_t i = 0; i < stop->count; i++) {
		struct graph_thread *thread = &stop->threads[i];

		if (!thread->tid || !(thread->flags & SILT_THREAD_STILL) ||
		    graph_task_is_still(stop, thread))
			continue;
		moved = true;
		begin_stop(stop, thread);
	}
	return moved;
}

/* The thread that asked for the graph is known not to run, also where tracing is forbidden. */
static void note_asker(struct graph_stop *stop)
{
	const struct graph_asker *asker = stop->asker;

	for (uint32_t i = 0; asker && i < stop->count; i++) {
		struct graph_thread *thread = &stop->threads[i];

		if (thread->tid != asker->tid || thread->flags & SILT_THREAD_STOPPED)
			continue;
		thread->flags &= ~(uint32_t)SILT_THREAD_STILL;
		thread->flags |= SILT_THREAD_STOPPED | GRAPH_THREAD_ASKER;
		thread->thread_pointer = asker->thread_pointer;
		thread->registers[ARCH_REGISTER_SP] = asker->sp;
		thread->registers[ARCH_REGISTER_FP] = asker->fp;
		thread->registers[ARCH_REGISTER_PC] = asker->pc;
	}
}

/* Gives threads that were left asleep the registers that /proc tells. */
static void note_places(struct graph_stop *stop)
{
	for (uint32_t i = 0; i < stop->count; i++) {
		struct graph_thread *thread = &stop->threads[i];

		if (!(thread->flags & SILT_THREAD_STILL) || thread->flags & SILT_THREAD_STOPPED)
			continue;
		thread->registers[ARCH_REGISTER_SP] = thread->place.sp;
		thread->registers[ARCH_REGISTER_PC] = thread->place.pc;
	}
}

static void count_stopped(struct graph_stop *stop, bool all)
{
	stop->stopped = 0;
	stop->all_still = all && stop->count > 0;
	stop->all_stopped = stop->all_still;
	for (uint32_t i = 0; i < stop->count; i++) {
		const struct graph_thread *thread = &stop->threads[i];

		if (thread->flags & SILT_THREAD_STOPPED)
			stop->stopped++;
		else if (thread->tid)
			stop->all_stopped = false;
		if (thread->tid && !(thread->flags & (SILT_THREAD_STOPPED | SILT_THREAD_STILL)))
			stop->all_still = false;
	}
}

/* True if all threads of the process are known not to run. A thread that cannot run makes no other,
 * so their number says as much as a list, which takes milliseconds for thousands. */
static bool has_all(const struct graph_stop *stop)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < stop->count; i++)
		count += stop->threads[i].tid &&
			 stop->threads[i].flags & (SILT_THREAD_STILL | SILT_THREAD_STOPPED);
	return graph_task_count(stop->pid) == count;
}

/* Threads that sleep come first, so that the pause of the others does not contain the time to look
 * at all of them. Most are found where a former stop has left them, and are left alone again. */
static void stop_sleepers(struct graph_stop *stop)
{
	for (uint32_t i = 0; i < stop->count; i++)
		look(stop, &stop->threads[i], 1);
	for (uint32_t i = 0; i < stop->count; i++)
		if (stop->threads[i].place.asleep && !(stop->threads[i].flags & SILT_THREAD_STILL))
			begin_stop_asleep(stop, &stop->threads[i]);
	wait_for_all(stop, rt_monotonic_ns() + SLEEPERS_TIMEOUT_NS);
}

static void stop_threads(struct graph_stop *stop)
{
	const uint32_t settled = SILT_THREAD_STILL | SILT_THREAD_STOPPED | GRAPH_THREAD_STOPPING;
	bool all = graph_task_open(stop) && graph_task_each(stop, add_thread);
	uint32_t seen = 0;
	uint64_t deadline;

	stop_sleepers(stop);
	deadline = rt_monotonic_ns() + STOP_TIMEOUT_NS;
	if (!stop->began_ns)
		stop->began_ns = rt_monotonic_ns();
	while (stop->count > seen) { /* a thread that still runs may create another */
		for (uint32_t i = seen; i < stop->count; i++)
			if (stop->threads[i].tid && !(stop->threads[i].flags & settled))
				begin_stop(stop, &stop->threads[i]);
		wait_for_all(stop, deadline);
		for (int i = 0; i < WAKE_RETRIES && stop_woken(stop); i++)
			wait_for_all(stop, deadline);
		seen = stop->count;
		if (has_all(stop))
			break;
		all = graph_task_each(stop, add_thread) && all;
	}
	note_asker(stop);
	note_places(stop);
	count_stopped(stop, all);
}

/* -- the stopper -- */

/* Number of the threads left asleep that have moved since. */
static uint32_t count_moved(const struct graph_stop *stop)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < stop->count; i++)
		if (stop->threads[i].tid && stop->threads[i].flags & SILT_THREAD_STILL)
			moved += !graph_task_is_still(stop, &stop->threads[i]);
	return moved;
}

#define RUNS 2u /* to the stop, and back to sleep */

/* Keeps, for the next stop, the registers of threads that stay asleep in a call. */
static void keep_known(struct graph_stop *stop)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < stop->count; i++) {
		const struct graph_thread *thread = &stop->threads[i];
		bool kept = thread->flags & SILT_THREAD_STILL,
		     stopped = thread->flags & GRAPH_THREAD_HALTED;

		if (!thread->tid || !(thread->flags & SILT_THREAD_STOPPED) ||
		    !(kept || (stopped && graph_call_restarts(thread))))
			continue;
		stop->known[count] = (struct graph_known){.tid = thread->tid,
							  .place = thread->place,
							  .thread_pointer = thread->thread_pointer};
		memcpy(stop->known[count].registers, thread->registers, sizeof thread->registers);
		if (!kept)
			stop->known[count].place.runs += RUNS;
		count++;
	}
	stop->known_count = count;
}

int graph_stop_main(void *argument)
{
	struct graph_stop *stop = argument;
	long twin;

	stop->process = -1;
	rt_syscall(SYS_prctl, PR_SET_TIMERSLACK, 1, 0, 0, 0, 0); /* the sleeps here are short */
	stop_threads(stop);
	stop->stop_ns = rt_monotonic_ns() - stop->began_ns;
	if (stop->look) {
		stop->look(stop->all_still);
		twin = -ECANCELED;
	} else {
		/* Without CLONE_VM: a copy. The helper's child, not ours; no signal at its end. */
		twin = rt_syscall(SYS_clone, CLONE_PARENT | CLONE_UNTRACED, 0, 0, 0, 0, 0);
		if (twin == 0)
			stop->run(stop->argument);
	}
	/* Before anything else: the helper must wait for the twin even if the stopper dies. */
	atomic_store(&stop->twin, twin);
	atomic_store(stop->moved, count_moved(stop));
	keep_known(stop);
	graph_resume_all(stop);
	stop->report->pause_ns = rt_monotonic_ns() - stop->began_ns;
	atomic_store(stop->released, 1);
	if (stop->seizes)
		graph_resume_watch(stop);
	for (;;)
		rt_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}
