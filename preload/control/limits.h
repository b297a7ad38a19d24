/*
 * Reports when memory limits (setrlimit(2): RLIMIT_AS, RLIMIT_DATA) are reached in a program under
 * the library, which uses part of what they allow.
 * Path: cold. Threads: one at a time (run.c's lock, or the end of the program). Memory: none.
 * Must not: change a limit; report more than once.
 */
#ifndef SILT_LIMITS_H
#define SILT_LIMITS_H

/* Why a snapshot found no memory, as the end of a message; names the limit to raise, if any. */
const char *limits_no_memory(void);
/* Reports, once, an allocation that failed at a limit but would have succeeded without the
 * library. */
void limits_report_refused(void);

#endif
