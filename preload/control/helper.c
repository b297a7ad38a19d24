/*
 * The program's side of the helper process: requests, and ending it. See helper.h.
 * Path: cold. Threads: all of the program's. Memory: static.
 * Must not: use thread-local storage or errno, call libc beyond string functions, wait without a
 * timeout.
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "base/arch.h"
#include "base/rt.h"
#include "control/helper.h"
#include "control/helper_state.h"
#include "control/run.h"
#include "control/settings.h"
#include "graph/graph.h"
#include "record/counters.h"

#define LOOK_NS 100000000ul /* between two looks at a helper that a thread waits for */
/* a helper that was stopped for that long while a thread waits for it is killed */
#define STOPPED_NS 500000000ul
#define REAP_PAUSE_NS 20000ul /* between looks whether the process has ended */
#define LISTEN_NS 1000000000ul

struct helper_state helper = {.wake_send_fd = -1};

/* -- is it running? -- */

char helper_process_state(long pid)
{
	char path[40], stat[256];
	struct rt_text text = {path, sizeof path, 0};
	const char *end;

	rt_text(&text, "/proc/");
	rt_text_number(&text, (uint64_t)pid);
	rt_text(&text, "/stat");
	if (rt_read_file(path, stat, sizeof stat) <= 0)
		return 0;
	end = strrchr(stat, ')');
	return end && end[1] == ' ' ? end[2] : 0;
}

/* Kills a helper that stays stopped, since it holds locks; the kernel then clears its tid. Looks
 * twice, because a whole process group may be stopped and continued. */
static void kill_if_stopped(void)
{
	static _Atomic uint64_t since_ns, looked_ns;
	uint64_t now = rt_monotonic_ns(), since = atomic_load(&since_ns);

	if (now - atomic_exchange(&looked_ns, now) > 5 * LOOK_NS)
		since = 0;			     /* the last look belongs to another wait */
	if (helper_process_state(helper.pid) != 'T') /* by a signal; a debugger's stop is 't' */
		atomic_store(&since_ns, 0);
	else if (!since)
		atomic_store(&since_ns, now);
	else if (now - since >= STOPPED_NS)
		rt_syscall(SYS_kill, helper.pid, SIGKILL, 0, 0, 0, 0);
}

static bool is_alive(void)
{
	return atomic_load(&helper.tid) != 0;
}

bool helper_running(void)
{
	static _Atomic uint64_t looked_ns;
	uint64_t now;

	if (!is_alive())
		return false;
	if (atomic_load(&rt_confined))
		return true;
	now = rt_monotonic_ns();
	if (now - atomic_load(&looked_ns) >= LOOK_NS) {
		atomic_store(&looked_ns, now);
		kill_if_stopped();
	}
	return is_alive();
}

/* -- waking it -- */

static bool wake_fd_is_ours(void)
{
	struct stat status;

	return helper.wake_send_fd >= 0 &&
	       rt_syscall(SYS_fstat, helper.wake_send_fd, (long)&status, 0, 0, 0, 0) == 0 &&
	       status.st_dev == helper.wake_send_device && status.st_ino == helper.wake_send_inode;
}

static void close_wake_fd(void)
{
	if (wake_fd_is_ours())
		rt_syscall(SYS_close, helper.wake_send_fd, 0, 0, 0, 0, 0);
	helper.wake_send_fd = -1;
}

static void wake(void)
{
	if (!wake_fd_is_ours())
		return; /* the program closed it: the helper polls ten times a second */
	rt_syscall(SYS_sendto, helper.wake_send_fd, (long)"", 1, MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
}

/* -- requests -- */

void helper_request(uint32_t trigger)
{
	atomic_fetch_or(&helper.pending, 1u << trigger);
	wake();
}

uint64_t helper_snapshot_timeout(bool graph)
{
	return 60 * HELPER_SECOND_NS + (graph ? 2 * settings.graph_limit_ns : 0);
}

enum helper_result helper_snapshot(const struct run_request *request, uint64_t deadline_ns)
{
	struct rt_text text = {helper.wanted_label, HELPER_MAX_LABEL, 0};
	uint32_t done;
	bool written, alive;

	if (!helper_running())
		return HELPER_NONE;
	if (!deadline_ns)
		deadline_ns = rt_monotonic_ns() + helper_snapshot_timeout(request->graph);
	rt_lock(&helper.asking);
	done = atomic_load(&helper.done);
	helper.wanted = *request;
	helper.wanted.label = helper.wanted_label;
	helper.wanted.in_helper = true;
	helper.wanted.asker = &helper.asker;
	/* Puts all registers that a call preserves on the stack below, where the graph finds the
	 * program's pointers. */
	__builtin_unwind_init();
	helper.asker =
		(struct graph_asker){.tid = (uint32_t)rt_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0),
				     .pc = (uintptr_t)__builtin_return_address(0),
				     .fp = (uintptr_t)__builtin_frame_address(0)};
	helper.asker.sp = arch_stack_pointer();
	helper.asker.thread_pointer = arch_thread_pointer();
	rt_text(&text, request->label ? request->label : "");
	helper_request(0);
	while (atomic_load(&helper.done) == done && helper_running() &&
	       rt_monotonic_ns() < deadline_ns)
		rt_wait(&helper.done, done, LOOK_NS);
	written = atomic_load(&helper.done) != done;
	alive = is_alive();
	rt_unlock(&helper.asking);
	return written ? HELPER_WRITTEN : alive ? HELPER_LATE : HELPER_NONE;
}

void helper_note_last_written(void)
{
	atomic_store(&helper.last_written, true);
}

