/*
 * Steps over code that has no unwind information, as musl has none: by the call that led to it.
 * Path: cold, microseconds. Threads: each with its own struct unwind_walk. Memory: the stack.
 * Must not: take a word for a return address that no call to the function stands before.
 */
#ifndef SILT_UNWIND_SCAN_H
#define SILT_UNWIND_SCAN_H

#include "unwind/capture.h"
#include "unwind/step.h"

/* UNWIND_FAILED: no such call is found. Then, and where this is the outermost frame, `state` is as
 * it was. */
enum unwind_step unwind_scan(struct unwind_walk *walk, struct unwind_state *state);

#endif
