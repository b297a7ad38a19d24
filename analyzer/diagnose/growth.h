/*
 * Does a figure grow without bound? Facts about its series only.
 * Must not: know what the figure is of.
 *
 * The lower envelope is judged: what is given back now and then (sawtooth, churn) does not count as
 * growth. The time after the warm-up is cut into segments; a leak's least value rises from segment
 * to segment to the end. A cache that fills decelerates and stops, one-off start-up lies before, a
 * buffer that doubles stands still most of the time. What rose evenly and stands still only at the
 * end is flat: a cache that is full now, or a leak in a program that has nothing more to do; which
 * of the two, the figure alone cannot tell. A staircase is not flat: it stood still before.
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
#define GROWTH_INTERVALS 5 /* fewer after the warm-up say nothing */

enum growth_verdict {
	GROWTH_NONE,	   /* it stays, falls, or swings */
	GROWTH_SATURATING, /* it rises ever more slowly */
	GROWTH_STEADY,	   /* it rises to the end */
};

struct growth {
	enum growth_verdict verdict;
	/* rise of the lower envelope after warm-up */
	double total;
	/* per second, after warm-up */
	double rate;
	/* the least rise from one segment to the next, as a share of the mean one */
	double weakest;
	/* the rise in the last segment, likewise */
	double last;
	/* in the last segment it hardly rises any more, unlike in any before */
	bool flat;
	/* the rise of the later half as a share of that of the earlier */
	double pace;
	/* the deepest below an earlier value */
	double fall;
	/* steps from segment to segment that rise, and all */
	size_t rising, segments;
};

/* The first snapshot after the warm-up: `warmup` seconds after the first one, or where that is
 * negative a third of the time. */
size_t growth_start(const double *seconds, size_t count, double warmup);
/* `values` at `seconds`, or along another axis, from `start` on. */
struct growth growth_judge(const double *values, const double *seconds, size_t start, size_t count);

/* The same of what is looked at now and then, at uneven times that the figure has no part in: what
 * it rises by over a gap is no leap. */
struct growth growth_judge_seldom(const double *values, const double *seconds, size_t count);

#endif