void helper_note_abort_written(void)
{
	helper.live_at_abort = atomic_load(&counters_live);
	atomic_store(&helper.aborting, true);
	atomic_store(&helper.last_written, false);
}

void helper_confine(void)
{
	close_wake_fd();
	helper.confined = true;
}

void helper_wait_listening(void)
{
	uint64_t deadline = rt_monotonic_ns() + LISTEN_NS;

	while (settings.serve && helper_running() && !atomic_load(&helper.listens) &&
	       rt_monotonic_ns() < deadline)
		rt_wait(&helper.listens, 0, LOOK_NS);
}

/* -- its end -- */

/* Another thread may have reaped the helper meanwhile, and started one with another pid. The
 * kernel's wake-up for the cleared tid is that of a shared futex, which rt_wait() would not
 * receive. */
static void wait_for_memory(long pid, uint64_t deadline_ns)
{
	struct timespec pause = {0, (long)LOOK_NS};
	uint64_t now;

	while (atomic_load(&helper.tid) == (uint32_t)pid && helper_running()) {
		now = rt_monotonic_ns();
		if (now >= deadline_ns)
			return;
		if (deadline_ns - now < LOOK_NS)
			pause.tv_nsec = (long)(deadline_ns - now);
		rt_syscall(SYS_futex, (long)&helper.tid, FUTEX_WAIT, pid, (long)&pause, 0, 0);
	}
}

/* Waits for a helper that is not our child, by a pidfd. */
static bool wait_for_orphan(uint64_t deadline_ns)
{
	long fd = rt_syscall(SYS_pidfd_open, helper.pid, 0, 0, 0, 0, 0);
	struct pollfd poll = {(int)fd, POLLIN, 0};
	uint64_t now = rt_monotonic_ns(), left = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec timeout = {(time_t)(left / HELPER_SECOND_NS),
				   (long)(left % HELPER_SECOND_NS)};
	long result;

	if (fd < 0)
		return true; /* it has ended, or cannot be watched */
	result = rt_syscall(SYS_ppoll, (long)&poll, 1, (long)&timeout, 0, 0, 0);
	rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	return result != 0;
}

/* The process exists until it has released the memory; only then is it a zombie. */
static bool reap(uint64_t deadline_ns)
{
	long result;

	while ((result = rt_syscall(SYS_wait4, helper.pid, 0, __WALL | WNOHANG, 0, 0, 0)) == 0) {
		if (rt_monotonic_ns() >= deadline_ns)
			return false;
		rt_sleep(REAP_PAUSE_NS);
	}
	return result > 0 || wait_for_orphan(deadline_ns);
}

static bool lock_until(uint64_t deadline_ns)
{
	uint64_t now = rt_monotonic_ns();

	return rt_lock_within(&helper.changing, deadline_ns > now ? deadline_ns - now : 0);
}

/* Returns the helper's pid; 0: there is none. */
static long ask_to_leave(bool for_good)
{
	uint32_t stays = HELPER_STAYS;

	if (!helper.pid)
		return 0;
	atomic_compare_exchange_strong(&helper.leaving, &stays,
				       for_good ? HELPER_ASKED_TO_END : HELPER_ASKED_TO_LEAVE);
	wake();
	return helper.pid;
}

static bool has_left(uint64_t deadline_ns)
{
	if (is_alive() || !reap(deadline_ns))
		return false;
	close_wake_fd();
	helper.pid = 0;
	/* A helper that somebody else killed, or that could not go on, has no successor. */
	helper.started = atomic_load(&helper.leaving) != HELPER_LEFT && !helper.was_killed_by_us;
	if (atomic_load(&helper.leaving) != HELPER_LEFT)
		run_count_lost(-ECHILD);
	helper.was_killed_by_us = false;
	return true;
}

/* Also ends a helper that another thread starts meanwhile. */
bool helper_leave(uint64_t deadline_ns, bool for_good)
{
	while (helper.pid) {
		long pid;
		bool left;

		if (!lock_until(deadline_ns))
			return false;
		pid = ask_to_leave(for_good);
		rt_unlock(&helper.changing);
		wait_for_memory(pid, deadline_ns);
		if (!lock_until(deadline_ns))
			return false;
		left = helper.pid != pid || !pid || has_left(deadline_ns);
		rt_unlock(&helper.changing);
		if (!left)
			return false;
	}
	return true;
}

bool helper_exists(void)
{
	return helper.pid != 0;
}

bool helper_kill(void)
{
	bool killed;

	if (!lock_until(rt_monotonic_ns() + HELPER_SECOND_NS))
		return false;
	killed = helper.pid == 0 || rt_syscall(SYS_kill, helper.pid, SIGKILL, 0, 0, 0, 0) == 0;
	helper.was_killed_by_us = killed && helper.pid;
	rt_unlock(&helper.changing);
	return killed && helper_leave(rt_monotonic_ns() + HELPER_SECOND_NS, false);
}

bool helper_needs_successor(void)
{
	return atomic_load(&helper.needs_successor) &&
	       atomic_exchange(&helper.needs_successor, false);
}

void helper_make_orphan(void)
{
	helper.is_orphan = true;
}

bool helper_is_orphan(void)
{
	return helper.is_orphan;
}

void helper_after_fork(void)
{
	close_wake_fd();
	atomic_store(&helper.tid, 0);
	atomic_store(&helper.pending, 0);
	atomic_store(&helper.leaving, 0);
	helper.pid = 0;
	helper.next_ns = 0;
	atomic_store(&helper.needs_successor, false);
	helper.started = false;
	atomic_store(&helper.last_written, false);
	atomic_store(&helper.aborting, false);
}
