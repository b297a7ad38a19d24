/*
 * Stopping the threads for the time of the copy (stop.c), and letting them go on (resume.c); what
 * /proc tells of them (task.c); their interrupted calls (call.c, rest.c).
 * Path: cold; what happens here is the program's pause. Threads: the stopper, a process that shares
 * the program's memory; rest.c: the program's own. Memory: the helper's.
 * Must not: take a lock, write to the program's memory but for what it would see of an interrupted
 * call.
 */
#ifndef SILT_GRAPH_STOP_H
#define SILT_GRAPH_STOP_H

#include "base/arch.h"
#include "graph/graph.h"

struct silt_graph;

/* bytes of the XSAVE area that hold AVX-512 registers and all before; or SVE registers of 640
 * bits */
#define GRAPH_VECTOR 2816u

/* For all threads that were late to stop, or make a call again, to do so, on a machine so busy that
 * they hardly run: an interrupt that nobody sees cuts a call short. Only the next snapshot waits
 * for that. */
#define GRAPH_RESUME_NS 10000000000ul

/* Flags beside enum silt_thread_flag, which are the bits below. */
#define GRAPH_THREAD_WAITS 0x100u /* it is not traced, but stands still: it waits for the graph */
/* it is traced: a signal of which it takes no notice stops it, so that it can be seen to */
#define GRAPH_THREAD_SEIZED 0x200u
#define GRAPH_THREAD_STOPS 0x400u   /* it was told to stop, and has not yet */
#define GRAPH_THREAD_RESUMES 0x800u /* it makes an interrupted call again; stops when it does */

/* by SIGSTOP or the like, with the whole process: it stays so */
#define GRAPH_THREAD_SUSPENDED 0x1000u

/* in the twin: its registers are those of a frame that has called another */
#define GRAPH_THREAD_CALLS 0x2000u

#define GRAPH_THREAD_HALTED 0x4000u /* it has stopped, and was not let go */

/* Where a thread sleeps. */
struct graph_place {
	bool asleep;
	/* of the system call; negative: in none */
	long number;
	uintptr_t arguments[6], sp, pc;
	/* how often it was given a processor; where the kernel does not count that it is 0, and
	 * how often it has waited */
	uint64_t runs, waits;
};

struct graph_thread {
	/* 0: ended */
	uint32_t tid;
	/* enum silt_thread_flag */
	uint32_t flags;
	/* the signal it was about to take when it stopped */
	uint32_t deliver;
	/* number + 1 */
	uint32_t syscall;
	char name[16];
	uintptr_t registers[ARCH_REGISTERS];
	struct graph_place place;
	/* of a wait that the kernel makes again, and whose time left it writes to the program's
	 * memory: what was there, how often the thread had waited before */
	uintptr_t left_at, left[2];
	uint64_t left_waits;
	/* when it was seen to have stopped */
	uint64_t halted_ns;
	uintptr_t thread_pointer;
	uint32_t vector_size;
	_Alignas(8) unsigned char vector[GRAPH_VECTOR];
	/* found in the twin */
	/* struct pthread */
	uintptr_t control;
	uintptr_t start_routine;
	uint64_t stack_bytes, stack_used;
};

/* A thread that was stopped in a call that it then went on to sleep in: as long as it does, its
 * registers are the same. */
struct graph_known {
	uint32_t tid;
	/* `runs`: when it sleeps again */
	struct graph_place place;
	uintptr_t registers[ARCH_REGISTERS], thread_pointer;
};

struct graph_stop {
	uint32_t pid;
	const struct graph_asker *asker;
	struct graph_thread *threads;
	long tasks,
		/* descriptors of the stopper: /proc/PID/task; a pidfd, which is opened when it
		 * is needed */
		process;
	uint32_t capacity, count;
	/* of the stop before; room for `capacity` */
	struct graph_known *known;
	uint32_t known_count, known_next;
	/* threads are traced, not only looked at */
	bool seizes;
	uint32_t listings,
		/* how often all were listed; how many have been met again in their order */
		listed;
	/* of them: their registers are known */
	uint32_t stopped;
	bool all_stopped, all_still;
	uint64_t stop_ns;
	/* its pid; negative: -errno */
	_Atomic long twin;
	/* shared with the twin: how long the pause was, which is known */
	struct silt_graph *report;
	/* threads that were left asleep and have moved before the copy was made */
	_Atomic uint32_t *moved;
	/* when the threads run again */
	_Atomic uint32_t *released;
	/* in place of a copy, while the threads stand still; NULL: a copy is made */
	void (*look)(bool still);
	void (*run)(void *argument);
	void *argument;
};

