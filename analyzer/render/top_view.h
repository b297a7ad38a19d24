/*
 * Output of `silt top`: the statistics of one snapshot, or its functions as a profile.
 */
#ifndef SILT_RENDER_TOP_VIEW_H
#define SILT_RENDER_TOP_VIEW_H

#include "model/statistics.h"
#include "render/choices.h"
#include "render/functions_view.h"

struct functions;
struct snapshot;

/* Print on standard output, as text or JSON (silt.top/1). */
void top_view_print(const struct snapshot *snapshot, const struct statistics *statistics,
		    const struct options *options);
void top_view_print_functions(const struct snapshot *snapshot, const struct functions *functions,
			      struct functions_view *view, const struct options *options);

#endif
