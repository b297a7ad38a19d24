/*
 * Records an allocator that is linked into the executable. Interposition does not reach its
 * functions, so they are overwritten with jumps to ours, see include/silt_built_in.h. The process
 * then has two recorded heaps: the allocator's, and that of malloc in shared libraries
 * (interpose.c).
 * Path: cold, once. Threads: the first, while it is the only one. Memory: a page or two near the
 * executable, and the pages of its code that are written to.
 * Must not: change any code unless all functions are as described, and no other thread runs.
 */
#ifndef SILT_RECORD_BUILT_IN_H
#define SILT_RECORD_BUILT_IN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rt.h"
#include "silt_built_in.h"

/* How to call each function as it was before it was overwritten; NULL: it does not exist. */
struct built_in {
#define NAME(name, prefixed) void *name;
	SILT_BUILT_IN_NAMES(NAME)
	SILT_BUILT_IN_FIGURES(NAME)
#undef NAME
};
extern struct built_in built_in RT_HIDDEN;

enum built_in_result {
	/* the functions are overwritten */
	BUILT_IN_DONE,
	/* the text does not describe this program; nothing was changed */
	BUILT_IN_OTHER,
	/* nothing was changed, for the reason in *reason */
	BUILT_IN_REFUSED,
};

/* Overwrites the functions that `text`, the value of SILT_BUILT_IN, describes. Sets *reason to a
 * static text if it returns BUILT_IN_REFUSED. Call when the modules are known, before the
 * constructors of the executable. */
enum built_in_result built_in_start(const char *text, const char **reason);

#endif
