/*
 * Lets the threads go on that were stopped, and sees that no call of theirs has ended by that.
 * Path: cold; what happens here is the end of the program's pause, and shortly after it. Threads:
 * the stopper. Memory: the helper's.
 * Must not: what stop.c must not.
 */
#include <elf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "base/rt.h"
#include "graph/stop.h"
#include "silt_snapshot.h"

/* for an ignored signal to be taken by the thread that it has interrupted */
#define TAKEN_NS 1000000ul
#define MOST_LOOKS 64u		      /* for that: each is as long as letting ten threads go */
#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/* Traced, not told to stop already, and awake: may it return from a call without being seen? */
static bool is_unwatched(const struct graph_stop *stop, const struct graph_thread *thread)
{
	const uint32_t looked_after =
		GRAPH_THREAD_HALTED | GRAPH_THREAD_STOPS | GRAPH_THREAD_RESUMES;

	return thread->tid && thread->flags & GRAPH_THREAD_SEIZED &&
	       !(thread->flags & looked_after) && !graph_task_sleeps(stop, thread->tid);
}

/* Left asleep, woken up, and not yet given a processor? */
static bool is_woken(const struct graph_stop *stop, const struct graph_thread *thread)
{
	return thread->flags & SILT_THREAD_STILL && is_unwatched(stop, thread) &&
	       graph_task_is_still(stop, thread);
}

/* Threads that may have been interrupted by a signal that is ignored: another may take it before,
 * and then nobody sees that their call has ended by nothing. They are to stop before they return
 * from it. False: there is none. */
static bool interrupt(struct graph_stop *stop, bool (*may_be)(const struct graph_stop *stop,
							      const struct graph_thread *thread))
{
	bool any = false;

	for (uint32_t i = 0; i < stop->count; i++) {
		struct graph_thread *thread = &stop->threads[i];

		if (!may_be(stop, thread) ||
		    graph_trace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) != 0)
			continue;
		thread->flags |= GRAPH_THREAD_STOPS;
		any = true;
	}
	return any;
}

/* A signal that is ignored, and came while the thread it is for stood still, has another one
 * interrupted: that is to take it, and stops as it does so. If one that goes on took it before,
 * the other would have been interrupted by nothing, and nobody would see: where it does not come
 * to run in time, it is told to stop. So would one that enters a call while the signal waits to
 * be taken. */
static void let_signal_be_taken(struct graph_stop *stop)
{
	uint64_t deadline = rt_monotonic_ns() + TAKEN_NS;
	bool others = false;

	for (uint32_t i = 0; i < stop->count && !others; i++)
		others = stop->threads[i].tid && !(stop->threads[i].flags & GRAPH_THREAD_HALTED);
	while (others && graph_task_drops_signal(stop->pid)) {
		if (rt_monotonic_ns() >= deadline) {
			interrupt(stop, is_unwatched);
			return;
		}
		graph_stop_wait_a_moment();
	}
}

/* No thread is detached: the end of this process does that to all at once. Till then signals that
 * are ignored stop a thread, and what they interrupt is mended; see seize(). */
static void let_go(struct graph_stop *stop, struct graph_thread *thread)
{
	bool again;

	thread->flags &= ~(uint32_t)GRAPH_THREAD_HALTED;
	if (thread->flags & GRAPH_THREAD_SUSPENDED) {
		graph_trace(PTRACE_LISTEN, thread->tid, NULL, NULL);
		return;
	}
	again = graph_call_mend(stop, thread) && !thread->deliver;
	if (graph_trace(again ? PTRACE_SYSCALL : PTRACE_CONT, thread->tid, NULL,
			(void *)(uintptr_t)thread->deliver) == 0 &&
	    again)
		thread->flags |= GRAPH_THREAD_RESUMES;
}

/* A thread set to make a call again stops as it does so. If a signal came before and is handled,
 * then the call ended by it: it returns what it returned. */
static void see_resumed(struct graph_stop *stop, struct graph_thread *thread, int status)
{
	struct iovec registers = {thread->registers, sizeof thread->registers};
	uint32_t signal = 0;

	thread->flags &= ~(uint32_t)GRAPH_THREAD_RESUMES;
	if (status >> 16 != PTRACE_EVENT_STOP && WSTOPSIG(status) != SYSCALL_STOP)
		signal = (uint32_t)WSTOPSIG(status);
	if (signal && graph_task_handles(stop, thread->tid, signal))
		graph_trace(PTRACE_SETREGSET, thread->tid, (void *)NT_PRSTATUS, &registers);
	if (!signal)
		let_signal_be_taken(stop);
	graph_trace(PTRACE_CONT, thread->tid, NULL, (void *)(uintptr_t)signal);
}

/* A thread that was let go has stopped again. */
static void see_stopped(struct graph_stop *stop, struct graph_thread *thread, int status)
{
	if (thread->flags & GRAPH_THREAD_RESUMES) {
		see_resumed(stop, thread, status);
		return;
	}
	if (!graph_stop_note(thread, status))
		return;
	if (thread->deliver)
		interrupt(stop, is_unwatched);
	let_signal_be_taken(stop);
	let_go(stop, thread);
}

static bool any_is_to_stop(const struct graph_stop *stop)
{
	for (uint32_t i = 0; i < stop->count; i++)
		if (stop->threads[i].tid &&
		    stop->threads[i].flags & (GRAPH_THREAD_RESUMES | GRAPH_THREAD_STOPS))
			return true;
	return false;
}

void graph_resume_watch(struct graph_stop *stop)
{
	uint64_t deadline = rt_monotonic_ns() + GRAPH_RESUME_NS;

	do {
		bool quiet = !any_is_to_stop(stop) && !graph_task_drops_signal(stop->pid);
		int status = 0;
		long tid = rt_syscall(SYS_wait4, -1, (long)&status, __WALL | WNOHANG, 0, 0, 0);
		struct graph_thread *thread = tid > 0 ? graph_stop_find(stop, tid) : NULL;

		if (thread && WIFSTOPPED(status))
			see_stopped(stop, thread, status);
		else if (thread)
			thread->tid = 0; /* it has ended */
		else if (quiet && !interrupt(stop, is_woken))
			return;
		else
			graph_stop_wait_a_moment();
	} while (rt_monotonic_ns() < deadline);
}

void graph_resume_all(struct graph_stop *stop)
{
	uint32_t looks = 0;
	bool signalled = false;

	for (uint32_t i = 0; i < stop->count && !signalled; i++)
		signalled =
			stop->threads[i].flags & GRAPH_THREAD_HALTED && stop->threads[i].deliver;
	if (signalled)
		interrupt(stop, is_woken);
	for (uint32_t i = 0; i < stop->count; i++) {
		if (!(stop->threads[i].flags & SILT_THREAD_STOPPED) ||
		    stop->threads[i].flags & GRAPH_THREAD_WAITS)
			continue;
		if (looks++ < MOST_LOOKS)
			let_signal_be_taken(stop);
		let_go(stop, &stop->threads[i]);
	}
}
