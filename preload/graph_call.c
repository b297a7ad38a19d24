/*
 * The system calls that stopping a thread interrupts: which one it waits in, and how the program does not see that it was.
 * Called by graph_stop.c, in the process that stops the threads. Path: cold, part of the program's pause. Threads: that
 * process. Memory: none.
 * Must not: map memory, use thread-local storage, repeat a call that was not surely the one that was interrupted.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "arch.h"
#include "graph_state.h"

/* These return -EINTR when a stop interrupts them, without a signal to be handled; they can be called again as they were. */
static bool can_be_repeated(long number)
{
	switch (number) {
#ifdef SYS_epoll_wait
	case SYS_epoll_wait:
#endif
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_rt_sigtimedwait:
	case SYS_semop:
	case SYS_semtimedop:
	case SYS_io_getevents:
	case SYS_read:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_accept:
	case SYS_accept4:
		return true;
	default:
		return false;
	}
}

static bool read_status(const struct graph_stop *stop, uint32_t tid, char status[3072])
{
	char path[64];
	struct rt_text text = {path, sizeof path, 0};

	graph_task_path(&text, stop->pid, tid, "/status");
	return rt_read_file(path, status, 3072) > 0;
}

static const char *hex(const char *p, uint64_t *value)
{
	*value = 0;
	for (; (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f'); p++)
		*value = *value << 4 | (uint64_t)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
	return p;
}

static bool has_pending_signals(const char *status)
{
	static const char *const keys[] = {"\nSigPnd:\t", "\nShdPnd:\t", "\nSigBlk:\t"};
	uint64_t sets[3] = {0};

	for (int i = 0; i < 3; i++) {
		const char *p = strstr(status, keys[i]);

		if (!p)
			return true;
		hex(p + strlen(keys[i]), &sets[i]);
	}
	return ((sets[0] | sets[1]) & ~sets[2]) != 0;
}

/* How often the thread has let go of the processor to wait. */
static uint64_t waits(const char *status)
{
	return rt_field(status, "\nvoluntary_ctxt_switches:");
}

/* "63 0x3 0x7ffc 0x1 0x0 0x0 0x0 0x7ffb 0x7f12" (proc(5)): number, six arguments, stack pointer, pc; or "running". */
static bool read_call(const struct graph_stop *stop, uint32_t tid, struct graph_call *call)
{
	char path[64], line[256];
	struct rt_text text = {path, sizeof path, 0};
	uint64_t values[8] = {0}, number = 0;
	const char *p = line;

	graph_task_path(&text, stop->pid, tid, "/syscall");
	if (rt_read_file(path, line, sizeof line) <= 0 || line[0] < '0' || line[0] > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		number = number * 10 + (uint64_t)(*p - '0');
	for (int i = 0; i < 8; i++) {
		if (strncmp(p, " 0x", 3) != 0)
			return false;
		p = hex(p + 3, &values[i]);
	}
	*call = (struct graph_call){(long)number, values[0], values[6], values[7], 0};
	return true;
}

void graph_call_note(const struct graph_stop *stop, struct graph_thread *thread)
{
	char status[3072];

	thread->call = (struct graph_call){.number = -1};
	if (!ARCH_CALL_FORGOTTEN || !read_call(stop, thread->tid, &thread->call) ||
	    !can_be_repeated(thread->call.number))
		return;
	/* Once more, after the count of waits: if that has gone up by one when the thread stands still, it was this call. */
	if (read_status(stop, thread->tid, status) && read_call(stop, thread->tid, &thread->call))
		thread->call.waits = waits(status);
}

void graph_call_identify(struct graph_thread *thread)
{
	const uintptr_t *registers = thread->registers;

	if (!ARCH_CALL_FORGOTTEN)
		thread->call.number = (long)registers[ARCH_REGISTER_CALL];
	else if (registers[ARCH_REGISTER_SP] != thread->call.sp ||
		 registers[ARCH_REGISTER_CALL] != (uintptr_t)thread->call.number)
		thread->call.number = -1; /* it has returned meanwhile */
	if (thread->call.number >= 0)
		thread->syscall = (uint32_t)thread->call.number + 1;
}

/* The kernel restarts most interrupted calls by itself; for a few the program would see EINTR. */
void graph_call_repeat(const struct graph_stop *stop, struct graph_thread *thread)
{
	static const uint8_t places[6] = {ARCH_REGISTER_ARGUMENTS};
	uintptr_t registers[ARCH_REGISTERS], arguments[6];
	struct iovec vector = {registers, sizeof registers};
	char status[3072];
	long result;

	memcpy(registers, thread->registers, sizeof registers);
	if ((long)registers[ARCH_REGISTER_RESULT] != -EINTR || thread->call.number < 0 ||
	    !can_be_repeated(thread->call.number) || thread->deliver ||
	    !read_status(stop, thread->tid, status) || has_pending_signals(status))
		return;
	if (ARCH_CALL_FORGOTTEN) {
		if (waits(status) != thread->call.waits + 1 || registers[ARCH_REGISTER_PC] != thread->call.pc)
			return;
		registers[ARCH_REGISTER_ARGUMENT] = thread->call.argument;
	}
	for (int i = 0; i < 6; i++)
		arguments[i] = registers[places[i]];
	result = graph_deadline(stop->pid, thread->tid, registers[ARCH_REGISTER_SP], waits(status),
				thread->call.number, arguments);
	if (result == GRAPH_REPEAT) {
		registers[places[3]] = arguments[3];
		if (!ARCH_CALL_FORGOTTEN)
			registers[ARCH_REGISTER_RESULT] = registers[ARCH_REGISTER_CALL];
		registers[ARCH_REGISTER_PC] -= ARCH_CALL_SIZE;
	} else {
		registers[ARCH_REGISTER_RESULT] = (uintptr_t)result;
	}
	if (!ARCH_CALL_FORGOTTEN)
		registers[ARCH_REGISTER_CALL] = ~0ul;
	graph_trace(PTRACE_SETREGSET, thread->tid, (void *)NT_PRSTATUS, &vector);
}
