/*
 * Checks whether the helper has more rights than the program. See rights.c.
 * Path: cold. Threads: the helper. Memory: two buffers.
 * Must not: trust what the program can write to, except to judge that program.
 */
#ifndef SILT_RIGHTS_H
#define SILT_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

/* Opens what is read later. In the helper, as it starts. */
void rights_start(uint32_t program);
/* True if the helper has ids, groups or capabilities that the program lacks, or is in another user
 * namespace. If the program's cannot be read, because it is gone, the helper gives up its
 * capabilities. */
bool rights_exceed_program(void);
/* True if the helper runs as root or has capabilities. */
bool rights_are_special(void);

#endif
