/*
 * A program that has an allocator built in, without symbols, and calls the C library's malloc, too
 * (CPython has mimalloc, and by default does not use it): which of the two it has used is known
 * when it has run.
 * Must not: print before the end.
 */
#ifndef SILT_SOAK_EITHER_MALLOC_H
#define SILT_SOAK_EITHER_MALLOC_H

#include <stdbool.h>
#include <time.h>

struct program;

/* Keeps the program, which is about to be started, for either_malloc_tell(). */
void either_malloc_note(const struct program *program);
/* After the end of the program: if one of its runs in `out` that were written since `since` had
 * most of its memory neither in malloc's heap nor in the library, prints that, as `command`, and
 * returns true. */
bool either_malloc_tell(const char *command, const char *name, const char *out,
			const struct timespec *since);

#endif
