/*
 * Hides from the program that a stop interrupted its system calls: decides which sleeping threads
 * are left alone, and how the others complete an interrupted call.
 * Path: cold, part of the program's pause. Threads: the stopper. Memory: none.
 * Must not: map memory, use thread-local storage, repeat a call unless it is certain to be the one
 * that was interrupted.
 *
 * The kernel stops a thread as it does for a signal: a call that sleeps ends, and if no signal is
 * to be handled when the thread continues, the kernel restarts most calls unchanged. But a write
 * that has moved half of its bytes returns half, and some calls return EINTR. So a thread that
 * sleeps in such a call is not stopped at all: it does not run anyway. There remain threads that
 * were awake when told to stop and then went to sleep: these complete the call themselves
 * (graph/rest.c).
 */
#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include "base/arch.h"
#include "base/rt.h"
#include "graph/stop.h"
#include "silt_calls.h"

/* ERESTARTSYS to ERESTARTNOHAND, and ERESTART_RESTARTBLOCK: the kernel's, in no header of libc. */
#define RESTART_FIRST 512
#define RESTART_LAST 514
#define RESTART_NO_HANDLER 514
#define RESTART_BLOCK 516
#define ANY 7u

struct call_rule {
	uint16_t number;
	uint8_t kind, argument;
	bool again;
	uint8_t rest;
	uint8_t limit, limit_argument;
};

enum kind {
	KIND_ALONE,
	KIND_FREELY,
	KIND_LEFT,
	KIND_ABSOLUTE,
	KIND_ENDLESS,
	KIND_UNLIMITED,
	KIND_FUTEX,
	KIND_SINGLE,
	KIND_ENTRY
};
enum limit { LIMIT_NONE, LIMIT_MS, LIMIT_SPEC, LIMIT_VAL, LIMIT_SOCKET };
#define NONE LIMIT_NONE, 0
#define MS(n) LIMIT_MS, n
#define SPEC(n) LIMIT_SPEC, n
#define VAL(n) LIMIT_VAL, n
#define SOCKET LIMIT_SOCKET, 0
#define ALONE KIND_ALONE, 0
#define FREELY KIND_FREELY, 0
#define FUTEX KIND_FUTEX, 0
#define SINGLE KIND_SINGLE, 0
#define LEFT(n) KIND_LEFT, n
#define ABSOLUTE(n) KIND_ABSOLUTE, n
#define ENDLESS(n) KIND_ENDLESS, n
#define UNLIMITED(n) KIND_UNLIMITED, n
#define ENTRY(n) KIND_ENTRY, n
#define CALL(name, asleep, again, rest, limit) {SYS_##name, asleep, again, rest, limit},

static const struct call_rule rules[] = {
#include "graph/calls.def"
};

static const struct call_rule *rule_of(long number)
{
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (rules[i].number == number)
			return &rules[i];
	return NULL;
}

/* -- asleep -- */

static bool futex_may_stop(uintptr_t operation)
{
	switch (operation & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_LOCK_PI:
		return true;
	default:
		return false;
	}
}

/* Reads what a descriptor of the thread refers to, in the kernel's words. False: unknown. */
static bool read_link(const struct graph_stop *stop, uint32_t tid, uintptr_t descriptor, char *link,
		      size_t size)
{
	char name[60];
	struct rt_text text = {name, sizeof name, 0};
	long length;

	rt_text_number(&text, tid);
	rt_text(&text, "/fd/");
	rt_text_number(&text, descriptor);
	length = rt_syscall(SYS_readlinkat, stop->tasks, (long)name, (long)link, (long)size - 1, 0,
			    0);
	link[length > 0 ? length : 0] = 0;
	return length > 0;
}

/* A duplicate, in the stopper, of a descriptor of the program; negative: -errno. */
static long get_descriptor(struct graph_stop *stop, uintptr_t descriptor)
{
	if (stop->process < 0)
		stop->process = rt_syscall(SYS_pidfd_open, stop->pid, 0, 0, 0, 0, 0);
	return rt_syscall(SYS_pidfd_getfd, stop->process, (long)descriptor, 0, 0, 0, 0);
}

/* True if the socket has neither a receive timeout (SO_RCVTIMEO) nor a minimum (SO_RCVLOWAT). */
static bool socket_waits_simply(struct graph_stop *stop, uintptr_t descriptor)
{
	struct timeval time = {1, 0};
	int least = 2;
	uint32_t time_size = sizeof time, least_size = sizeof least;
	long fd = get_descriptor(stop, descriptor);

	if (fd < 0)
		return false;
	rt_syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, (long)&time, (long)&time_size, 0);
	rt_syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_RCVLOWAT, (long)&least, (long)&least_size, 0);
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return time.tv_sec == 0 && time.tv_usec == 0 && least <= 1;
}

