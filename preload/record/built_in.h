/*
 * The allocator that is linked into the executable: its functions, which no search order leads to,
 * are overwritten with jumps to ours, as include/silt_built_in.h says. Two heaps then lie side by
 * side: its blocks, and those of malloc in shared libraries (interpose.c).
 * Path: built_in_start() cold, once; the calls warm. Threads: the first; all. Memory: a page or two
 * near the executable, and the pages of its code that are written to.
 * Must not: change a byte unless all functions named are what they are said to be, nor while other
 * threads run.
 */
#ifndef SILT_RECORD_BUILT_IN_H
#define SILT_RECORD_BUILT_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rt.h"
#include "silt_built_in.h"

/* What each function was before, by its name; NULL: there is none. Called with its own
 * arguments. */
struct built_in {
#define NAME(name, prefixed) void *name;
	SILT_BUILT_IN_NAMES(NAME)
	SILT_BUILT_IN_FIGURES(NAME)
#undef NAME
};
extern struct built_in built_in RT_HIDDEN;

enum built_in_result {
	/* they lead to ours */
	BUILT_IN_DONE,
	/* the text is of another program */
	BUILT_IN_OTHER,
	/* nothing was changed, and `*reason` says why */
	BUILT_IN_REFUSED,
};

/* Reads `text` (SILT_BUILT_IN) and leads the functions here. Called when the modules are known,
 * before the constructors of the executable. */
enum built_in_result built_in_start(const char *text, const char **reason);

#endif
