/*
 * The helper: a process that shares this process's memory (CLONE_VM) but not its thread group,
 * descriptors, signal handlers or working directory. It takes the snapshots by time, growth, signal
 * or request, and the last one if a signal kills the program.
 * Path: cold. Threads: the helper is no thread of the program, which stays single-threaded for the
 * C library and the kernel. Memory: a stack of 128 KiB, which bounds its code's use of stack.
 * Must not: use thread-local storage or errno (they are the creating thread's), call libc beyond
 * string functions, keep a descriptor of the program open, be found by the program's wait(), wait
 * without a timeout, outlive the program by more than its last snapshot.
 *
 * Its end. exit(), _exit(), quick_exit(), abort() and exec ask it to end and wait for that: the
 * program's memory must be gone when the program is, so that the executable is not busy and System
 * V segments are detached. If a signal kills the program, a pidfd tells the helper, which writes
 * the last snapshot and ends. A kernel timer kills the helper if a snapshot takes too long. After a
 * failed wait it sleeps; if sleeping fails too, it ends. It ends and is restarted around calls that
 * it would interfere with, such as setns() and unshare() (helper_calls.c).
 *
 * Its parent. It is a child of the program that sends no signal when it ends, and the program reaps
 * it by pid. wait() without __WALL or __WCLONE ignores such a child; for a program that waits for
 * any child with these flags, the helper is restarted as an orphan. Alternatives that do not work:
 * - an orphan from the start, by way of an intermediate process: it stays a zombie where process 1
 *   does not wait for unknown children, as in most containers; reparenting sets its exit signal to
 *   SIGCHLD, so process 1 sees it;
 * - a second thread of an intermediate process: a thread that is not the leader leaves no zombie,
 * but
 *   its leader does;
 * - CLONE_PARENT: the program's parent does not reap it; - a parent that ignores SIGCHLD, for which
 * the kernel reaps: that parent has to be reaped in turn. If the program is killed, the helper
 * becomes an orphan all the same, and is reaped by process 1, or by `silt run`, which makes itself
 * a subreaper if process 1 does not seem to wait. Linux offers no better way.
 */
#ifndef SILT_HELPER_H
#define SILT_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/run.h"

/* The longest that the end of the program waits for the library in all, nanoseconds. */
#define HELPER_END_NS 2000000000ul

/* Starts the helper unless it runs. False: it cannot be started. */
bool helper_start(void);
/* Waits, for a second at most, until the helper accepts requests, if `silt run` asked for that:
 * whoever started the program can then reach it even if the program ends at once. */
void helper_wait_listening(void);
/* True if the helper runs. Called repeatedly by threads that wait for the helper, it also kills one
 * that somebody has stopped (SIGSTOP) for half a second. */
bool helper_running(void);

enum helper_result { HELPER_WRITTEN, HELPER_NONE, HELPER_LATE };
/* Asks for a snapshot and waits until it is written, until `deadline_ns` on the monotonic clock at
 * most (0: a minute, and the time that a graph may take). HELPER_NONE: no helper runs. HELPER_LATE:
 * the helper is still at work. */
enum helper_result helper_snapshot(const struct run_request *request, uint64_t deadline_ns);
/* Asks for a snapshot without waiting. Safe in a signal handler, and whatever locks are held. */
void helper_request(uint32_t trigger);
#define HELPER_TAKES_EARLIER 31u /* a request beside the triggers */
/* After earlier_prepare(): has the helper record the earlier blocks (record/earlier.h), without
 * waiting for it. In a program of one thread, the calling one, records them at once. */
void helper_take_earlier(void);
/* The program's last snapshot has been written: the helper writes none when the program is gone. */
void helper_note_last_written(void);
/* The snapshot before an abort() has been written. If a handler jumps out of that, more may
 * come. */
void helper_note_abort_written(void);
/* Asks the helper to end, for good or because another will be started, and waits until the kernel
 * has released its share of the memory. False: not by `deadline_ns`, monotonic clock. */
bool helper_leave(uint64_t deadline_ns, bool for_good);
/* True if a helper was started, and has not been seen to end. */
bool helper_exists(void);
/* Kills a helper that does not end when asked. False: it could not be killed. */
bool helper_kill(void);
/* True once after the helper has ended because it had more rights than the program: another has to
 * be started. */
bool helper_needs_successor(void);
/* From the next start on, the helper is not a child of the program. */
void helper_make_orphan(void);
bool helper_is_orphan(void);
/* The program makes no system calls for us any more: the helper polls for requests, and takes the
 * snapshot at the end. */
void helper_confine(void);
/* This process is a copy of another, and has no helper. */
void helper_after_fork(void);

#endif
