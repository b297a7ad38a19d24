/*
 * Stops the program's threads while the process is copied (stop.c), and resumes them (resume.c).
 * Reads their state from /proc (task.c), and completes the system calls that the stop interrupted
 * (call.c, rest.c).
 * Path: cold; this is the program's pause. Threads: the stopper, a process that shares the
 * program's memory; rest.c: the program's own. Memory: the helper's.
 * Must not: take a lock, write to the program's memory except to hide that a call was interrupted.
 */
#ifndef SILT_GRAPH_STOP_H
#define SILT_GRAPH_STOP_H

#include "base/arch.h"
#include "graph/graph.h"

struct silt_graph;

/* bytes: the XSAVE area up to the AVX-512 registers, or SVE registers of 640 bits */
#define GRAPH_VECTOR 2816u

/* Timeout, once the program runs again, for threads that have yet to stop or to restart a call. An
 * interruption that nobody watches would cut a call short, so this is long enough for a machine so
 * busy that threads hardly run. Only the next snapshot waits for it. */
#define GRAPH_RESUME_NS 10000000000ul

/* Flags of a thread beside enum silt_thread_flag, which has the lower bits. */
#define GRAPH_THREAD_ASKER 0x100u /* not traced, but does not run: it waits for the graph */
/* Traced: also a signal that the program ignores stops it, and so is seen. */
#define GRAPH_THREAD_SEIZED 0x200u
#define GRAPH_THREAD_STOPPING 0x400u  /* was told to stop, and has not yet */
#define GRAPH_THREAD_REPEATING 0x800u /* restarts an interrupted call, and stops when it does */

/* The whole process is stopped, by SIGSTOP or the like, and stays so. */
#define GRAPH_THREAD_SUSPENDED 0x1000u

/* In the twin: its registers are those of a frame that has called another. */
#define GRAPH_THREAD_IN_CALL 0x2000u

#define GRAPH_THREAD_HALTED 0x4000u /* has stopped, and was not resumed */

/* Where a thread sleeps, as /proc says. */
struct graph_place {
	bool asleep;
	/* of the system call; negative: none */
	long number;
	uintptr_t arguments[6], sp, pc;
	/* how often the thread was given a processor; 0: the kernel does not count that */
	uint64_t runs;
	/* only if `runs` is 0: how often the thread has waited, see graph_task_waits() */
	uint64_t waits;
};

struct graph_thread {
	/* 0: ended */
	uint32_t tid;
	/* enum silt_thread_flag, and the flags above */
	uint32_t flags;
	/* the signal it was about to take when it stopped; 0: none */
	uint32_t deliver;
	/* number + 1; 0: none, or unknown */
	uint32_t syscall;
	char name[16];
	uintptr_t registers[ARCH_REGISTERS];
	struct graph_place place;
	/* A wait that the kernel restarts, after writing the time left to the program's memory: the
	 * address (0: none), what was there before, and how often the thread had waited. */
	uintptr_t left_at, left[2];
	uint64_t left_waits;
	/* when its stop was seen, monotonic clock */
	uint64_t halted_ns;
	/* number + 1 of the stopper's descriptor of its schedstat; 0: none is kept open */
	uint32_t runs_file;
	uintptr_t thread_pointer;
	uint32_t vector_size;
	_Alignas(8) unsigned char vector[GRAPH_VECTOR];
	/* The rest is found in the twin. `control`: its struct pthread. */
	uintptr_t control;
	uintptr_t start_routine;
	uint64_t stack_bytes, stack_used;
};

/* A thread that a former stop found in a system call which it then went back to: as long as it
 * sleeps there, its registers are the same. */
struct graph_known {
	uint32_t tid;
	/* `runs`: what it will be when the thread sleeps again */
	struct graph_place place;
	uintptr_t registers[ARCH_REGISTERS], thread_pointer;
};

struct graph_stop {
	uint32_t pid;
	const struct graph_asker *asker;
	struct graph_thread *threads;
	/* of the stopper's descriptors: /proc/PID/task; a pidfd, -1 until it is needed */
	long tasks, process;
	/* descriptors below this may be kept open */
	uint32_t files;
	uint32_t capacity, count;
	/* from the former stop; room for `capacity` */
	struct graph_known *known;
	uint32_t known_count, known_next;
	/* threads are traced, not only observed */
	bool seizes;
	/* times that all threads were listed */
	uint32_t listings;
	/* threads that the current listing has repeated, in the order of `threads` */
	uint32_t listed;
	/* threads whose registers are known */
	uint32_t stopped;
	bool all_stopped, all_still;
	/* when the first thread was told to stop, monotonic clock; 0: none yet */
	uint64_t began_ns;
	uint64_t stop_ns;
	/* the twin's pid; negative: -errno */
	_Atomic long twin;
	/* shared with the twin; pause_ns is set here */
	struct silt_graph *report;
	/* set to the number of threads left asleep that moved before the copy was complete */
	_Atomic uint32_t *moved;
	/* set to 1 when the threads run again */
	_Atomic uint32_t *released;
	/* called instead of making a copy, while the threads are stopped; NULL: make a copy */
	void (*look)(bool still);
	/* what the twin runs; does not return */
	void (*run)(void *argument);
	void *argument;
};

