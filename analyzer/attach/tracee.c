/* Stops one thread and makes it execute other code: see tracee.h. */
#include "attach/tracee.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attach/calls.h"
#include "attach/signal_frame.h"
#include "util/monotonic.h"

#ifdef __x86_64__

#define STOP_NS 500000000ul /* for a thread to stop */
#define CALL_NS 5000000000ul
#define LOOK_NS 50000l
#define SOON_NS 200000ul	      /* watched for so long without a pause */
#define SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */
#define CLEAN_FLAGS 0x202ul	      /* interrupts on, direction forward */
#define SYSTEM_CALL_SIZE 2	      /* bytes of the syscall instruction */
#define STACK_BELOW 4096ul	      /* bytes left for a signal handler, at least */

bool tracee_read(const struct tracee *thread, uint64_t address, void *data, size_t size)
{
	return pread(thread->memory, data, size, (off_t)address) == (ssize_t)size;
}

bool tracee_write(const struct tracee *thread, uint64_t address, const void *data, size_t size)
{
	return pwrite(thread->memory, data, size, (off_t)address) == (ssize_t)size;
}

static int stop_signal(int status)
{
	return WIFSTOPPED(status) && status >> 16 == 0 && WSTOPSIG(status) == SIGSTOP ? SIGSTOP : 0;
}

static bool go_on(struct tracee *thread, enum __ptrace_request how)
{
	int number = thread->signal;

	thread->signal = 0;
	return ptrace(how, thread->tid, NULL, (void *)(uintptr_t)number) == 0;
}

/* Returns 1 for the thread's next stop, 0 if there is none in time, -1 if it has ended. */
static int wait_for_stop(struct tracee *thread, uint64_t deadline_ns, int *status)
{
	uint64_t soon = monotonic_ns() + SOON_NS;

	for (;;) {
		pid_t result = waitpid(thread->tid, status, __WALL | WNOHANG);

		stragglers_release(&thread->stragglers);
		if (result == thread->tid) {
			thread->signal = stop_signal(*status);
			return WIFSTOPPED(*status) ? 1 : -1;
		}
		if (result < 0 && errno != EINTR)
			return -1;
		if (monotonic_ns() >= deadline_ns)
			return 0;
		if (monotonic_ns() > soon)
			nanosleep(&(struct timespec){0, LOOK_NS}, NULL);
	}
}

/* -- stopping -- */

/* A signal that was on its way is delivered first; the stop follows. */
static enum tracee_stop wait_until_stopped(struct tracee *thread)
{
	uint64_t deadline = monotonic_ns() + STOP_NS;
	int status, result;

	while ((result = wait_for_stop(thread, deadline, &status)) > 0) {
		if (status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) == SIGTRAP)
			return TRACEE_STOPPED;
		if (status >> 16 == PTRACE_EVENT_STOP) {
			ptrace(PTRACE_DETACH, thread->tid, NULL, NULL);
			return TRACEE_SUSPENDED;
		}
		ptrace(PTRACE_CONT, thread->tid, NULL, (void *)(uintptr_t)WSTOPSIG(status));
	}
	if (result == 0)
		stragglers_add(&thread->stragglers, thread->tid);
	return result < 0 ? TRACEE_GONE : TRACEE_BUSY;
}

static void note_time_left(struct tracee *thread)
{
	thread->time_left_at = calls_time_left(&thread->place);
	if (thread->time_left_at &&
	    !tracee_read(thread, thread->time_left_at, thread->time_left, sizeof thread->time_left))
		thread->time_left_at = 0;
}

enum tracee_stop tracee_stop(struct tracee *thread, const struct target *target, pid_t tid)
{
	enum tracee_stop result;

