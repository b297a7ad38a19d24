/*
 * The program's side of the helper process: requests to it. See helper.h.
 * Called by control.c. Path: cold. Threads: all of the program's. Memory: static.
 * Must not: use thread-local storage or errno, call libc beyond string functions.
 */
#include "helper_state.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "arch.h"
#include "settings.h"
#include "track.h"

#define WAIT_NS 60000000000ul

struct helper_state helper = {.bell = -1};

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
	struct rt_text text = {helper.wanted_label, HELPER_MAX_LABEL, 0};
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
