/*
 * The helper process: see helper.h.
 * Called by control.c. Path: cold. Threads: it is none of the program's. Memory: a stack of 64 KiB.
 * Must not: use thread-local storage or errno, call libc beyond string functions, keep open any descriptor
 * of the program, be seen by the program's wait().
 */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "arch.h"
#include "graph.h"
#include "settings.h"
#include "track.h"

#define STACK_SIZE (128ul << 10)
#define MAX_LABEL 256u
#define WAIT_NS 60000000000ul

static struct {
	_Atomic uint32_t tid;	  /* the kernel clears it when the helper is gone */
	_Atomic uint32_t pending; /* bit TRIGGER: asked for */
	_Atomic uint32_t done;	  /* waited-for snapshots written */
	_Atomic uint32_t listens; /* or cannot */
	_Atomic bool last_written;
	/* By an abort() that a handler may jump out of: nothing is left to say if no more comes. */
	_Atomic bool aborting;
	int64_t live_at_abort;
	bool confined; /* how the program ends is not known then */
	bool started;
	struct rt_lock asking; /* one waiting request at a time */
	struct run_request wanted;
	struct graph_asker asker;
	char wanted_label[MAX_LABEL];
	/* the program's end of the socket pair, and what it looked like: the program may close it and open
	 * another */
	int bell;
	dev_t bell_device;
	ino_t bell_inode;
	char *stack;
	/* the helper's own */
	int ear, control, program; /* socket pair, `silt snap`, pidfd; -1: none */
	uint64_t next_ns;	   /* when the next interval ends */
} helper = {.bell = -1};

/* -- the program's side -- */

bool helper_running(void)
{
	return atomic_load(&helper.tid) != 0;
}

static bool bell_is_ours(void)
{
	struct stat status;

	return helper.bell >= 0 && rt_syscall(SYS_fstat, helper.bell, (long)&status, 0, 0, 0, 0) == 0 &&
	       status.st_dev == helper.bell_device && status.st_ino == helper.bell_inode;
}

static void close_bell(void)
{
	if (bell_is_ours())
		rt_syscall(SYS_close, helper.bell, 0, 0, 0, 0, 0);
	helper.bell = -1;
}

static void ring(void)
{
	if (!bell_is_ours())
		return; /* the program closed it: the helper looks by itself, ten times a second */
	rt_syscall(SYS_sendto, helper.bell, (long)"", 1, MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
}

void helper_request(uint32_t trigger)
{
	atomic_fetch_or(&helper.pending, 1u << trigger);
	ring();
}

bool helper_snapshot(const struct run_request *request)
{
	uint64_t deadline = rt_monotonic_ns() + WAIT_NS + (request->graph ? 2 * settings.graph_limit_ns : 0);
	struct rt_text text = {helper.wanted_label, MAX_LABEL, 0};
	uint32_t done;
	bool written;

	if (!helper_running())
		return false;
	rt_lock(&helper.asking);
	done = atomic_load(&helper.done);
	helper.wanted = *request;
	helper.wanted.label = helper.wanted_label;
	helper.wanted.in_helper = true;
	helper.wanted.asker = &helper.asker;
	/* All registers that a call preserves are on the stack below this, wherever the program keeps its pointers. */
	__builtin_unwind_init();
	helper.asker = (struct graph_asker){.tid = (uint32_t)rt_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0),
					    .pc = (uintptr_t)__builtin_return_address(0),
					    .fp = (uintptr_t)__builtin_frame_address(0)};
	helper.asker.sp = arch_stack_pointer();
	helper.asker.thread_pointer = arch_thread_pointer();
	rt_text(&text, request->label ? request->label : "");
	helper_request(0);
	while (atomic_load(&helper.done) == done && helper_running() && rt_monotonic_ns() < deadline)
		rt_wait(&helper.done, done, 100000000);
	written = atomic_load(&helper.done) != done;
	rt_unlock(&helper.asking);
	return written;
}

void helper_last_written(void)
{
	atomic_store(&helper.last_written, true);
}

void helper_may_live_on(void)
{
	helper.live_at_abort = atomic_load(&counters_live);
	atomic_store(&helper.aborting, true);
	atomic_store(&helper.last_written, false);
}

void helper_confine(void)
{
	close_bell();
	helper.confined = true;
}

void helper_after_fork(void)
{
	close_bell();
	atomic_store(&helper.tid, 0);
	atomic_store(&helper.pending, 0);
	helper.started = false;
	atomic_store(&helper.last_written, false);
	atomic_store(&helper.aborting, false);
}

void helper_wait_listening(void)
{
	uint64_t deadline = rt_monotonic_ns() + 1000000000;

	while (settings.serve && helper_running() && !atomic_load(&helper.listens) &&
	       rt_monotonic_ns() < deadline)
		rt_wait(&helper.listens, 0, 100000000);
}

