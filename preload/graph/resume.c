/*
 * Resumes the stopped threads, and sees to it that the stop ends none of their system calls.
 * Path: cold; the end of the program's pause, and shortly after it. Threads: the stopper. Memory:
 * the helper's.
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

/* timeout for the thread that an ignored signal has interrupted to take that signal */
#define TAKEN_NS 1000000ul
#define MOST_LOOKS 64u /* for such signals: a look takes as long as resuming ten threads */
#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/* True if the thread is traced, not about to stop, and awake: it may return from a call unseen. */
static bool is_unwatched(const struct graph_stop *stop, const struct graph_thread *thread)
{
	const uint32_t looked_after =
		GRAPH_THREAD_HALTED | GRAPH_THREAD_STOPPING | GRAPH_THREAD_REPEATING;

	return thread->tid && thread->flags & GRAPH_THREAD_SEIZED &&
	       !(thread->flags & looked_after) && !graph_task_sleeps(stop, thread->tid);
}

/* True if the thread was left asleep, has been woken up, and was given no processor yet. */
static bool is_woken(const struct graph_stop *stop, const struct graph_thread *thread)
{
	return thread->flags & SILT_THREAD_STILL && is_unwatched(stop, thread) &&
	       graph_task_is_still(stop, thread);
}

/* Tells threads to stop before they return from a call which an ignored signal may have
 * interrupted: another thread may take that signal first, and then nothing shows why the call
 * ended. Returns false if there is no such thread. */
static bool interrupt(struct graph_stop *stop, bool (*may_be)(const struct graph_stop *stop,
							      const struct graph_thread *thread))
{
	bool any = false;

	for (uint32_t i = 0; i < stop->count; i++) {
		struct graph_thread *thread = &stop->threads[i];

		if (!may_be(stop, thread) ||
		    graph_trace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) != 0)
			continue;
		thread->flags |= GRAPH_THREAD_STOPPING;
		any = true;
	}
	return any;
}

/* While the thread that an ignored signal is for was stopped, the kernel has interrupted another
 * one for it. That one is to take the signal, and stops as it does so. If a resumed thread took the
 * signal first, or one that enters a call meanwhile, the interrupted call would end without a
 * visible reason. A thread that does not get to run in time is told to stop. */
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
		graph_stop_sleep();
	}
}

/* Does not detach the thread: the end of this process detaches all at once. Until then an ignored
 * signal stops a thread, and the call that it interrupted is completed; see seize_all(). */
static void let_go(struct graph_stop *stop, struct graph_thread *thread)
{
	bool again;

	thread->flags &= ~(uint32_t)GRAPH_THREAD_HALTED;
	if (thread->flags & GRAPH_THREAD_SUSPENDED) {
		graph_trace(PTRACE_LISTEN, thread->tid, NULL, NULL);
		return;
	}
	again = graph_call_complete(stop, thread) && !thread->deliver;
	if (graph_trace(again ? PTRACE_SYSCALL : PTRACE_CONT, thread->tid, NULL,
			(void *)(uintptr_t)thread->deliver) == 0 &&
	    again)
		thread->flags |= GRAPH_THREAD_REPEATING;
}

/* A thread set up to repeat a call stops as it enters it. If a signal with a handler came first,
 * the call has ended by that signal: the thread gets its original registers and result back. */
static void see_resumed(struct graph_stop *stop, struct graph_thread *thread, int status)
{
	struct iovec registers = {thread->registers, sizeof thread->registers};
	uint32_t signal = 0;

	thread->flags &= ~(uint32_t)GRAPH_THREAD_REPEATING;
	if (status >> 16 != PTRACE_EVENT_STOP && WSTOPSIG(status) != SYSCALL_STOP)
		signal = (uint32_t)WSTOPSIG(status);
	if (signal && graph_task_handles(stop, thread->tid, signal))
		graph_trace(PTRACE_SETREGSET, thread->tid, (void *)NT_PRSTATUS, &registers);
	if (!signal)
		let_signal_be_taken(stop);
	graph_trace(PTRACE_CONT, thread->tid, NULL, (void *)(uintptr_t)signal);
}

/* A resumed thread has stopped again. */
static void see_stopped(struct graph_stop *stop, struct graph_thread *thread, int status)
{
	if (thread->flags & GRAPH_THREAD_REPEATING) {
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
		    stop->threads[i].flags & (GRAPH_THREAD_REPEATING | GRAPH_THREAD_STOPPING))
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
			graph_stop_sleep();
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
		if (!(stop->threads[i].flags & GRAPH_THREAD_HALTED))
			continue;
		if (looks++ < MOST_LOOKS)
			let_signal_be_taken(stop);
		let_go(stop, &stop->threads[i]);
	}
}