/* Runs in a process of its own that shares the memory: stops the threads, makes the twin, lets
 * them go on. */
__attribute__((noreturn)) int graph_stop_main(void *stop);
long graph_trace(long request, long tid, void *address, void *data);
/* The thread of that number; NULL: it is not known. */
struct graph_thread *graph_stop_find(struct graph_stop *stop, long tid);
/* Of a thread that has stopped, with that status of wait4(): why, and its registers. False: it is
 * gone. */
bool graph_stop_note(struct graph_thread *thread, int status);
void graph_stop_wait_a_moment(void);

/* Lets all go on that have stopped; what was cut short of their calls they do then. */
void graph_resume_all(struct graph_stop *stop);
/* Until all that make a call again do so, those that were late have stopped and gone on, and no
 * signal is on its way that would interrupt one and be thrown away; for GRAPH_RESUME_NS at most. */
void graph_resume_watch(struct graph_stop *stop);

/* Opens the list of the process's threads; false: it cannot be read. */
bool graph_task_open(struct graph_stop *stop);
/* Calls `visit` for each thread there is. False: a call returned that, or not all could be told. */
bool graph_task_each(struct graph_stop *stop, bool (*visit)(struct graph_stop *stop, uint32_t tid));
/* Notes its name, if that can be read. */
void graph_task_name(const struct graph_stop *stop, struct graph_thread *thread);
/* Notes the thread's place. */
void graph_task_look(const struct graph_stop *stop, struct graph_thread *thread);
/* Has it stood still in its place since that was noted? */
bool graph_task_is_still(const struct graph_stop *stop, const struct graph_thread *thread);
/* Does the thread sleep now, in a system call or not? */
bool graph_task_sleeps(const struct graph_stop *stop, uint32_t tid);
/* How often the thread has let go of a processor to wait. */
uint64_t graph_task_waits(const struct graph_stop *stop, uint32_t tid);
/* Does the program handle the signal? */
bool graph_task_handles(const struct graph_stop *stop, uint32_t tid, uint32_t signal);
/* Has the process a signal that will be thrown away when a thread takes notice of it? */
bool graph_task_drops_signal(uint32_t pid);
uint32_t graph_task_count(uint32_t pid);
/* Is the process a zombie, or gone? */
bool graph_task_has_ended(uint32_t pid);

/* Will the kernel make the call again in which the thread was stopped? */
bool graph_call_goes_on(const struct graph_thread *thread);
/* Can the thread, asleep in its place, be interrupted without a trace? What the kernel will
 * change is noted. */
bool graph_call_may_stop(struct graph_stop *stop, struct graph_thread *thread);
/* When it has stopped, and its registers are known: which call it is in, if it is in one. */
void graph_call_identify(struct graph_thread *thread);
/* Before it goes on: if it would see that its call was interrupted, it is made to do the rest
 * of it. True: it was; the registers as they were are in `thread`. */
bool graph_call_mend(struct graph_stop *stop, struct graph_thread *thread);

/* The rest of a call that has done some of its work, done by the thread itself (graph/rest.c):
 * it is set to graph_rest_enter() with the stack pointer at one of these. */
/* limit_argument: none; there is to be something to receive within `time` */
#define GRAPH_REST_SOCKET UINTPTR_MAX
/* limit: a pointer to `time`, which is set when it has a place */
#define GRAPH_REST_TIME UINTPTR_MAX
struct graph_rest {
	long number;
	uintptr_t arguments[6];
	/* what it has done */
	uintptr_t done;
	/* where it goes on */
	uintptr_t sp, pc, flags;
	/* not 0: the call has only waited, and is made again with `limit` as argument number
	 * `limit_argument` - 1 */
	uintptr_t limit_argument;
	uintptr_t limit, time[2];
	uintptr_t reserved;
};
#ifdef ARCH_CAN_REST
void graph_rest_enter(void);
#endif

#endif
