/*
 * Does the growth of a finding end, or change, at the end of the time? A cache that has become full
 * does so, and a leak in a program that is idle.
 * Must not: set a confidence.
 */
#ifndef SILT_DIAGNOSE_STANDSTILL_H
#define SILT_DIAGNOSE_STANDSTILL_H

#include <stdbool.h>
#include <stddef.h>

struct facts;
struct finding;

/* Blocks that a finding's parts have allocated and freed. */
struct standstill_flow {
	double made, freed;
};

/* Returns the flow from one snapshot to another. */
struct standstill_flow standstill_flow(const struct facts *facts, const struct finding *finding,
				       size_t first, size_t last);
/* Returns true if others than the finding's parts show what work was done. */
bool standstill_others_work(const struct facts *facts, const struct finding *finding);
/* Returns true if the growth changes at the end: blocks are freed that were not before, or it
 * slows down while the program works as before. A cache that has just become full does so. */
bool standstill_turns(const struct facts *facts, const struct finding *finding);
/* Returns true if there was no rise for a while, and nothing shows whether the program had work
 * then. */
bool standstill_rests(const struct facts *facts, const struct finding *finding);

#endif
