/* Finds where the judged time ends: see ending.h. */
#include "diagnose/ending.h"
#include "silt_snapshot.h"

#define LATE 4		/* last snapshots in which a program may free what it has, */
#define LATE_SHARE 0.15 /* and last share of the time of the run */
#define LEFT 0.5	/* share of the live blocks: fewer are left after that */

static bool has_ended(const struct series *series)
{
	switch (series->snapshots[series->count - 1]->process.trigger) {
	case SILT_TRIGGER_EXIT:
	case SILT_TRIGGER_KILLED:
	case SILT_TRIGGER_ENDING:
		return true;
	default:
		return false;
	}
}

size_t ending_find(const struct series *series, size_t end, size_t least)
{
	size_t highest = end - 1;
	double all = series->seconds[end - 1] - series->seconds[0];

	if (!has_ended(series))
		return end;
	for (size_t i = end - 1; i + LATE > end && i > 0 && i >= least; i--) {
		double late = series->seconds[end - 1] - series->seconds[i - 1];

		if (late <= LATE_SHARE * all &&
		    series->snapshots[i - 1]->process.live_blocks >
			    series->snapshots[highest]->process.live_blocks)
			highest = i - 1;
	}
	return (double)series->snapshots[end - 1]->process.live_blocks <
			       LEFT * (double)series->snapshots[highest]->process.live_blocks
		       ? highest + 1
		       : end;
}
