/*
 * The rows of the screen of `silt watch`: growing sites, filtered, named and sorted.
 * Must not: draw.
 */
#ifndef SILT_RENDER_SCREEN_ROWS_H
#define SILT_RENDER_SCREEN_ROWS_H

#include <stddef.h>

#include "model/statistics.h"
#include "model/trend.h"
#include "render/screen.h"

struct frame;

struct screen_row {
	const struct trend_row *figures;
	char *name;
	/* bytes since the first snapshot; bytes per second in the last snapshots */
	double growth, rate;
};

/* Returns the place and function of a frame without the directories of its path; the caller frees
 * it. */
char *screen_row_name(const struct frame *frame, enum statistics_key key);
/* Makes the rows that the view shows, in its order; the caller frees each name and the array. */
struct screen_row *screen_rows_make(const struct screen_facts *facts,
				    const struct screen_view *view, size_t *count);

#endif
