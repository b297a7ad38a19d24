/*
 * Why snapshots of the run could not be written. run.h has run_report_lost(), which says it once.
 * Path: cold. Threads: those that write snapshots, under the run's lock. Memory: static.
 * Must not: print where the program has put its own file in place of standard error.
 */
#ifndef SILT_RUN_LOST_H
#define SILT_RUN_LOST_H

/* Begins a run that has lost no snapshot. */
void run_lost_begin(void);
/* Lets it be said again, for a process that is attached to again. */
void run_lost_say_again(void);
/* Notes why a snapshot was lost: -errno. */
void run_lost_note(long error);

#endif
