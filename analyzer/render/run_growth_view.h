/*
 * Output of `silt diff --runs`: which call sites grow faster or slower per unit of work in the new
 * run than in the old.
 */
#ifndef SILT_RENDER_RUN_GROWTH_VIEW_H
#define SILT_RENDER_RUN_GROWTH_VIEW_H

#include "model/run_growth.h"

/* Prints the comparison on standard output, as text or JSON (silt.diff-runs/1). `work`: the work
 * of the new run, in units called `unit`. */
void run_growth_print(const struct growth_comparison *list, size_t count, double work,
		      const char *unit, bool as_json);

#endif