/* -- the helper's side -- */

static void close_all_but(int keep)
{
	if (rt_syscall(SYS_close_range, 0, keep - 1, 0, 0, 0, 0) == 0) {
		rt_syscall(SYS_close_range, keep + 1, ~0u, 0, 0, 0, 0);
		return;
	}
	for (int fd = 0; fd < 4096; fd++) /* kernels before 5.9 */
		if (fd != keep)
			rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* A socket named `control` in the run directory, which is its owner's alone. */
static int open_control(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "control"};
	int directory = run_directory();
	long fd;

	if (directory < 0)
		return -1;
	/* The name is relative: a socket's path may have 107 bytes only. Nothing else uses our working
	 * directory. */
	rt_syscall(SYS_fchdir, directory, 0, 0, 0, 0, 0);
	rt_syscall(SYS_close, directory, 0, 0, 0, 0, 0);
	fd = rt_syscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0, 0);
	if (fd < 0)
		return -1;
	rt_syscall(SYS_umask, 077, 0, 0, 0, 0, 0);
	if (rt_syscall(SYS_bind, fd, (long)&address, sizeof address, 0, 0, 0) < 0 ||
	    rt_syscall(SYS_listen, fd, 8, 0, 0, 0, 0) < 0) {
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
		return -1;
	}
	return (int)fd;
}

/* The program asks its allocator for figures at its next allocation; an idle program's have not changed. */
static void let_heap_be_read(void)
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

static bool answer(long peer, const char *a, const char *b, const char *c)
{
	char buffer[RUN_PATH_MAX + 64];
	struct rt_text text = {buffer, sizeof buffer, 0};

	rt_text(&text, a);
	rt_text(&text, b);
	rt_text(&text, c);
	return rt_syscall(SYS_sendto, peer, (long)buffer, (long)text.length, MSG_NOSIGNAL, 0, 0) > 0;
}

/* One request: "snapshot LABEL\n", or "graph LABEL\n" for one with the heap graph; the answer: "ok PATH\n" or "error TEXT\n". */
static void serve(void)
{
	char request[16 + MAX_LABEL], path[RUN_PATH_MAX], *end;
	struct run_request wanted = {.trigger = SILT_TRIGGER_REQUEST, .in_helper = true};
	struct timeval patience = {2, 0};
	struct ucred who;
	uint32_t size = sizeof who;
	size_t length = 0;
	long peer = rt_syscall(SYS_accept4, helper.control, 0, 0, SOCK_CLOEXEC, 0, 0), n, result;

	if (peer < 0)
		return;
	rt_syscall(SYS_setsockopt, peer, SOL_SOCKET, SO_RCVTIMEO, (long)&patience, sizeof patience, 0);
	do {
		n = rt_syscall(SYS_read, peer, (long)(request + length), (long)(sizeof request - 1 - length),
			       0, 0, 0);
		length += n > 0 ? (size_t)n : 0;
		request[length] = 0;
		end = strchr(request, '\n');
	} while (n > 0 && !end && length < sizeof request - 1);
	/* Only now: a socket that is closed with something unread takes the answer with it. */
	if (rt_syscall(SYS_getsockopt, peer, SOL_SOCKET, SO_PEERCRED, (long)&who, (long)&size, 0) < 0 ||
	    (who.uid != 0 && who.uid != (uid_t)rt_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0))) {
		answer(peer, "error ", "this process belongs to another user", "\n");
		goto out;
	}
	if (end && (strncmp(request, "snapshot ", 9) == 0 || strncmp(request, "graph ", 6) == 0)) {
		*end = 0;
		let_heap_be_read();
		wanted.graph = request[0] == 'g' || settings.graph == SETTINGS_GRAPH_ALL;
		wanted.label = strchr(request, ' ') + 1;
		result = run_snapshot(&wanted, path);
		if (result == 0)
			answer(peer, "ok ", path, "\n");
		else
			answer(peer, "error ",
			       result == -ENOSPC ? "no space left" : "the snapshot could not be written",
			       "\n");
	} else if (end && strcmp(request, "wait\n") == 0) {
		return; /* kept open: its end tells that the helper is done */
	} else if (n > 0) {
		answer(peer, "error ", "unknown request", "\n");
	}
out:
	rt_syscall(SYS_close, peer, 0, 0, 0, 0, 0);
}

static void take(uint32_t trigger)
{
	struct run_request request = {.trigger = trigger, .in_helper = true};

	if (atomic_load(&helper.last_written))
		return; /* the program is on its way out */
	request.graph = settings.graph == SETTINGS_GRAPH_ALL ||
			(settings.graph == SETTINGS_GRAPH_LAST &&
			 (trigger == SILT_TRIGGER_KILLED || trigger == SILT_TRIGGER_EXIT));
	run_snapshot(&request, NULL);
}

