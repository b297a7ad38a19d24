/*
 * The functions that replace those of an allocator in the executable: each records, and calls the
 * function that it replaces (built_in.h). Requests below BLOCKS_MIN_REQUEST are raised to that.
 * Path: warm. Threads: all. Memory: none.
 * Must not: be called by silt.
 */
#ifndef SILT_RECORD_BUILT_IN_CALLS_H
#define SILT_RECORD_BUILT_IN_CALLS_H

#include "silt_built_in.h"

/* Declared without parameters here: each has those of the function that it replaces. */
#define NAME(name, prefixed) void built_in_##name(void);
SILT_BUILT_IN_NAMES(NAME)
#undef NAME

#endif
