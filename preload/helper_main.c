/*
 * The helper process itself: waits for what makes a snapshot, takes it, ends with the program. See helper.h.
 * Called by helper_start.c, as the process's first function. Path: cold. Threads: the helper. Memory: its stack.
 * Must not: use thread-local storage or errno, call libc beyond string functions,
 * keep open any descriptor of the program, be seen by the program's wait().
 */
#include "helper_state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "run_hold.h"
#include "settings.h"
#include "track.h"

/* Both may be -1: none. */
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

/* The program asks its allocator for figures at its next allocation; an idle program's have not changed. */
void helper_read_heap(void)
{
	static uint64_t cost_ns, not_before;
	uint64_t start = rt_monotonic_ns();

	if (start < not_before)
		return;
	track_switch(TRACK_READ_HEAP, 0);
	for (int i = 0; i < 20 && atomic_load(&track_state) & TRACK_READ_HEAP; i++)
		rt_syscall(SYS_nanosleep, (long)&(struct timespec){0, 200000}, 0, 0, 0, 0, 0);
	/* Walking a large heap's free lists takes the program's time: let it be under 1% of it. */
	cost_ns = rt_monotonic_ns() - start;
	if (cost_ns > 2000000)
		not_before = start + 100 * cost_ns;
}

static void take(uint32_t trigger)
{
	struct run_request request = {.trigger = trigger, .in_helper = true};

	if (atomic_load(&helper.last_written))
		return; /* the program is on its way out */
	request.graph = run_wants_graph(trigger);
	run_snapshot(&request, NULL);
}

static void take_pending(void)
{
	uint32_t pending = atomic_exchange(&helper.pending, 0);

	for (uint32_t trigger = 1; trigger < 32; trigger++) {
		if (pending & 1u << trigger) {
			helper_read_heap();
			take(trigger);
		}
	}
	if (pending & 1) {
		run_snapshot(&helper.wanted, NULL);
		if (helper.wanted.trigger == SILT_TRIGGER_EXIT) /* nothing comes after that */
			atomic_store(&helper.last_written, true);
		atomic_fetch_add(&helper.done, 1);
		rt_wake(&helper.done);
	}
}

/* poll(2), which newer machines have only as ppoll. */
static long wait_for_any(struct pollfd *polls, long count, int timeout_ms)
{
	struct timespec time = {timeout_ms / 1000, timeout_ms % 1000 * 1000000l};

	return rt_syscall(SYS_ppoll, (long)polls, count, timeout_ms < 0 ? 0 : (long)&time, 0, 0, 0);
}

static bool program_is_gone(void)
{
	struct pollfd poll = {helper.program, POLLIN, 0};

	if (helper.program >= 0)
		return wait_for_any(&poll, 1, 0) == 1;
	return rt_syscall(SYS_kill, run_pid(), 0, 0, 0, 0, 0) == -ESRCH;
}

/* Has the program exec'd, so that its memory is no longer ours? Then its auxiliary vector is another one. */
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

static void leave(void)
{
	rt_syscall(SYS_unlinkat, AT_FDCWD, (long)"control", 0, 0, 0, 0);
	run_remove_empty();
	rt_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

static void take_interval(void)
{
	uint64_t now = rt_monotonic_ns();

	if (!settings.interval_ns || now < helper.next_ns)
		return;
	helper_read_heap();
	take(SILT_TRIGGER_INTERVAL);
	/* Late (a busy machine, a suspended one): go on from now rather than catch up. */
	helper.next_ns += run_interval();
	now = rt_monotonic_ns();
	if (helper.next_ns < now)
		helper.next_ns = now + run_interval();
}

static int timeout_ms(void)
{
	int64_t left = INT32_MAX;

	if (settings.interval_ns) {
		left = (int64_t)(helper.next_ns - rt_monotonic_ns());
		left = left < 0 ? 0 : left / 1000000 + 1;
	}
	if ((helper.ear < 0 || helper.program < 0) && left > 100)
		left = 100;
	return left < INT32_MAX ? (int)left : -1;
}

static void hear(void)
{
	char bytes[64];
	long n = rt_syscall(SYS_recvfrom, helper.ear, (long)bytes, sizeof bytes, MSG_DONTWAIT, 0, 0);

	if (n != 0)
		return;
	/* Closed: by the program's end, its exec, or by a program that closes all descriptors. */
	if (!program_is_gone() && program_has_execed())
		leave();
	rt_syscall(SYS_close, helper.ear, 0, 0, 0, 0, 0);
	helper.ear = -1;
}

static void ends(void)
{
	if (!atomic_load(&helper.aborting) || atomic_load(&counters_live) != helper.live_at_abort) {
		run_end_begins(SILT_END_KILLED);
		take(helper.confined ? SILT_TRIGGER_EXIT : SILT_TRIGGER_KILLED);
	}
	leave();
}

int helper_main(void *unused)
{
	(void)unused;
	close_all_but(helper.ear, run_hold_fd());
	rt_syscall(SYS_prctl, PR_SET_NAME, (long)"silt-helper", 0, 0, 0, 0);
	helper.program = (int)rt_syscall(SYS_pidfd_open, run_pid(), 0, 0, 0, 0, 0);
	helper.control = settings.serve ? helper_open_control() : -1;
	atomic_store(&helper.listens, 1);
	rt_wake(&helper.listens);
	for (;;) {
		struct pollfd polls[3] = {
			{helper.ear, POLLIN, 0}, {helper.control, POLLIN, 0}, {helper.program, POLLIN, 0}};

		wait_for_any(polls, 3, timeout_ms());
		if (polls[0].revents)
			hear();
		take_pending();
		if (program_is_gone())
			ends();
		if (polls[1].revents)
			helper_serve();
		take_interval();
		if (helper.ear < 0 && program_has_execed())
			leave();
	}
}
