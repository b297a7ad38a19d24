/*
 * Judges whether a figure grows without bound: see growth.h.
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

/* Returns the segment at a share of the time, not before `last`: the axis of a damaged file may
 * run backwards. */
static int segment_at(double share, int last)
{
	int segment = !(share < 1) ? GROWTH_SEGMENTS - 1
		      : share > 0  ? (int)(share * GROWTH_SEGMENTS)
				   : 0;

	return segment < last ? last : segment;
}

/* The lower envelope. */
struct envelope {
	double least[GROWTH_SEGMENTS];
	/* position of the least value on the axis, in segments */
	double place[GROWTH_SEGMENTS];
	size_t count;
};

#define NARROWEST 0.5 /* segments: the slope between nearer values is unreliable */

/* Finds the least value of each segment. Of a figure that is seldom known some segments may have
 * no value; then the position of a value in its segment counts. Otherwise the segments are taken
 * as equally spaced. */
static void find_envelope(const double *values, const double *seconds, size_t start, size_t count,
			  bool seldom, struct envelope *envelope)
{
	double begin = seconds[start], span = seconds[count - 1] - begin;
	int last = -1;

	envelope->count = 0;
	for (size_t i = start; i < count; i++) {
		double share = span > 0 ? (seconds[i] - begin) / span : 0;
		int segment = segment_at(share, last);

		if (segment == last && values[i] >= envelope->least[envelope->count - 1])
			continue;
		envelope->count += segment != last;
		envelope->least[envelope->count - 1] = values[i];
		envelope->place[envelope->count - 1] = share * GROWTH_SEGMENTS;
		last = segment;
	}
	for (size_t i = 0; i < envelope->count && (!seldom || envelope->count > (size_t)last); i++)
		envelope->place[i] = (double)i;
}

/* Returns the rise from one segment with a value to the next, for each segment in between. */
static double step(const struct envelope *envelope, size_t i)
{
	double width = envelope->place[i + 1] - envelope->place[i];

	return (envelope->least[i + 1] - envelope->least[i]) /
	       (width > NARROWEST ? width : NARROWEST);
}

/* Returns the rise between two positions, which need not have values. */
static double rise_between(const struct envelope *envelope, double from, double to)
{
	double rise = 0;

	for (size_t i = 0; i + 1 < envelope->count; i++) {
		double first = envelope->place[i], last = envelope->place[i + 1],
		       within = (last < to ? last : to) - (first > from ? first : from);

		if (within > 0)
			rise += (envelope->least[i + 1] - envelope->least[i]) * within /
				(last - first);
	}
	return rise;
}

/* Returns the deepest fall below an earlier value. */
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

/* share of the time at the start, two of five steps; the same share at the end is late */
#define EARLY 0.4
#define STILL 0.25 /* of the mean step */

static bool is_flat(const struct envelope *envelope, double mean)
{
	for (size_t i = 0; i + 2 < envelope->count; i++)
		if (step(envelope, i) < STILL * mean)
			return false;
	return step(envelope, envelope->count - 2) < STILL * mean;
}

static struct growth judge(const double *values, const double *seconds, size_t start, size_t count,
			   bool seldom)
{
	struct growth growth = {.verdict = GROWTH_NONE};
	struct envelope envelope;
	double mean, late, early, weakest, first, last, part;
	size_t half;

	if (count < start + GROWTH_INTERVALS + 1)
		return growth;
	find_envelope(values, seconds, start, count, seldom, &envelope);
	if (envelope.count < 3)
		return growth;
	growth.segments = envelope.count - 1;
	growth.total = envelope.least[growth.segments] - envelope.least[0];
	if (growth.total <= 0)
		return growth;
	first = envelope.place[0];
	last = envelope.place[growth.segments];
	half = growth.segments / 2;
	part = seldom ? EARLY * (last - first) : (double)half;
	mean = growth.total / (last - first);
	weakest = growth.total;
	for (size_t i = 0; i < growth.segments; i++) {
		growth.rising += step(&envelope, i) > 0;
		if (step(&envelope, i) < weakest)
			weakest = step(&envelope, i);
	}
	early = rise_between(&envelope, first, first + part);
	late = rise_between(&envelope, last - part, last);
	growth.weakest = weakest / mean;
	growth.last = step(&envelope, growth.segments - 1) / mean;
	growth.rate = growth.total / (seconds[count - 1] - seconds[start]);
	growth.pace = early > 0 ? late / early : 1;
	if (growth.weakest < -0.4)
		return growth; /* the envelope falls, too */
	/* swings as large as the whole rise are noise */
	growth.fall = deepest_fall(values, start, count);
	if (growth.fall > growth.total)
		return growth;
	growth.flat = is_flat(&envelope, mean);
	if (late < early / 2 || late <= 0) {
		growth.verdict = GROWTH_SATURATING;
		return growth;
	}
	if (growth.rising * 5 >= growth.segments * 3)
		growth.verdict = GROWTH_STEADY;
	return growth;
}

struct growth growth_judge(const double *values, const double *seconds, size_t start, size_t count)
{
	return judge(values, seconds, start, count, false);
}

struct growth growth_judge_seldom(const double *values, const double *seconds, size_t count)
{
	return judge(values, seconds, 0, count, true);
}
