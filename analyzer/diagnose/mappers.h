/*
 * Finds the call stacks that map the memory which grows outside malloc's heap: see mappers.c.
 * Must not: know names of mappings.
 */
#ifndef SILT_DIAGNOSE_MAPPERS_H
#define SILT_DIAGNOSE_MAPPERS_H

#include "diagnose/facts.h"

struct diagnosis;
struct profile_site;

#define MAPPERS_LEAST (1 << 19) /* bytes; less growth is not reported */

/* Adds findings. Returns the bytes of growth that they explain. */
double mappers_find(struct facts *facts, struct diagnosis *diagnosis);
/* Returns the call stack that has mapped most, of those whose mappings contain no blocks of
 * malloc, and stores the bytes; NULL: none is known. */
const struct profile_site *mappers_most(const struct facts *facts, double *bytes);

#endif
