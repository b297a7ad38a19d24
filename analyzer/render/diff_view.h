/*
 * Output of `silt diff`: what changed between two snapshots, by call site.
 */
#ifndef SILT_RENDER_DIFF_VIEW_H
#define SILT_RENDER_DIFF_VIEW_H

#include "model/statistics.h"
#include "render/choices.h"

struct snapshot;

/* Prints the difference on standard output, as text or JSON (silt.diff/1). */
void diff_view_print(const struct snapshot *old, const struct snapshot *new,
		     const struct statistics *statistics, const struct options *options);

#endif