static bool entry_may_stop(struct graph_stop *stop, const struct graph_thread *thread,
			   uint32_t flags)
{
	static const char *const simple[] = {"pipe:[", "anon_inode:[eventfd]",
					     "anon_inode:[timerfd]", "anon_inode:[signalfd]",
					     "anon_inode:inotify"};
	const uintptr_t *arguments = thread->place.arguments;
	char link[64];

	if ((flags && arguments[flags] & MSG_WAITALL) ||
	    !read_link(stop, thread->tid, arguments[0], link, sizeof link))
		return false;
	for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++)
		if (strncmp(link, simple[i], strlen(simple[i])) == 0)
			return true;
	return strncmp(link, "socket:[", 8) == 0 && socket_waits_simply(stop, arguments[0]);
}

/* Reads two words of the program's memory, which is shared, but may be unmapped. */
static bool read_time(uintptr_t address, uintptr_t time[2])
{
	struct iovec here = {time, 2 * sizeof *time}, there = {(void *)address, 2 * sizeof *time};
	long self = rt_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);

	return rt_syscall(SYS_process_vm_readv, self, (long)&here, 1, (long)&there, 1, 0) ==
	       (long)here.iov_len;
}

/* Notes the memory that the kernel will overwrite with the time left. */
static bool note_time_left(const struct graph_stop *stop, struct graph_thread *thread,
			   uintptr_t address)
{
	if (!address)
		return true;
	if (!read_time(address, thread->left))
		return false;
	thread->left_at = address;
	thread->left_waits = graph_task_waits(stop, thread->tid);
	return graph_task_is_still(stop, thread);
}

bool graph_call_may_stop(struct graph_stop *stop, struct graph_thread *thread)
{
	const struct graph_place *place = &thread->place;
	const struct call_rule *rule = rule_of(place->number);
	uintptr_t argument = rule ? place->arguments[rule->argument] : 0;

	thread->left_at = 0;
	if (place->number < 0)
		return true;
	if (!rule)
		return false;
	switch (rule->kind) {
	case KIND_FREELY:
		return true;
	case KIND_SINGLE:
		return stop->count == 1;
	case KIND_FUTEX:
		return futex_may_stop(place->arguments[1]);
	case KIND_ABSOLUTE:
		return place->arguments[1] & TIMER_ABSTIME ||
		       note_time_left(stop, thread, argument);
	case KIND_LEFT:
		return note_time_left(stop, thread, argument);
	case KIND_ENDLESS:
		return argument == 0;
	case KIND_UNLIMITED:
		return (int)argument < 0;
	case KIND_ENTRY:
		return entry_may_stop(stop, thread, rule->argument);
	default:
		return false;
	}
}

/* -- stopped -- */

bool graph_call_restarts(const struct graph_thread *thread)
{
	long result = (long)thread->registers[ARCH_REGISTER_RESULT];

	if (thread->deliver || !thread->place.asleep || thread->place.number < 0)
		return false;
	if (ARCH_CALL_FORGOTTEN) /* the kernel has already moved the pc back */
		return thread->registers[ARCH_REGISTER_PC] == thread->place.pc - ARCH_CALL_SIZE;
	return result == -RESTART_BLOCK || (result <= -RESTART_FIRST && result >= -RESTART_LAST);
}

void graph_call_identify(struct graph_thread *thread)
{
	const uintptr_t *registers = thread->registers;
	struct graph_place *place = &thread->place;

	if (!ARCH_CALL_FORGOTTEN)
		place->number = (long)registers[ARCH_REGISTER_CALL];
	else if (!place->asleep || registers[ARCH_REGISTER_SP] != place->sp ||
		 registers[ARCH_REGISTER_CALL] != (uintptr_t)place->number)
		place->number = -1; /* the call has returned meanwhile */
	if (place->number >= 0)
		thread->syscall = (uint32_t)place->number + 1;
}

static void write_time(const struct graph_thread *thread, uintptr_t address,
		       const uintptr_t time[2])
{
	for (unsigned i = 0; i < 2; i++)
		graph_trace(PTRACE_POKEDATA, thread->tid, (void *)(address + 8ul * i),
			    (void *)time[i]);
}

