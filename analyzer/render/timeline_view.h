/*
 * Output of `silt timeline`: live heap, resident memory and the sites that grow most, over the time
 * of a run.
 */
#ifndef SILT_RENDER_TIMELINE_VIEW_H
#define SILT_RENDER_TIMELINE_VIEW_H

#include "model/trend.h"
#include "render/choices.h"

struct series;

/* Prints them on standard output, as text or JSON (silt.timeline/1). `width`: columns of the
 * chart; 0: as wide as the terminal, else 80. */
void timeline_view_print(const struct series *series, const struct trend *trend,
			 const struct options *options, uint64_t width);

#endif
