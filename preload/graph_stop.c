/*
 * Stops the program's threads, notes their registers, makes the twin, and lets them go on.
 * Called by graph.c. Path: cold; what happens here is the program's pause. Threads: a process of its own that shares the
 * memory (CLONE_VM): whatever becomes of it, the kernel lets the program go on when it ends. Memory: the helper's.
 * Must not: map memory, use thread-local storage, call libc beyond string functions; wait for a thread without bound.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "arch.h"
#include "graph_state.h"

#define PATIENCE_NS                                                                                          \
	200000000ul /* for threads that cannot stop: a parent waiting in vfork, a dead file server */

long graph_trace(long request, long tid, void *address, void *data)
{
	return rt_syscall(SYS_ptrace, request, tid, (long)address, (long)data, 0, 0);
}

void graph_task_path(struct rt_text *text, uint32_t pid, uint32_t tid, const char *file)
{
	rt_text(text, "/proc/");
	rt_text_number(text, pid);
	rt_text(text, "/task/");
	if (tid) {
		rt_text_number(text, tid);
		rt_text(text, file);
	}
}

static void read_name(const struct graph_stop *stop, struct graph_thread *thread)
{
	char path[64];
	struct rt_text text = {path, sizeof path, 0};
	long length;

	graph_task_path(&text, stop->pid, thread->tid, "/comm");
	length = rt_read_file(path, thread->name, sizeof thread->name);
	if (length > 0 && thread->name[length - 1] == '\n')
		thread->name[length - 1] = 0;
}

/* A thread not seen before. False: there is no room. */
static bool meet(struct graph_stop *stop, uint32_t tid)
{
	struct graph_thread *thread = &stop->threads[stop->count];

	for (uint32_t i = 0; i < stop->count; i++)
		if (stop->threads[i].tid == tid)
			return true;
	if (stop->count == stop->capacity)
		return false;
	memset(thread, 0, offsetof(struct graph_thread, vector));
	thread->tid = tid;
	thread->flags = tid == stop->pid ? SILT_THREAD_MAIN : 0;
	read_name(stop, thread);
	if (graph_trace(PTRACE_SEIZE, tid, NULL, NULL) == 0) {
		graph_call_note(stop, thread);
		if (graph_trace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0)
			thread->flags |= SILT_THREAD_STOPPED; /* about to */
	}
	stop->count++;
	return true;
}

struct entry {
	uint64_t inode, offset;
	unsigned short size;
	unsigned char type;
	char name[];
};

/* Meets all tasks there are; false if some could not be told. */
static bool list_tasks(struct graph_stop *stop)
{
	char path[64], buffer[2048] __attribute__((aligned(8)));
	struct rt_text text = {path, sizeof path, 0};
	bool all = true;
	long fd, length;

	graph_task_path(&text, stop->pid, 0, NULL);
	fd = rt_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, 0, 0);
	if (fd < 0)
		return false;
	while ((length = rt_syscall(SYS_getdents64, fd, (long)buffer, sizeof buffer, 0, 0, 0)) > 0) {
		for (long at = 0; at < length;) {
			const struct entry *entry = (const struct entry *)(buffer + at);
			uint64_t tid;

			if (rt_parse_number(entry->name, &tid))
				all = meet(stop, (uint32_t)tid) && all;
			at += entry->size;
		}
	}
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return all && length == 0;
}

static bool read_set(struct graph_thread *thread, long set, void *buffer, size_t size, size_t *got)
{
	struct iovec vector = {buffer, size};

	if (graph_trace(PTRACE_GETREGSET, thread->tid, (void *)set, &vector) != 0)
		return false;
	*got = vector.iov_len;
	return true;
}

static void note_registers(struct graph_thread *thread)
{
	static const int vector_sets[] = {ARCH_VECTOR_SETS};
	size_t size = 0;

	if (!read_set(thread, NT_PRSTATUS, thread->registers, sizeof thread->registers, &size)) {
		thread->flags &= ~(uint32_t)SILT_THREAD_STOPPED;
		return;
	}
	graph_call_identify(thread);
	for (size_t i = 0; i < sizeof vector_sets / sizeof vector_sets[0] && !thread->vector_size; i++)
		if (read_set(thread, vector_sets[i], thread->vector, sizeof thread->vector, &size))
			thread->vector_size = (uint32_t)size;
	thread->thread_pointer = thread->registers[ARCH_REGISTER_THREAD];
	if (ARCH_THREAD_SET)
		read_set(thread, ARCH_THREAD_SET, &thread->thread_pointer, sizeof thread->thread_pointer,
			 &size);
}

