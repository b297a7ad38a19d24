/*
 * The helper process: waits for triggers, has helper_take.c take snapshots, ends with the program.
 * See helper.h.
 * Path: cold. Threads: the helper. Memory: its stack.
 * Must not: use thread-local storage or errno, call libc beyond string functions, keep a descriptor
 * of the program open, be found by the program's wait(), repeat a failed system call without a
 * sleep.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/rt.h"
#include "control/helper_state.h"
#include "control/pressure.h"
#include "control/rights.h"
#include "control/run.h"
#include "control/run_hold.h"
#include "control/settings.h"
#include "graph/maps.h"
#include "graph/stop.h"
#include "record/counters.h"
#include "record/track.h"
#include "silt_calls.h"
#include "silt_snapshot.h"

#define NAP_NS 100000000ul
#define LOOK_NS HELPER_SECOND_NS
#define MAX_REFUSALS 20 /* consecutive waits that the system refuses in every way */
#define POLLS (3 + HELPER_MAX_CLIENTS)

static struct {
	/* kernel timer that kills the helper; -1: none */
	int timer;
	unsigned refusals;
	/* has root's rights or capabilities: often checks the program's */
	bool is_special;
} self;

/* -- start and end -- */

/* Closes all descriptors but these two, of which either may be -1. */
static void close_all_but(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	if (rt_syscall(SYS_close_range, high + 1, ~0u, 0, 0, 0, 0) == 0) {
		if (low > 0)
			rt_syscall(SYS_close_range, 0, low - 1, 0, 0, 0, 0);
		if (low + 1 < high)
			rt_syscall(SYS_close_range, low + 1, high - 1, 0, 0, 0, 0);
		return;
	}
	for (int fd = 0; fd < 4096; fd++) /* kernels before 5.9 */
		if (fd != low && fd != high)
			rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Ends the helper. Removes an empty run directory unless another helper follows. */
static __attribute__((noreturn)) void leave(void)
{
	helper_set_timeout(10 * HELPER_SECOND_NS);
	rt_syscall(SYS_unlinkat, AT_FDCWD, (long)"control", 0, 0, 0, 0);
	if (atomic_load(&helper.leaving) != HELPER_ASKED_TO_LEAVE)
		run_remove_empty();
	atomic_store(&helper.leaving, HELPER_LEFT);
	for (;;)
		rt_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

/* Ends a helper that has more rights than the program, before it uses them. The next one starts
 * with the program's. */
static __attribute__((noreturn)) void end_for_successor(void)
{
	atomic_store(&helper.needs_successor, true);
	atomic_store(&helper.leaving, HELPER_LEFT);
	track_switch(TRACK_READ_HEAP, 0); /* noticed at the program's next allocation */
	for (;;)
		rt_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

/* A fault in the helper or its children: the program's memory is damaged. Leaves no core file,
 * which would be taken for the program's. */
static void on_fault(int number)
{
	(void)number;
	for (;;)
		rt_syscall(SYS_exit_group, EFAULT, 0, 0, 0, 0, 0);
}

#define KERNEL_SA_RESTORER 0x04000000ul /* <asm/signal.h> */

/* The kernel's struct sigaction. */
struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* The dispositions are the helper's own (no CLONE_SIGHAND). Its signal mask lets through only
 * faults of its own code. */
static void handle_faults(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
	/* The kernel requires a restorer, although the handler does not return. */
	struct kernel_action action = {
		.handler = on_fault, .flags = KERNEL_SA_RESTORER, .restorer = leave, .mask = ~0ul};
	uint64_t mask = ~0ul;

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		rt_syscall(SYS_rt_sigaction, faults[i], (long)&action, 0, 8, 0, 0);
		mask &= ~(1ul << (faults[i] - 1));
	}
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, 8, 0, 0);
}

static void set_up(void)
{
	/* 1, not 0: also forbids piping the core to a program (core(5)) */
	struct rlimit no_core = {1, 1};
	struct sigevent killing = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};

	close_all_but(helper.wake_recv_fd, run_hold_fd());
	rt_syscall(SYS_prctl, PR_SET_NAME, (long)"silt-helper", 0, 0, 0, 0);
	/* A helper that somebody has stopped runs again when the program is gone. */
	rt_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0, 0);
	rt_syscall(SYS_prlimit64, 0, RLIMIT_CORE, (long)&no_core, 0, 0, 0);
	handle_faults();
	self.refusals = 0;
	if (rt_syscall(SYS_timer_create, CLOCK_MONOTONIC, (long)&killing, (long)&self.timer, 0, 0,
		       0) < 0)
		self.timer = -1;
	for (int i = 0; i < HELPER_MAX_CLIENTS; i++)
		helper.clients[i].fd = -1;
	rights_start(run_pid());
	self.is_special = rights_are_special();
	helper.program_fd = (int)rt_syscall(SYS_pidfd_open, run_pid(), 0, 0, 0, 0, 0);
	helper.control_fd = settings.serve ? helper_open_control() : -1;
	pressure_start(run_pid());
}

void helper_set_timeout(uint64_t ns)
{
	struct itimerspec when = {
		.it_value = {(time_t)(ns / HELPER_SECOND_NS), (long)(ns % HELPER_SECOND_NS)}};

	if (self.timer >= 0)
		rt_syscall(SYS_timer_settime, self.timer, 0, (long)&when, 0, 0, 0);
}

/* -- waiting -- */

/* poll(2); newer machines have only ppoll. */
static long wait_for_any(struct pollfd *polls, long count, int64_t timeout_ns)
{
	struct timespec time = {timeout_ns / (int64_t)HELPER_SECOND_NS,
				timeout_ns % (int64_t)HELPER_SECOND_NS};

	return rt_syscall(SYS_ppoll, (long)polls, count, (long)&time, 0, 0, 0);
}

