/*
 * Start, fork, exit, triggers: when the library works and when it writes.
 * Path: cold. Threads: any. Memory: static.
 * Must not: abort, exit, print on standard output, change errno, a signal's disposition or mask
 * unasked.
 */
#ifndef SILT_CONTROL_H
#define SILT_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

/* The program begins to end, by exit() or as main returns: notes it, and where snapshots are taken
 * writes one of the state before handlers and destructors. */
void control_end_begins(void);
/* From the library's constructor, in the first thread: see ending.c. */
void ending_start(void);

/* Recording begins in a program that runs already: after the constructor, which has left it at
 * that. `variables`: see settings_read_from(). Calls of malloc do not come here yet. False: it
 * cannot be. */
bool control_attach(char *const *variables);
/* Calls of malloc come here: the helper starts, if one is asked for. False: it could not. */
bool control_attached(void);
/* It is over: the helper leaves, nothing is recorded, nothing is written. False: the helper does
 * not leave. */
bool control_detach(void);

/* Is this process ours to write for? Not a vfork child, which only borrows its parent's memory; a
 * child made without fork's handlers becomes a process of its own here. */
bool control_own_process(void);
/* Recording is on or can be turned on: the library has not decided to stay away from this
 * program. */
bool control_active(void);
/* Writes a snapshot with the heap graph now. Has it found lost blocks? */
bool control_leak_check(void);
/* Writes a snapshot now; 0, or an errno value. */
int control_snapshot(uint32_t trigger, const char *label);
/* The program is about to forbid itself system calls (false: it could not): from now on this
 * process makes none but for memory; where those are forbidden too (strictly) it records no more.
 * A helper goes on as before; without one a snapshot is written now, in place of that at the end.
 * False: nothing to do, or it was done before. */
bool control_confine(bool confined, bool strictly);
/* Before a system call that the helper would be in the way of: it leaves, for good if the call
 * succeeds, or for the time of the call. True: control_step_back() starts another. Not in a child
 * of vfork(). */
bool control_step_aside(bool for_good);
void control_step_back(void);
/* The program is about to wait for any child with __WALL: the helper is no more one. */
void control_orphan_helper(void);

#endif
