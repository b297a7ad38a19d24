/*
 * Finds where the judged time ends: before the program frees what it has.
 * Must not: judge.
 */
#ifndef SILT_DIAGNOSE_ENDING_H
#define SILT_DIAGNOSE_ENDING_H

#include "model/series.h"

/* Returns the number of snapshots to judge, of the first `end`. A program that frees most of its
 * heap and then ends has begun its end before it says so. Keeps at least `least`. */
size_t ending_find(const struct series *series, size_t end, size_t least);

#endif