/* Sleeps by whichever call works. Ends the helper if the system keeps refusing all of them. */
static void sleep_or_end(void)
{
	struct timespec time = {0, NAP_NS};
	uint64_t end = rt_monotonic_ns() + NAP_NS / 2;
	uint32_t pending = atomic_load(&helper.pending);

	if (!pending)
		rt_wait(&helper.pending, pending, NAP_NS);
	if (rt_monotonic_ns() < end && !atomic_load(&helper.pending))
		rt_syscall(SYS_nanosleep, (long)&time, 0, 0, 0, 0, 0);
	if (rt_monotonic_ns() < end && !atomic_load(&helper.pending))
		self.refusals++;
	else
		self.refusals = 0;
	if (self.refusals >= MAX_REFUSALS) {
		run_count_lost(-ENOSYS);
		leave();
	}
}

/* Nanoseconds until there is something to do, if no request comes. */
static int64_t time_to_wait(void)
{
	uint64_t now = rt_monotonic_ns(), next = helper_end_late_clients();

	if (!next || pressure_next_ns() < next)
		next = pressure_next_ns();
	if (settings.interval_ns && helper.next_ns < next)
		next = helper.next_ns;
	if ((helper.wake_recv_fd < 0 || helper.program_fd < 0) && next > now + NAP_NS)
		next = now + NAP_NS;
	if (self.is_special && next > now + LOOK_NS)
		next = now + LOOK_NS;
	return next > now ? (int64_t)(next - now) : 0;
}

static void wait_for_work(struct pollfd *polls)
{
	polls[0] = (struct pollfd){helper.wake_recv_fd, POLLIN, 0};
	polls[1] = (struct pollfd){helper_has_room() ? helper.control_fd : -1, POLLIN, 0};
	polls[2] = (struct pollfd){helper.program_fd, POLLIN, 0};
	for (int i = 0; i < HELPER_MAX_CLIENTS; i++)
		polls[3 + i] = (struct pollfd){helper.clients[i].fd, POLLIN, 0};
	long result = wait_for_any(polls, POLLS, time_to_wait());

	if (result >= 0 || result == -EINTR) {
		self.refusals = 0;
		return;
	}
	for (int i = 0; i < POLLS; i++) /* handling these descriptors never blocks */
		polls[i].revents = polls[i].fd >= 0 ? POLLIN : 0;
	sleep_or_end();
}

/* -- the program -- */

/* A seccomp filter may refuse any of these calls; a closed socket is the last sign. */
static bool program_is_gone(void)
{
	struct pollfd poll = {helper.program_fd, POLLIN, 0};
	long result = helper.program_fd >= 0 ? wait_for_any(&poll, 1, 0) : -1;

	if (result >= 0)
		return result == 1;
	if (!helper.is_orphan && (result = rt_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0)) >= 0)
		return result != run_pid();
	result = rt_syscall(SYS_kill, run_pid(), 0, 0, 0, 0, 0);
	if (result == 0)
		return strchr("ZX", helper_process_state(run_pid())) !=
		       NULL; /* also true if the state is unknown */
	return result == -ESRCH || helper.wake_recv_fd < 0;
}

/* True if the program has called exec, so that its memory is no longer ours: its auxiliary vector
 * is then another. */
static bool program_has_execed(void)
{
	char path[40], theirs[1024], ours[1024];
	struct rt_text text = {path, sizeof path, 0};
	long theirs_length, ours_length;

	rt_text(&text, "/proc/");
	rt_text_number(&text, run_pid());
	rt_text(&text, "/auxv");
	theirs_length = rt_read_file(path, theirs, sizeof theirs);
	ours_length = rt_read_file("/proc/self/auxv", ours, sizeof ours);
	return theirs_length > 0 &&
	       (theirs_length != ours_length || memcmp(theirs, ours, (size_t)ours_length) != 0);
}

static void read_wake_socket(void)
{
	char bytes[64];
	long n = rt_syscall(SYS_recvfrom, helper.wake_recv_fd, (long)bytes, sizeof bytes,
			    MSG_DONTWAIT, 0, 0);

	if (n != 0)
		return;
	/* Closed by the program's end, its exec, or a program that closes all descriptors. */
	if (!program_is_gone() && program_has_execed())
		leave();
	rt_syscall(SYS_close, helper.wake_recv_fd, 0, 0, 0, 0, 0);
	helper.wake_recv_fd = -1;
}

static __attribute__((noreturn)) void end_after_program(void)
{
	if (!atomic_load(&helper.aborting) || atomic_load(&counters_live) != helper.live_at_abort) {
		run_end_begins(SILT_END_KILLED);
		helper_take(helper.confined ? SILT_TRIGGER_EXIT : SILT_TRIGGER_KILLED);
	}
	leave();
}

__attribute__((noreturn)) int helper_main(void *unused)
{
	struct pollfd polls[POLLS];

	(void)unused;
	set_up();
	atomic_store(&helper.listens, 1);
	rt_wake(&helper.listens);
	for (;;) {
		wait_for_work(polls);
		if (rights_exceed_program())
			end_for_successor();
		if (polls[0].revents)
			read_wake_socket();
		helper_take_pending();
		if (atomic_load(&helper.leaving))
			leave();
		if (program_is_gone())
			end_after_program();
		if (polls[1].revents)
			helper_accept();
		for (int i = 0; i < HELPER_MAX_CLIENTS; i++)
			if (polls[3 + i].revents)
				helper_serve(&helper.clients[i]);
		helper_take_at_limit();
		helper_take_interval();
		if (helper.wake_recv_fd < 0 && program_has_execed())
			leave();
	}
}
