/*
 * Measures what recording costs: runs of a program with and without the library, in turn, their
 * medians and spread.
 */
#ifndef SILT_SOAK_MEASURE_H
#define SILT_SOAK_MEASURE_H

#include "render/overhead_view.h"

/* Measures overhead->command, overhead->runs times with and without the library, and stores the
 * figures. Returns -1, or an exit status if there are none: interrupted, the program cannot be
 * started, or an error that was printed. Call measure_free() in all cases. */
int measure_overhead(struct overhead *overhead);
void measure_free(struct overhead *overhead);

#endif