/* Restores the memory in which the kernel left the time remaining of a wait that it restarts. */
static void restore_time_left(const struct graph_stop *stop, const struct graph_thread *thread)
{
	if (!thread->left_at || (long)thread->registers[ARCH_REGISTER_RESULT] != -RESTART_BLOCK ||
	    graph_task_waits(stop, thread->tid) != thread->left_waits + 1)
		return;
	write_time(thread, thread->left_at, thread->left);
}

/* Sets the thread up to make the call again with the same arguments. */
static bool call_again(const struct graph_thread *thread)
{
	uintptr_t registers[ARCH_REGISTERS];
	struct iovec vector = {registers, sizeof registers};

	memcpy(registers, thread->registers, sizeof registers);
	if (ARCH_CALL_FORGOTTEN) {
		if (registers[ARCH_REGISTER_PC] != thread->place.pc)
			return false;
		registers[ARCH_REGISTER_ARGUMENT] = thread->place.arguments[0];
	} else {
		registers[ARCH_REGISTER_RESULT] = registers[ARCH_REGISTER_CALL];
		registers[ARCH_REGISTER_CALL] = ~0ul;
	}
	registers[ARCH_REGISTER_PC] -= ARCH_CALL_SIZE;
	return graph_trace(PTRACE_SETREGSET, thread->tid, (void *)NT_PRSTATUS, &vector) == 0;
}

#ifdef ARCH_CAN_REST
static const uint8_t argument_places[6] = {ARCH_REGISTER_ARGUMENTS};

/* Subtracts the time since the thread's stop from a struct timespec or timeval. */
static void take_stopped(const struct graph_thread *thread, bool is_spec, uintptr_t time[2])
{
	uint64_t unit = is_spec ? 1 : 1000, second = 1000000000 / unit;
	uint64_t stopped = (rt_monotonic_ns() - thread->halted_ns) / unit;
	uint64_t seconds = stopped / second, rest = stopped % second;

	if (rest > time[1]) {
		seconds++;
		time[1] += second;
	}
	time[1] -= rest;
	if (seconds <= time[0])
		time[0] -= seconds;
	else
		time[0] = time[1] = 0;
}

/* The kernel has replaced the timeout in memory by what was left of it, and restarts the call with
 * that: subtracts the time that the thread was stopped. */
static void shorten_time_left(const struct graph_thread *thread, const struct call_rule *rule)
{
	uintptr_t address = thread->registers[argument_places[rule->limit_argument]], time[2];

	if ((long)thread->registers[ARCH_REGISTER_RESULT] != -RESTART_NO_HANDLER ||
	    (rule->limit != LIMIT_SPEC && rule->limit != LIMIT_VAL) || !address ||
	    !read_time(address, time))
		return;
	take_stopped(thread, rule->limit == LIMIT_SPEC, time);
	write_time(thread, address, time);
}

/* Reads a socket's receive timeout (SO_RCVTIMEO). False: none, or not a socket. */
static bool find_socket_limit(struct graph_stop *stop, uintptr_t descriptor, uintptr_t time[2])
{
	uint32_t size = 2 * sizeof *time;
	long fd = get_descriptor(stop, descriptor), result;

	if (fd < 0)
		return false;
	result =
		rt_syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, (long)time, (long)&size, 0);
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	time[1] *= 1000; /* a struct timeval */
	return result == 0 && size == 2 * sizeof *time && (time[0] || time[1]);
}

/* Computes what is left of the timeout of a wait that the stop ended. False: no timeout. */
static bool find_limit(struct graph_stop *stop, const struct graph_thread *thread,
		       const struct call_rule *rule, struct graph_rest *rest)
{
	uintptr_t limit = thread->registers[argument_places[rule->limit_argument]];
	uint64_t stopped_ms = (rt_monotonic_ns() - thread->halted_ns) / 1000000;

	rest->limit_argument = rule->limit_argument + 1u;
	if (rule->limit == LIMIT_MS) {
		limit = (uint32_t)limit;
		rest->limit = stopped_ms < limit ? limit - stopped_ms : 0;
		return (int)limit > 0;
	}
	rest->limit = GRAPH_REST_TIME;
	if (rule->limit == LIMIT_SOCKET) {
		rest->limit_argument = GRAPH_REST_SOCKET;
		if (!find_socket_limit(stop, limit, rest->time))
			return false;
	} else if (rule->limit == LIMIT_NONE || !limit || !read_time(limit, rest->time)) {
		return false;
	}
	take_stopped(thread, rule->limit != LIMIT_VAL, rest->time);
	return true;
}