static void take_pending(void)
{
	uint32_t pending = atomic_exchange(&helper.pending, 0);

	for (uint32_t trigger = 1; trigger < 32; trigger++) {
		if (pending & 1u << trigger) {
			let_heap_be_read();
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
	let_heap_be_read();
	take(SILT_TRIGGER_INTERVAL);
	/* Late (a busy machine, a suspended one): go on from now rather than catch up. */
	helper.next_ns += settings.interval_ns;
	now = rt_monotonic_ns();
	if (helper.next_ns < now)
		helper.next_ns = now + settings.interval_ns;
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
	if (!atomic_load(&helper.aborting) || atomic_load(&counters_live) != helper.live_at_abort)
		take(helper.confined ? SILT_TRIGGER_EXIT : SILT_TRIGGER_KILLED);
	leave();
}

static __attribute__((noreturn)) int helper_main(void *unused)
{
	(void)unused;
	close_all_but(helper.ear);
	rt_syscall(SYS_prctl, PR_SET_NAME, (long)"silt-helper", 0, 0, 0, 0);
	helper.program = (int)rt_syscall(SYS_pidfd_open, run_pid(), 0, 0, 0, 0, 0);
	helper.control = settings.serve ? open_control() : -1;
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
			serve();
		take_interval();
		if (helper.ear < 0 && program_has_execed())
			leave();
	}
}

/* -- starting it -- */

#define FLAGS (CLONE_VM | CLONE_UNTRACED)
#define MIDDLE_STACK (24ul << 10) /* the lower end of the helper's stack, which is not that deep yet */

static int clone_helper(void *unused)
{
	(void)unused;
	return clone(helper_main, helper.stack + STACK_SIZE,
		     FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, NULL, &helper.tid, NULL,
		     &helper.tid);
}

static int middle_main(void *tid)
{
	*(long *)tid = clone_helper(NULL);
	rt_syscall(SYS_exit, 0, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

/* Who inherits orphans would inherit the helper, and then wait() would find it, at its end. */
static bool inherits_orphans(void)
{
	int subreaper = 0;

	rt_syscall(SYS_prctl, PR_GET_CHILD_SUBREAPER, (long)&subreaper, 0, 0, 0, 0);
	return subreaper || rt_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0) == 1;
}

/* The helper is an orphan from the start, by way of a process that only makes it: a program that waits with __WALL until it has
 * no child (strace) must not find one that never ends. Its tid, or below 0. */
static long make_helper(void)
{
	long middle, tid = -1;

	if (inherits_orphans())
		return clone_helper(NULL);
	middle = clone(middle_main, helper.stack + MIDDLE_STACK, FLAGS | CLONE_VFORK, &tid);
	if (middle > 0)
		rt_syscall(SYS_wait4, middle, 0, __WALL, 0, 0, 0);
	return tid;
}

bool helper_start(void)
{
	uint64_t all = ~0ul, old;
	struct stat status;
	int pair[2];
	long result;

	/* One that was killed has no successor, which would wait for the locks it held. */
	if (helper_running() || helper.started)
		return helper_running();
	if (!helper.stack && !(helper.stack = rt_map_for(RT_NEEDED, STACK_SIZE)))
		return false;
	rt_helper_stack = (uintptr_t)helper.stack;
	rt_helper_stack_size = STACK_SIZE;
	if (rt_syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, (long)pair, 0, 0) < 0)
		return false;
	helper.bell = rt_high_descriptor(pair[0]);
	helper.ear = rt_high_descriptor(pair[1]);
	if (helper.bell < 0 || helper.ear < 0 ||
	    rt_syscall(SYS_fstat, helper.bell, (long)&status, 0, 0, 0, 0) < 0)
		return false;
	helper.bell_device = status.st_dev;
	helper.bell_inode = status.st_ino;
	helper.next_ns = rt_monotonic_ns() + settings.interval_ns;
	/* It starts with all signals blocked, and keeps them so: its handlers would be the program's. No
	 * signal at its end (the low byte of the flags is 0), so wait() does not see it; no debugger follows
	 * it. */
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&old, 8, 0, 0);
	result = make_helper();
	rt_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, 8, 0, 0);
	rt_syscall(SYS_close, helper.ear, 0, 0, 0, 0, 0);
	/* For heap graphs, where the Yama security module forbids to trace a parent; elsewhere this is refused. */
	if (result > 0)
		rt_syscall(SYS_prctl, PR_SET_PTRACER, result, 0, 0, 0, 0);
	if (result < 0) {
		rt_syscall(SYS_close, helper.bell, 0, 0, 0, 0, 0);
		helper.bell = -1;
		atomic_store(&helper.tid, 0);
	}
	helper.started = result > 0;
	return helper.started;
}