	thread->target = target;
	thread->tid = tid;
	thread->signal_frame = 0;
	stragglers_release(&thread->stragglers);
	if (stragglers_has(&thread->stragglers, tid))
		return TRACEE_BUSY;
	target_look(target, tid, &thread->place);
	if (!thread->place.state || strchr("ZX", thread->place.state))
		return TRACEE_GONE;
	if (thread->place.state == 'T')
		return TRACEE_SUSPENDED;
	if (thread->place.state == 'D' ||
	    (thread->place.asleep && thread->place.number >= 0 && !calls_may_stop(&thread->place)))
		return TRACEE_BUSY;
	note_time_left(thread);
	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0)
		return errno == EPERM ? TRACEE_FORBIDDEN : TRACEE_GONE;
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
		return TRACEE_GONE;
	result = wait_until_stopped(thread);
	if (result != TRACEE_STOPPED)
		return result;
	if (ptrace(PTRACE_GETREGS, tid, NULL, &thread->registers) < 0 ||
	    ptrace(PTRACE_GETSIGMASK, tid, (void *)sizeof thread->mask, &thread->mask) < 0)
		return TRACEE_GONE;
	thread->mended = thread->registers;
	calls_mend(&thread->mended, 0);
	/* valid only for a wait that is resumed */
	if (thread->mended.rax != SYS_restart_syscall ||
	    thread->mended.rip == thread->registers.rip)
		thread->time_left_at = 0;
	return TRACEE_STOPPED;
}

static struct user_regs_struct registers_in_frame(const struct tracee *thread)
{
	struct user_regs_struct registers = thread->mended;

	registers.rsp = thread->signal_frame;
	registers.eflags = CLEAN_FLAGS;
	registers.orig_rax = ~0ull;
	return registers;
}

/* Sets the thread to a `ret` to the code that restores the frame. */
static bool set_coming_back(struct tracee *thread)
{
	struct user_regs_struct registers = registers_in_frame(thread);

	registers.rip = thread->calls.system_call + SYSTEM_CALL_SIZE;
	return ptrace(PTRACE_SETREGS, thread->tid, NULL, &registers) == 0;
}

void tracee_let_go(struct tracee *thread)
{
	if (thread->time_left_at)
		tracee_write(thread, thread->time_left_at, thread->time_left,
			     sizeof thread->time_left);
	/* In this order the thread has its own signal mask in the end, whenever this process
	 * ends. */
	if (thread->signal_frame)
		set_coming_back(thread);
	ptrace(PTRACE_SETSIGMASK, thread->tid, (void *)sizeof thread->mask, &thread->mask);
	ptrace(PTRACE_SETREGS, thread->tid, NULL, &thread->mended);
	go_on(thread, PTRACE_DETACH);
}

/* -- other code -- */

bool tracee_prepare(struct tracee *thread)
{
	struct user_regs_struct back = thread->mended;
	struct signal_frame frame = {0};
	uint64_t all = ~0ull;

	/* rt_sigreturn() drops a wait that could be resumed: the call is made anew */
	if (back.rip != thread->registers.rip)
		back.rax = thread->registers.orig_rax;
	if (!signal_frame_build(&frame, thread->tid, &back, thread->mask,
				thread->calls.sigreturn) ||
	    target_writable_from(thread->target, thread->mended.rsp) > frame.at - STACK_BELOW ||
	    !tracee_write(thread, frame.at, frame.bytes, frame.size))
		return false;
	thread->signal_frame = frame.at;
	return set_coming_back(thread) &&
	       ptrace(PTRACE_SETSIGMASK, thread->tid, (void *)sizeof all, &all) == 0;
}

static bool is_fault(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
	       signal == SIGTRAP || signal == SIGSYS || signal == SIGABRT;
}

/* Runs until the end of the system call whose instruction ends at `mark`. */
static enum tracee_run run_until(struct tracee *thread, uint64_t mark, uint64_t deadline_ns)
{
	struct user_regs_struct registers;
	bool entered = false;
	int status, result;

	for (;;) {
		if (!go_on(thread, PTRACE_SYSCALL))
			return TRACEE_ENDED;
		result = wait_for_stop(thread, deadline_ns, &status);
		if (result <= 0)
			return result < 0 ? TRACEE_ENDED : TRACEE_LATE;
		if (status >> 16 == PTRACE_EVENT_STOP)
			continue;
		if (WSTOPSIG(status) != SYSCALL_STOP) {
			if (is_fault(WSTOPSIG(status)))
				return TRACEE_FAULT;
			continue;
		}
		entered = !entered;
		if (entered || ptrace(PTRACE_GETREGS, thread->tid, NULL, &registers) < 0)
			continue;
		if (registers.rip == mark)
			return TRACEE_DONE;
	}
}

