/*
 * Divides the sites of a program into parts: which call stacks are judged together.
 * Must not: know figures.
 */
#ifndef SILT_DIAGNOSE_PARTS_DIVISION_H
#define SILT_DIAGNOSE_PARTS_DIVISION_H

#include "diagnose/parts.h"
#include "model/profile.h"

/* Fills parts->part_of, and adds the parts without figures, for the sites in `among` (NULL: for all
 * sites). `last`: the profile of snapshot parts->end - 1. */
void parts_divide(struct parts *parts, const struct profile *last, enum parts_level level,
		  const bool *among);

#endif
