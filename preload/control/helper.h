/*
 * The helper: a process that shares this process's memory (CLONE_VM) but not its thread group,
 * descriptors, signal handlers or working directory. It takes the snapshots that come by time,
 * growth, signal or request, and the last one where a signal ends the program.
 * Path: cold. Threads: the helper is not a thread of the program, which stays single-threaded
 * for the C library and the kernel. Memory: a stack of 128 KiB, which bounds what its code may put
 * there.
 * Must not: use thread-local storage or errno (those are its maker's), call libc beyond string
 * functions, keep open any descriptor of the program, be found by the program's wait(), wait
 * without a limit, outlive the program by more than its last snapshot.
 *
 * What ends it. exit(), _exit(), quick_exit() and abort() ask it to leave and wait for that, so
 * that with the program all of its memory is gone: the executable is no longer busy, System V
 * segments are detached. exec ends it in the same way. If a signal ends the program, a pidfd tells,
 * and the helper writes the last snapshot before it ends. A timer of the kernel's kills it if a
 * snapshot takes too long. Each error of a system call that it waits with is followed by a sleep;
 * where even that is refused, it ends. Programs that it would be in the way of (setns(), unshare())
 * see it leave and come back (helper_calls.c).
 *
 * Whose child it is. It is a child of the program without a signal at its end, and the program
 * reaps it by its number. wait() without __WALL or __WCLONE does not see such a child; for a
 * program that waits with these for any child the helper is started again as an orphan. What else
 * was considered:
 * - an orphan from the start, by way of a process in between: it becomes a zombie for good where
 *   process 1 does not wait for children it does not know, as in most containers; reparenting sets
 *   its exit signal to SIGCHLD, so process 1 sees it;
 * - a second thread of a process in between: a thread that is not the leader leaves no zombie, but
 *   its leader does;
 * - the program's parent as its parent (CLONE_PARENT): nobody reaps it there;
 * - a parent that ignores SIGCHLD, for which the kernel reaps: somebody has to reap that parent in
 *   turn.
 * If the program is killed, the helper becomes an orphan too, and somebody else has to reap it:
 * process 1, or `silt run`, which is a subreaper where process 1 does not look like one that waits.
 * There is no other way before Linux has children that reap themselves.
 */
#ifndef SILT_HELPER_H
#define SILT_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/run.h"

/* The longest that the end of the program waits for everything of ours together. */
#define HELPER_END_NS 2000000000ul

/* Starts it, if it does not run. False: the system would not. */
bool helper_start(void);
/* Waits, a second at most, until it listens, if that is asked for: whoever started the program
 * finds it from then on, also where the program ends at once. */
void helper_wait_listening(void);
/* Also ends a helper that somebody has stopped (SIGSTOP), when asked time and again while a thread
 * waits for it. */
bool helper_running(void);

enum helper_result { HELPER_WRITTEN, HELPER_NONE, HELPER_LATE };
/* Asks for a snapshot and waits until it is written, at most until `deadline_ns` on the monotonic
 * clock (0: a minute, and the time a graph may take). HELPER_NONE: there is no helper to do it.
 * HELPER_LATE: it is still at it. */
enum helper_result helper_snapshot(const struct run_request *request, uint64_t deadline_ns);
/* Asks for one without waiting; safe in a signal handler and while the program holds any lock. */
void helper_request(uint32_t trigger);
#define HELPER_TAKES_EARLIER 31u /* in place of a trigger */
/* After earlier_prepare(): has it take the blocks from before (record/earlier.h), without waiting.
 * In a program of one thread, which is this one, nothing has to be stopped: they are taken at
 * once. */
void helper_take_earlier(void);
/* The program's last snapshot has been written: none is needed when it is gone. */
void helper_last_written(void);
/* The program's snapshot before an abort() has been written: if a handler jumps out of that, more
 * may come. */
void helper_may_live_on(void);
/* Asks it to end, for good or because another will be started, and waits until the kernel has
 * taken its hold on the memory away. False: not before `deadline_ns`. */
bool helper_leave(uint64_t deadline_ns, bool for_good);
/* Has one been started that has not been seen to end? */
bool helper_exists(void);
/* Where it does not leave. False: it could not be killed. */
bool helper_kill(void);
/* Has it ended, since this was asked last, because another has to take its place? */
bool helper_wants_successor(void);
/* From the next start on it is not the program's child. */
void helper_make_orphan(void);
bool helper_is_orphan(void);
/* The program makes no system call for us any more: the helper looks by itself whether it is
 * asked, and takes the snapshot at the end. */
void helper_confine(void);
/* This process is a copy: it has no helper. */
void helper_after_fork(void);

#endif
