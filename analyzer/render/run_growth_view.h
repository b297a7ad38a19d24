/*
 * What `silt diff --runs` shows: which call sites of two runs grow faster or slower per unit of
 * work.
 */
#ifndef SILT_RENDER_RUN_GROWTH_VIEW_H
#define SILT_RENDER_RUN_GROWTH_VIEW_H

#include "model/run_growth.h"

/* Prints it on standard output, as text or JSON (silt.diff-runs/1). `work`: of the new run, in
 * units of `unit`. */
void run_growth_print(const struct growth_comparison *list, size_t count, double work,
		      const char *unit, bool as_json);

#endif
