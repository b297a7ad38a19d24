/*
 * Steps over code without unwind information, such as musl's, by finding the call that led to it.
 * Path: cold, microseconds. Threads: each with its own struct unwind_walk. Memory: the stack.
 * Must not: take a word for a return address unless it follows a call to the function.
 */
#ifndef SILT_UNWIND_SCAN_H
#define SILT_UNWIND_SCAN_H

#include "unwind/capture.h"
#include "unwind/step.h"

/* Steps to the caller. UNWIND_FAILED: no such call was found. Then, and at the outermost frame,
 * `state` is unchanged. */
enum unwind_step unwind_scan(struct unwind_walk *walk, struct unwind_state *state);

#endif
