/*
 * Judges whether a figure grows without bound, by its values over time only.
 * Must not: know what the figure is of.
 *
 * The lower envelope is judged: what is given back now and then (sawtooth, churn) is not growth.
 * The time after the warm-up is divided into segments. The lowest value of a leak rises from
 * segment to segment until the end. A cache that fills decelerates and stops; a one-off start-up
 * lies before the segments; a buffer that doubles stands still most of the time. A figure that rose
 * evenly and stands still only in the last segment is flat: a full cache, or a leak in a program
 * that has no more work; the figure alone cannot say which. A staircase is not flat: it stood still
 * before.
 *
 * Sources: the weakest interval after warm-up separates leaks from noise better than the mean; a
 * trend test alone (Mann-Kendall) is prone to false alarms (F. Machida et al., "Effectiveness of
 * Software Aging Detection by Mann-Kendall Test", ISSRE 2013); survivors by birth interval as
 * evidence are after NetBeans' surviving generations.
 */
#ifndef SILT_DIAGNOSE_GROWTH_H
#define SILT_DIAGNOSE_GROWTH_H

#include <stdbool.h>
#include <stddef.h>

#define GROWTH_SEGMENTS 6
#define GROWTH_INTERVALS 5 /* fewer intervals after the warm-up prove nothing */

enum growth_verdict {
	GROWTH_NONE,	   /* constant, falling or swinging */
	GROWTH_SATURATING, /* rises ever more slowly */
	GROWTH_STEADY,	   /* rises until the end */
};

struct growth {
	enum growth_verdict verdict;
	/* rise of the lower envelope after the warm-up */
	double total;
	/* the rise for each second, or unit of another axis */
	double rate;
	/* the smallest rise from one segment to the next, divided by the mean rise */
	double weakest;
	/* the rise in the last segment, divided by the mean rise */
	double last;
	/* hardly rises in the last segment, unlike in all before */
	bool flat;
	/* rise of the later half divided by that of the earlier half */
	double pace;
	/* the deepest fall below an earlier value */
	double fall;
	/* steps between segments that rise, and all steps */
	size_t rising, segments;
};

/* Returns the first snapshot after the warm-up: `warmup` seconds after the first snapshot; if
 * that is negative, a third of the time after it. */
size_t growth_start(const double *seconds, size_t count, double warmup);
/* Judges `values` at `seconds` (or along another axis) from index `start` on. */
struct growth growth_judge(const double *values, const double *seconds, size_t start, size_t count);

/* Judges a figure that is known only at uneven times, which do not depend on it: a rise over a
 * gap between two values is spread over the gap. */
struct growth growth_judge_seldom(const double *values, const double *seconds, size_t count);

#endif
