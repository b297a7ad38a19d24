/*
 * What recording costs: runs of a program with and without the library, in turn, their medians and
 * spread.
 */
#ifndef SILT_SOAK_MEASURE_H
#define SILT_SOAK_MEASURE_H

#include "render/overhead_view.h"

/* Fills in the figures for `command` and `runs`. -1, or the exit status where there are none:
 * interrupted, the program cannot be started, or after printing what is wrong. To be freed with
 * measure_free() in all cases. */
int measure_overhead(struct overhead *overhead);
void measure_free(struct overhead *overhead);

#endif
