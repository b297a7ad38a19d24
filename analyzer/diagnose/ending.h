/*
 * Where what is judged ends: before a program gives back what it has.
 * Must not: judge.
 */
#ifndef SILT_DIAGNOSE_ENDING_H
#define SILT_DIAGNOSE_ENDING_H

#include "model/series.h"

/* One past the last snapshot to judge, of the first `end`: a program that frees most of its
 * heap and then ends has come to its end before it says so. At least `least` are kept. */
size_t ending_find(const struct series *series, size_t end, size_t least);

#endif
