/*
 * What stands in for the functions of an allocator in the executable: each records, and calls what
 * the function was before (built_in.h). Blocks smaller than BLOCKS_MIN_REQUEST are asked for with
 * that size.
 * Path: warm. Threads: all. Memory: none.
 * Must not: be called by silt; ask another function of the allocator than the one that was called.
 */
#ifndef SILT_RECORD_BUILT_IN_CALLS_H
#define SILT_RECORD_BUILT_IN_CALLS_H

#include "silt_built_in.h"

/* Called with the arguments of the function of that name, by the program. */
#define NAME(name, prefixed) void built_in_##name(void);
SILT_BUILT_IN_NAMES(NAME)
#undef NAME

#endif
