/*
 * Judges a few blocks that become larger, or more, in steps: too few to say that they grow without
 * bound, too many for a heap that stays.
 * Must not: add findings.
 */
#include <stdlib.h>

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/parts.h"
#include "model/series.h"

/* -- blocks that become larger in steps -- */

#define STEP 1.25 /* times the bytes at the snapshot before */
#define STEPS 3	  /* steps since the start, the last of them after the warm-up */
#define STEPPING_BLOCKS 64
#define STEPPING_BYTES 4096 /* bytes that the last steps add */

bool steps_become_larger(const struct facts *facts, uint32_t number)
{
	const struct series_point *points = facts->parts->list[number].points;
	size_t steps = 0, last = facts->end - 1, at = 0;

	if (points[last].blocks > STEPPING_BLOCKS ||
	    points[last].blocks > points[facts->start].blocks ||
	    points[last].bytes < points[facts->start].bytes + STEPPING_BYTES)
		return false;
	for (size_t i = 1; i < facts->end; i++) {
		if (points[i].bytes < points[i - 1].bytes)
			return false;
		if ((double)points[i].bytes > STEP * (double)points[i - 1].bytes) {
			steps++;
			at = i;
		}
	}
	return steps >= STEPS && at > facts->start;
}

/* -- what becomes more by one block now and then -- */

#define ONE_BY_ONE_BYTES 16384 /* that they add */
#define ONE_BY_ONE_MOST 16     /* more blocks than these are judged */
#define APART 2.0	       /* times the mean: the longest distance between two */
#define MAY_GO 4	       /* one block may be freed for so many that are added */

/* Returns the number of times that blocks are added to a part, if these are at even distances along
 * an axis to its end; else 0. */
static size_t even_steps(const struct facts *facts, const struct series_point *points,
			 const double *axis)
{
	size_t last = facts->end - 1, steps = 0;
	double since = axis[facts->start], longest = 0, mean;

	for (size_t i = facts->start + 1; i <= last; i++) {
		if (points[i].total_blocks == points[i - 1].total_blocks)
			continue;
		if (steps++ && axis[i] - since > longest)
			longest = axis[i] - since;
		since = axis[i];
	}
	mean = (axis[last] - axis[facts->start]) / (double)(steps + 1);
	return longest <= APART * mean && axis[last] - since <= APART * mean ? steps : 0;
}

/* Returns true if the steps are even by the clock, by the time at work, or by work: a stall, or
 * less load, is no standstill. */
static bool steps_evenly(const struct facts *facts, const struct series_point *points)
{
	const struct axes *axes = facts->axes;
	double *active = axes_active(axes, points);
	bool even = even_steps(facts, points, axes->seconds) >= STEPS ||
		    even_steps(facts, points, active) >= STEPS ||
		    even_steps(facts, points, axes->work) >= STEPS;

	free(active);
	return even;
}

/* Too few to judge, and no proof of a heap that stays. */
bool steps_add_blocks(const struct facts *facts, uint32_t number)
{
	const struct series_point *points = facts->parts->list[number].points,
				  *first = &points[facts->start], *last = &points[facts->end - 1];
	uint64_t made = last->total_blocks - first->total_blocks, more;

	if (last->blocks < first->blocks + STEPS || last->bytes < first->bytes + ONE_BY_ONE_BYTES)
		return false;
	more = last->blocks - first->blocks;
	return more < ONE_BY_ONE_MOST && (made - more) * MAY_GO <= made &&
	       steps_evenly(facts, points);
}
