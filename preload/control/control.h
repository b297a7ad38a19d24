/*
 * When the library records and when it writes: start, fork, exit, triggers.
 * Path: cold. Threads: any. Memory: static.
 * Must not: abort, exit, print on standard output, change errno, change a signal's disposition or
 * mask unasked.
 */
#ifndef SILT_CONTROL_H
#define SILT_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

/* The program begins to end: exit() was called, or main has returned. Notes the time and, in a run
 * with several snapshots, writes one of the state before exit handlers and destructors run. */
void control_end_begins(void);
/* Looks up the exit() and quick_exit() that come next. */
void ending_prepare(void);
/* Runs in the library's constructor, in the first thread: see ending.c. */
void ending_start(void);

/* Starts recording in a running process that was attached to. `variables`: see
 * settings_read_from(). The caller then redirects the allocator's functions to the library and
 * calls control_attached(). Returns false if the process cannot be recorded. */
bool control_attach(char *const *variables);
/* Completes an attach once the allocator's functions are redirected: starts the helper, if the
 * settings ask for it, and has earlier blocks recorded. Returns false if the helper does not
 * start. */
bool control_attached(void);
/* Stops recording, and ends the helper. No snapshot is written. Returns false if the helper does
 * not end in time. */
bool control_detach(void);

/* True if this process has a run of its own, and may write to it. False in a vfork child, which
 * borrows its parent's memory. A child made without the handlers of fork() gets its run here. */
bool control_own_process(void);
/* True if the library has started and this program is to be recorded; recording may be switched off
 * at the moment. */
bool control_active(void);
/* Writes a snapshot with the heap graph now. True: the graph has lost blocks. */
bool control_leak_check(void);
/* Writes a snapshot now. `trigger`: enum silt_trigger. Returns 0 or an errno value. */
int control_snapshot(uint32_t trigger, const char *label);
/* The program is about to restrict its system calls by seccomp (`confined`), or failed to (not
 * `confined`). From then on the library makes no system calls in this process but for memory; where
 * those are forbidden too (`strictly`) it stops recording. If no helper runs, writes a snapshot
 * now, in place of the one at exit. Returns false if nothing had to be done. */
bool control_confine(bool confined, bool strictly);
/* Stops the helper before a system call that it would interfere with. `for_good`: if the call
 * succeeds, no other helper follows. Returns true if a helper was stopped: control_restart_helper()
 * is due after the call. Does nothing in a child of vfork(). */
bool control_stop_helper(bool for_good);
/* Starts another helper, at once or, if that happens very often, a second later. */
void control_restart_helper(void);
/* The program is about to wait for any child with __WALL or __WCLONE: replaces the helper by one
 * that is not its child. */
void control_orphan_helper(void);

#endif
