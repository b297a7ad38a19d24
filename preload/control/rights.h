/*
 * Does the helper have more rights than the program has now? See rights.c.
 * Path: cold. Threads: the helper. Memory: two buffers.
 * Must not: trust what the program can write to further than its own answer.
 */
#ifndef SILT_RIGHTS_H
#define SILT_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

/* In the helper, as it starts: opens what is read later. */
void rights_start(uint32_t program);
/* Has the helper ids, groups or capabilities that the program has not, or is it in another user
 * namespace? Where the program's cannot be read, because it is gone, the helper's capabilities are
 * given up. */
bool rights_exceed(void);
/* Has it any that a usual user has not? */
bool rights_are_special(void);

#endif