/* Entry of the stopper, which shares the program's memory: stops the threads, makes the twin,
 * resumes the threads. `stop`: the struct graph_stop. */
__attribute__((noreturn)) int graph_stop_main(void *stop);
/* ptrace(2); returns its result or -errno. */
long graph_trace(long request, long tid, void *address, void *data);
/* The thread with this tid; NULL: unknown. */
struct graph_thread *graph_stop_find(struct graph_stop *stop, long tid);
/* Notes why a thread has stopped, given its status of wait4(), and its registers. False: the thread
 * is gone. */
bool graph_stop_note(struct graph_thread *thread, int status);
/* Sleeps for some 10 us, between looks at a thread. */
void graph_stop_sleep(void);

/* Resumes all stopped threads, and has them complete the system calls that were interrupted. */
void graph_resume_all(struct graph_stop *stop);
/* Waits until every thread that restarts a call has done so, late stops are over, and no ignored
 * signal is pending that could interrupt a call unseen; for GRAPH_RESUME_NS at most. */
void graph_resume_watch(struct graph_stop *stop);

/* Opens the directory of the process's threads. False: that failed. Raises the limit of descriptors
 * of the calling process, the stopper. */
bool graph_task_open(struct graph_stop *stop);
/* In the twin: closes what it has inherited from the stopper. */
void graph_task_close(struct graph_stop *stop);
/* Calls `visit` for every thread. Returns false if a call returned false, or the list could not be
 * read to its end. */
bool graph_task_each(struct graph_stop *stop, bool (*visit)(struct graph_stop *stop, uint32_t tid));
/* Notes the thread's name, if it can be read. */
void graph_task_name(const struct graph_stop *stop, struct graph_thread *thread);
/* Notes where the thread sleeps: thread->place. Keeps a descriptor open for
 * graph_task_is_still(), which is called for every thread during the pause. */
void graph_task_look(const struct graph_stop *stop, struct graph_thread *thread);
/* True if the thread has slept in thread->place without a break since that was noted. */
bool graph_task_is_still(const struct graph_stop *stop, const struct graph_thread *thread);
/* True if the thread sleeps now, in a system call or not. */
bool graph_task_sleeps(const struct graph_stop *stop, uint32_t tid);
/* How often the thread has given up its processor to wait; 0: unknown. */
uint64_t graph_task_waits(const struct graph_stop *stop, uint32_t tid);
/* True if the program has a handler for the signal, or if that cannot be read. */
bool graph_task_handles(const struct graph_stop *stop, uint32_t tid, uint32_t signal);
/* True if a signal is pending for the process that no handler takes: the kernel interrupts a thread
 * for it, and drops the signal only when that thread looks. */
bool graph_task_drops_signal(uint32_t pid);
/* Number of threads of the process, with one that has ended but is the first; 0: unknown. */
uint32_t graph_task_count(uint32_t pid);
/* True if the process is a zombie, or no longer exists. */
bool graph_task_has_ended(uint32_t pid);

/* True if the kernel will restart the call in which the thread was stopped. */
bool graph_call_restarts(const struct graph_thread *thread);
/* True if interrupting the sleeping thread leaves no trace that the program could see. Notes what
 * the kernel will change in its memory. */
bool graph_call_may_stop(struct graph_stop *stop, struct graph_thread *thread);
/* Sets thread->place.number and thread->syscall of a stopped thread whose registers are known. */
void graph_call_identify(struct graph_thread *thread);
/* Called before a thread is resumed: if the program would see that its call was interrupted, sets
 * the thread up to complete that call. Returns true if it did; thread->registers keeps the original
 * ones. */
bool graph_call_complete(struct graph_stop *stop, struct graph_thread *thread);

/* Value of limit_argument: wait up to `time` for something to receive, then make the call. */
#define GRAPH_REST_SOCKET UINTPTR_MAX
/* Value of limit: a pointer to `time`, which set_rest() in call.c fills in. */
#define GRAPH_REST_TIME UINTPTR_MAX
/* What is left to do of a call that has done part of its work. The thread does it itself
 * (graph/rest.c): it is set to graph_rest_enter(), its stack pointer to one of these. */
struct graph_rest {
	long number;
	uintptr_t arguments[6];
	/* the call's result so far */
	uintptr_t done;
	/* where the thread continues afterwards */
	uintptr_t sp, pc, flags;
	/* not 0: the call has only waited; it is made again with `limit` as argument number
	 * `limit_argument` - 1 */
	uintptr_t limit_argument;
	/* time: a struct timespec or timeval */
	uintptr_t limit, time[2];
	uintptr_t reserved;
};
#ifdef ARCH_CAN_REST
/* Entry of rest.c: a thread is set to this, and never calls it. */
void graph_rest_enter(void);
#endif

#endif
