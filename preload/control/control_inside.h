/*
 * Parts of control.h that only this room uses: shared by start, fork and exit.
 * Path: cold. Threads: any. Memory: static.
 * Must not: be included outside of control/.
 */
#ifndef SILT_CONTROL_INSIDE_H
#define SILT_CONTROL_INSIDE_H

#include <stdbool.h>

/* -- control.c -- */

/* Registers this room's callbacks with record/. Must precede recording. */
void control_register_callbacks(void);
/* True if the settings ask for snapshots that only the helper can take. */
bool control_wants_helper(void);
/* Sets the live bytes at which the next snapshot by growth is due: --growth above the peak. */
void control_set_growth_mark(void);
/* Watches for the peak from now on, if it is to be kept. Must precede recording. */
void control_watch_peak(void);
/* Starts a forked child's helper, once the child has lived longer than a fork followed by exec. */
void control_start_helper_soon(void);
/* Ends the helper for good, and cancels a start that is due. False: the helper does not end. */
bool control_dismiss_helper(void);
/* Forgets how long the end of the program has waited for us: in a new process or recording. */
void control_reset_end(void);
/* Writes the snapshot at exit, ends the helper, reports losses. `heap`: the allocator may be asked
 * for its figures. */
void control_write_exit(bool heap);

/* -- atfork.c -- */

/* Makes the page by which a copy of the process recognises itself. False: no memory. */
bool atfork_make_mark(void);
/* Registers the library's fork handlers, before any others. May wait for a lock of the dynamic
 * linker. */
void atfork_register(void);

/* -- exits.c -- */

/* Looks up the abort() and __assert_fail() that come next. */
void exits_prepare(void);
/* Registers the library's exit handlers. `attached`: the program is running already. */
void exits_register(bool attached);
/* Allows another snapshot at exit: recording begins again. */
void exits_reset(void);

#endif
