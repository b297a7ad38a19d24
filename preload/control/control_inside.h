/*
 * What start, fork and exit of the program share: the parts of control.h that only this room uses.
 * Path: cold. Threads: any. Memory: static.
 * Must not: be included outside of control/.
 */
#ifndef SILT_CONTROL_INSIDE_H
#define SILT_CONTROL_INSIDE_H

#include <stdbool.h>

/* -- control.c -- */

/* record/ asks for what control/ has to do. Before recording begins. */
void control_listen(void);
/* Do the settings ask for snapshots that only the helper can take? */
bool control_wants_helper(void);
/* The next snapshot by growth is due --growth bytes above the highest number of live bytes. */
void control_set_growth_mark(void);
/* A forked child that lives longer than a fork-and-exec gets a helper. */
void control_start_helper_soon(void);
/* No helper is due any more; one that runs leaves for good. False: it does not leave. */
bool control_dismiss_helper(void);
/* The end of the program has not been waited for yet: a new process, or recording begins anew. */
void control_end_anew(void);
/* Writes the snapshot at exit, ends the helper, says what was lost. `heap`: the allocator may be
 * asked for its figures. */
void control_write_exit(bool heap);

/* -- atfork.c -- */

/* Makes the page by which a copy of the process is told. False: no memory. */
bool atfork_make_mark(void);
/* Registers the library's handlers of fork before any others. May wait for a lock of the dynamic
 * linker. */
void atfork_register(void);

/* -- exits.c -- */

/* Registers the library's exit handlers. `attached`: the program runs already. */
void exits_register(bool attached);
/* The snapshot at exit has not been written yet: recording begins anew. */
void exits_anew(void);

#endif