static bool set_to_work(struct tracee *thread, const struct user_regs_struct *from)
{
	struct user_regs_struct registers = thread->mended;

	registers.rip = from->rip;
	registers.rsp = from->rsp;
	registers.rbx = from->rbx;
	registers.eflags = CLEAN_FLAGS;
	registers.orig_rax = ~0ull;
	return ptrace(PTRACE_SETREGS, thread->tid, NULL, &registers) == 0;
}

enum tracee_run tracee_run(struct tracee *thread, const struct user_regs_struct *from,
			   uint64_t mark, uint64_t timeout_ns)
{
	if (from && !set_to_work(thread, from))
		return TRACEE_ENDED;
	return run_until(thread, mark, monotonic_ns() + timeout_ns);
}

/* No stop at system calls: there are hundreds, and at each the thread would wait for a processor,
 * and for us to have one. */
static enum tracee_run run_until_noted(struct tracee *thread, uint64_t noted, uint64_t deadline_ns)
{
	uint64_t soon = monotonic_ns() + SOON_NS;
	uint32_t word = 0;
	int status;

	if (!go_on(thread, PTRACE_CONT))
		return TRACEE_ENDED;
	for (;;) {
		pid_t result = waitpid(thread->tid, &status, __WALL | WNOHANG);

		stragglers_release(&thread->stragglers);
		thread->signal = result == thread->tid ? stop_signal(status) : 0;
		if ((result < 0 && errno != EINTR) ||
		    (result == thread->tid && !WIFSTOPPED(status)))
			return TRACEE_ENDED;
		if (result == thread->tid && status >> 16 == 0 && is_fault(WSTOPSIG(status)))
			return TRACEE_FAULT;
		if (result == thread->tid && !go_on(thread, PTRACE_CONT))
			return TRACEE_ENDED;
		if (tracee_read(thread, noted, &word, sizeof word) && word)
			return TRACEE_DONE;
		if (monotonic_ns() >= deadline_ns)
			return TRACEE_LATE;
		if (monotonic_ns() > soon)
			nanosleep(&(struct timespec){0, LOOK_NS}, NULL);
	}
}

enum tracee_run tracee_run_noting(struct tracee *thread, const struct user_regs_struct *from,
				  uint64_t noted, uint64_t taken, uint64_t mark,
				  uint64_t timeout_ns)
{
	uint64_t deadline = monotonic_ns() + timeout_ns;
	const uint32_t one = 1;
	enum tracee_run run;
	int status, result;

	if (!set_to_work(thread, from))
		return TRACEE_ENDED;
	run = run_until_noted(thread, noted, deadline);
	if (run != TRACEE_DONE)
		return run;
	if (ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) < 0)
		return TRACEE_ENDED;
	result = wait_for_stop(thread, deadline, &status);
	if (result <= 0)
		return result < 0 ? TRACEE_ENDED : TRACEE_LATE;
	if (!tracee_write(thread, taken, &one, sizeof one))
		return TRACEE_ENDED;
	return run_until(thread, mark, deadline);
}

long tracee_call(struct tracee *thread, long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		 uint64_t e, uint64_t f)
{
	struct user_regs_struct registers = registers_in_frame(thread);

	registers.rip = thread->calls.system_call;
	registers.rax = (unsigned long long)number;
	registers.rdi = a;
	registers.rsi = b;
	registers.rdx = c;
	registers.r10 = d;
	registers.r8 = e;
	registers.r9 = f;
	if (ptrace(PTRACE_SETREGS, thread->tid, NULL, &registers) < 0 ||
	    run_until(thread, thread->calls.system_call + SYSTEM_CALL_SIZE,
		      monotonic_ns() + CALL_NS) != TRACEE_DONE ||
	    ptrace(PTRACE_GETREGS, thread->tid, NULL, &registers) < 0)
		return -EINTR;
	return (long)registers.rax;
}
#endif