static void wait_for(struct graph_thread *thread, uint64_t deadline)
{
	for (;;) {
		int status = 0;
		long result = rt_syscall(SYS_wait4, thread->tid, (long)&status, __WALL | WNOHANG, 0, 0, 0);

		if (result == thread->tid && WIFSTOPPED(status)) {
			if (status >> 16 != PTRACE_EVENT_STOP)
				thread->deliver = (uint32_t)WSTOPSIG(status);
			note_registers(thread);
			return;
		}
		if (result != 0 || rt_monotonic_ns() > deadline) {
			thread->flags &=
				~(uint32_t)SILT_THREAD_STOPPED; /* ended meanwhile, or does not stop */
			if (result != 0)
				thread->tid = 0;
			return;
		}
		rt_syscall(SYS_nanosleep, (long)&(struct timespec){0, 10000}, 0, 0, 0, 0, 0);
	}
}

/* Where tracing is forbidden, at least the thread that asked for the graph is known to stand still. */
static void note_asker(struct graph_stop *stop)
{
	const struct graph_asker *asker = stop->asker;

	for (uint32_t i = 0; asker && i < stop->count; i++) {
		struct graph_thread *thread = &stop->threads[i];

		if (thread->tid != asker->tid || thread->flags & SILT_THREAD_STOPPED)
			continue;
		thread->flags |= SILT_THREAD_STOPPED | GRAPH_THREAD_WAITS;
		thread->thread_pointer = asker->thread_pointer;
		thread->registers[ARCH_REGISTER_SP] = asker->sp;
		thread->registers[ARCH_REGISTER_FP] = asker->fp;
		thread->registers[ARCH_REGISTER_PC] = asker->pc;
	}
}

static void stop_threads(struct graph_stop *stop)
{
	uint64_t deadline = rt_monotonic_ns() + PATIENCE_NS;
	uint32_t seen;
	bool all;

	do { /* a thread that is not yet stopped may make another */
		seen = stop->count;
		all = list_tasks(stop);
		for (uint32_t i = seen; i < stop->count; i++)
			if (stop->threads[i].flags & SILT_THREAD_STOPPED)
				wait_for(&stop->threads[i], deadline);
	} while (stop->count > seen && all);
	note_asker(stop);
	stop->stopped = 0;
	for (uint32_t i = 0; i < stop->count; i++) {
		if (stop->threads[i].flags & SILT_THREAD_STOPPED)
			stop->stopped++;
		else if (stop->threads[i].tid)
			all = false;
	}
	stop->all_stopped = all && stop->count > 0;
}

int graph_stop_main(void *argument)
{
	struct graph_stop *stop = argument;
	uint64_t start = rt_monotonic_ns();
	long twin;

	stop_threads(stop);
	stop->stop_ns = rt_monotonic_ns() - start;
	/* No CLONE_VM: a copy. The helper's child, not ours, and no signal at its end. */
	twin = rt_syscall(SYS_clone, CLONE_PARENT | CLONE_UNTRACED, 0, 0, 0, 0, 0);
	if (twin == 0)
		stop->run(stop->argument);
	atomic_store(&stop->twin,
		     twin); /* before anything else: it must be waited for, whatever becomes of us */
	for (uint32_t i = 0; i < stop->count; i++) {
		struct graph_thread *thread = &stop->threads[i];

		if (!(thread->flags & SILT_THREAD_STOPPED) || thread->flags & GRAPH_THREAD_WAITS)
			continue;
		graph_call_repeat(stop, thread);
		graph_trace(PTRACE_DETACH, thread->tid, NULL, (void *)(uintptr_t)thread->deliver);
	}
	stop->report->pause_ns = rt_monotonic_ns() - start;
	atomic_store(stop->released, 1);
	for (;;)
		rt_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

uint32_t graph_stop_count_threads(uint32_t pid)
{
	char path[64], status[3072];
	struct rt_text text = {path, sizeof path, 0};

	rt_text(&text, "/proc/");
	rt_text_number(&text, pid);
	rt_text(&text, "/status");
	if (rt_read_file(path, status, sizeof status) <= 0)
		return 0;
	return (uint32_t)rt_field(status, "\nThreads:");
}

bool graph_stop_has_ended(uint32_t pid)
{
	char path[64], status[3072];
	struct rt_text text = {path, sizeof path, 0};
	const char *state;

	rt_text(&text, "/proc/");
	rt_text_number(&text, pid);
	rt_text(&text, "/status");
	if (rt_read_file(path, status, sizeof status) <= 0)
		return true;
	state = strstr(status, "\nState:\t");
	return state && (state[8] == 'Z' || state[8] == 'X');
}