/* True if the stop cut the call short. A call that ended by itself looks the same: a read returns
 * what is there. */
static bool has_rest(const struct graph_stop *stop, const struct graph_thread *thread,
		     const struct call_rule *rule)
{
	static const char *const endless[] = {"/dev/zero", "/dev/urandom", "/dev/random",
					      "/dev/full"};
	const uintptr_t *registers = thread->registers;
	uintptr_t done = registers[ARCH_REGISTER_RESULT];
	char link[64];

	if (rule->rest == 0 ||
	    (rule->rest != ANY && done >= registers[argument_places[rule->rest]]))
		return false;
	if (rule->number == SYS_recvfrom)
		return registers[argument_places[3]] & MSG_WAITALL;
	if (rule->number == SYS_recvmsg)
		return registers[argument_places[2]] & MSG_WAITALL;
	if (rule->number != SYS_read)
		return true;
	if (!read_link(stop, thread->tid, registers[argument_places[0]], link, sizeof link))
		return false;
	for (size_t i = 0; i < sizeof endless / sizeof endless[0]; i++)
		if (strcmp(link, endless[i]) == 0)
			return true;
	return false;
}

/* Writes `rest` below the thread's stack, and sets the thread to graph_rest_enter(). */
static bool set_rest(const struct graph_thread *thread, struct graph_rest *rest)
{
	uintptr_t registers[ARCH_REGISTERS];
	struct iovec vector = {registers, sizeof registers};
	uintptr_t sp = (rest->sp - ARCH_RED_ZONE - sizeof *rest) & ~15ul;
	const uintptr_t *words = (const uintptr_t *)rest;

	memcpy(registers, thread->registers, sizeof registers);
	for (int i = 0; i < 6; i++)
		rest->arguments[i] = registers[argument_places[i]];
	if (rest->limit == GRAPH_REST_TIME)
		rest->limit = sp + offsetof(struct graph_rest, time);
	for (size_t i = 0; i < sizeof *rest / 8; i++)
		if (graph_trace(PTRACE_POKEDATA, thread->tid, (void *)(sp + i * 8),
				(void *)words[i]) != 0)
			return false;
	registers[ARCH_REGISTER_SP] = sp;
	registers[ARCH_REGISTER_PC] = (uintptr_t)graph_rest_enter;
	registers[ARCH_REGISTER_CALL] = ~0ul;
	return graph_trace(PTRACE_SETREGSET, thread->tid, (void *)NT_PRSTATUS, &vector) == 0;
}

static struct graph_rest rest_of(const struct graph_thread *thread)
{
	return (struct graph_rest){.number = (long)thread->registers[ARCH_REGISTER_CALL],
				   .done = thread->registers[ARCH_REGISTER_RESULT],
				   .sp = thread->registers[ARCH_REGISTER_SP],
				   .pc = thread->registers[ARCH_REGISTER_PC],
				   .flags = thread->registers[ARCH_REGISTER_FLAGS]};
}

static bool call_rest(const struct graph_thread *thread)
{
	struct graph_rest rest = rest_of(thread);

	return set_rest(thread, &rest);
}

/* Sets the thread up to make a wait again with what is left of its timeout. */
static bool wait_on(struct graph_stop *stop, const struct graph_thread *thread,
		    const struct call_rule *rule)
{
	struct graph_rest rest = rest_of(thread);

	return find_limit(stop, thread, rule, &rest) && set_rest(thread, &rest);
}
#endif

bool graph_call_complete(struct graph_stop *stop, struct graph_thread *thread)
{
	long result = (long)thread->registers[ARCH_REGISTER_RESULT];
	const struct call_rule *rule = rule_of(thread->place.number);

	restore_time_left(stop, thread);
	if (thread->place.number < 0 || !rule)
		return false;
#ifdef ARCH_CAN_REST
	shorten_time_left(thread, rule);
#endif
	if (thread->deliver && graph_task_handles(stop, thread->tid, thread->deliver))
		return false;
#ifdef ARCH_CAN_REST
	if (result == -EINTR && rule->again && wait_on(stop, thread, rule))
		return true;
#endif
	if (result == -EINTR && rule->again)
		return call_again(thread);
#ifdef ARCH_CAN_REST
	if (result > 0 && has_rest(stop, thread, rule))
		return call_rest(thread);
#endif
	return false;
}
