/*
 * Faults in the helper and its children: SILT_FAULT=WHO:STEP:WHAT, where WHO is helper, stopper or
 * twin, STEP the number of its system call, and WHAT happens there: kill, stop (SIGSTOP), a number:
 * the call fails with that errno, or a number and `+`: and all that follow; `slow`: the stopper
 * takes its time before it interrupts a thread, and before it makes the copy. The file
 * SILT_FAULT_FIRED is made when it happens. Linked into build/tests/libsilt-faults.so in place of
 * rt_syscall(). Threads: all. Memory: static, the helper's counters are shared with the program.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/arch.h"
#include "base/rt.h"

enum { NOBODY, HELPER, STOPPER, TWIN };

static struct {
	_Atomic bool ready;
	int who;
	uint64_t step;
	const char *what, *fired;
	_Atomic uint64_t count;
} fault;

long __wrap_rt_syscall(long number, long a, long b, long c, long d, long e, long f);

__attribute__((constructor(101))) static void read_fault(void)
{
	static const char *const names[] = {"", "helper:", "stopper:", "twin:"};
	const char *text = getenv("SILT_FAULT");
	char *end;

	fault.fired = getenv("SILT_FAULT_FIRED");
	for (int who = HELPER; text && who <= TWIN; who++) {
		if (strncmp(text, names[who], strlen(names[who])) != 0)
			continue;
		fault.step = strtoul(text + strlen(names[who]), &end, 10);
		fault.what = *end == ':' ? end + 1 : "";
		fault.who = who;
	}
	atomic_store(&fault.ready, true);
}

/* The stopper has the helper's name and another stack. */
static int who_is_it(void)
{
	char name[16] = "";

	if ((uintptr_t)__builtin_frame_address(0) - rt_helper_stack < rt_helper_stack_size)
		return HELPER;
	if (fault.who == HELPER)
		return NOBODY;
	arch_syscall(SYS_prctl, PR_GET_NAME, (long)name, 0, 0, 0, 0);
	if (strcmp(name, "silt-twin") == 0)
		return TWIN;
	return strcmp(name, "silt-helper") == 0 ? STOPPER : NOBODY;
}

static void say_fired(void)
{
	long fd;

	if (!fault.fired)
		return;
	fd = arch_syscall(SYS_openat, AT_FDCWD, (long)fault.fired, O_WRONLY | O_CREAT | O_CLOEXEC,
			  0600, 0, 0);
	if (fd >= 0)
		arch_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

static void send_to_self(int number)
{
	long pid = arch_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);

	arch_syscall(SYS_kill, pid, number, 0, 0, 0, 0);
}

#define SLOW_INTERRUPT_MS 100
#define SLOW_COPY_MS 400

static void be_slow(long number, long request)
{
	long ms = number == SYS_ptrace && request == PTRACE_INTERRUPT ? SLOW_INTERRUPT_MS
		  : number == SYS_clone				      ? SLOW_COPY_MS
								      : 0;

	if (ms)
		arch_syscall(SYS_nanosleep, (long)&(struct timespec){0, ms * 1000000}, 0, 0, 0, 0,
			     0);
}

long __wrap_rt_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	uint64_t step;

	if (atomic_load(&fault.ready) && fault.who && number != SYS_exit_group &&
	    number != SYS_exit && who_is_it() == fault.who) {
		step = atomic_fetch_add(&fault.count, 1) + 1;
		if (step == fault.step)
			say_fired();
		if (strcmp(fault.what, "slow") == 0)
			be_slow(number, a);
		else if (step == fault.step && strcmp(fault.what, "kill") == 0)
			send_to_self(SIGKILL);
		else if (step == fault.step && strcmp(fault.what, "stop") == 0)
			send_to_self(SIGSTOP);
		else if (step == fault.step || (step > fault.step && strchr(fault.what, '+')))
			if (atoi(fault.what))
				return -atoi(fault.what);
	}
	return arch_syscall(number, a, b, c, d, e, f);
}
