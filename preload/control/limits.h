/*
 * What limits of memory (setrlimit(2): RLIMIT_AS, RLIMIT_DATA) do to a program under the library,
 * which takes a part of what they allow.
 * Path: cold. Threads: one at a time (run.c's lock, or the end of the program). Memory: none.
 * Must not: change a limit; say more than once.
 */
#ifndef SILT_LIMITS_H
#define SILT_LIMITS_H

/* Why a snapshot could not be written for want of memory, as the end of a sentence: with the limit
 * that is to be raised, if there is one. */
const char *limits_no_memory(void);
/* Says, once, that an allocation was refused that there would have been room for without the
 * library. */
void limits_say_refused(void);

#endif
