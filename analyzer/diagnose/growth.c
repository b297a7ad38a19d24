/*
 * Does a figure grow without bound? See growth.h.
 * Must not: know what the figure is of.
 */
#include "diagnose/growth.h"

size_t growth_start(const double *seconds, size_t count, double warmup)
{
	double from;
	size_t start = 0;

	if (count == 0)
		return 0;
	from = seconds[0] + (warmup >= 0 ? warmup : (seconds[count - 1] - seconds[0]) / 3);
	while (start + 1 < count && seconds[start] < from - 1e-9)
		start++;
	return start;
}

/* Which segment, not before `last`: in a damaged file an axis may run backwards. */
static int segment_at(double share, int last)
{
	int segment = !(share < 1) ? GROWTH_SEGMENTS - 1
		      : share > 0  ? (int)(share * GROWTH_SEGMENTS)
				   : 0;

	return segment < last ? last : segment;
}

/* The least value of each segment; how many segments there are. */
static size_t envelope(const double *values, const double *seconds, size_t start, size_t count,
		       double *least)
{
	double begin = seconds[start], span = seconds[count - 1] - begin;
	size_t segments = 0;
	int last = -1;

	for (size_t i = start; i < count; i++) {
		int segment = segment_at(span > 0 ? (seconds[i] - begin) / span : 0, last);

		if (segment != last)
			least[segments++] = values[i];
		else if (values[i] < least[segments - 1])
			least[segments - 1] = values[i];
		last = segment;
	}
	return segments;
}

/* How far the values lie from the line between the envelope's ends, at most, below it. */
static double deepest_fall(const double *values, size_t start, size_t count)
{
	double highest = values[start], fall = 0;

	for (size_t i = start; i < count; i++) {
		if (values[i] > highest)
			highest = values[i];
		if (highest - values[i] > fall)
			fall = highest - values[i];
	}
	return fall;
}

#define STILL 0.25 /* of the mean step */

static bool is_flat(const double *least, size_t segments, double mean)
{
	for (size_t i = 0; i + 2 < segments; i++)
		if (least[i + 1] - least[i] < STILL * mean)
			return false;
	return least[segments - 1] - least[segments - 2] < STILL * mean;
}

struct growth growth_judge(const double *values, const double *seconds, size_t start, size_t count)
{
	struct growth growth = {.verdict = GROWTH_NONE};
	double least[GROWTH_SEGMENTS], mean, late = 0, early = 0, weakest = 0;
	size_t segments;

	if (count < start + GROWTH_INTERVALS + 1)
		return growth;
	segments = envelope(values, seconds, start, count, least);
	if (segments < 3)
		return growth;
	growth.segments = segments - 1;
	growth.total = least[segments - 1] - least[0];
	if (growth.total <= 0)
		return growth;
	mean = growth.total / (double)growth.segments;
	weakest = growth.total;
	for (size_t i = 0; i + 1 < segments; i++) {
		double rise = least[i + 1] - least[i];

		growth.rising += rise > 0;
		if (rise < weakest)
			weakest = rise;
		if (i < growth.segments / 2)
			early += rise;
		if (i >= growth.segments - growth.segments / 2)
			late += rise;
	}
	growth.weakest = weakest / mean;
	growth.last = (least[segments - 1] - least[segments - 2]) / mean;
	growth.rate = growth.total / (seconds[count - 1] - seconds[start]);
	growth.pace = early > 0 ? late / early : 1;
	if (growth.weakest < -0.4)
		return growth; /* it also falls */
	/* Swings as large as the whole rise: noise. */
	growth.fall = deepest_fall(values, start, count);
	if (growth.fall > growth.total)
		return growth;
	growth.flat = is_flat(least, segments, mean);
	if (late < early / 2 || late <= 0) {
		growth.verdict = GROWTH_SATURATING;
		return growth;
	}
	if (growth.rising * 5 >= growth.segments * 3)
		growth.verdict = GROWTH_STEADY;
	return growth;
}
