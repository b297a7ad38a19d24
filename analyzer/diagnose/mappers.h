/*
 * Which call stacks map what grows beside malloc's heap? See mappers.c.
 * Must not: know names of mappings.
 */
#ifndef SILT_DIAGNOSE_MAPPERS_H
#define SILT_DIAGNOSE_MAPPERS_H

#include "diagnose/facts.h"

struct diagnosis;
struct profile_site;

#define MAPPERS_LEAST (1 << 19) /* bytes of growth worth a word */

/* Adds findings; returns the bytes of growth that they explain. */
double mappers_find(struct facts *facts, struct diagnosis *diagnosis);
/* The call stack that has most mapped, of those whose mappings hold no blocks, and how much;
 * NULL: none is known. */
const struct profile_site *mappers_most(const struct facts *facts, double *bytes);

#endif
