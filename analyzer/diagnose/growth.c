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

/* The lower envelope. Of what is seen seldom, some segments may have no value. */
struct envelope {
	double least[GROWTH_SEGMENTS];
	/* which segments these are */
	int number[GROWTH_SEGMENTS];
	size_t count;
};

/* The least value of each segment. */
static void find_envelope(const double *values, const double *seconds, size_t start, size_t count,
			  struct envelope *envelope)
{
	double begin = seconds[start], span = seconds[count - 1] - begin;
	int last = -1;

	envelope->count = 0;
	for (size_t i = start; i < count; i++) {
		int segment = segment_at(span > 0 ? (seconds[i] - begin) / span : 0, last);

		if (segment != last) {
			envelope->number[envelope->count] = segment;
			envelope->least[envelope->count++] = values[i];
		} else if (values[i] < envelope->least[envelope->count - 1]) {
			envelope->least[envelope->count - 1] = values[i];
		}
		last = segment;
	}
}

/* From one segment that has a value to the next: the rise for each segment that it takes. */
static double step(const struct envelope *envelope, size_t i)
{
	return (envelope->least[i + 1] - envelope->least[i]) /
	       (envelope->number[i + 1] - envelope->number[i]);
}

/* The rise between two segments, of which there need not be values. */
static double rise_between(const struct envelope *envelope, int from, int to)
{
	double rise = 0;

	for (size_t i = 0; i + 1 < envelope->count; i++) {
		int first = envelope->number[i] > from ? envelope->number[i] : from,
		    last = envelope->number[i + 1] < to ? envelope->number[i + 1] : to;

		if (last > first)
			rise += step(envelope, i) * (last - first);
	}
	return rise;
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

static bool is_flat(const struct envelope *envelope, double mean)
{
	for (size_t i = 0; i + 2 < envelope->count; i++)
		if (step(envelope, i) < STILL * mean)
			return false;
	return step(envelope, envelope->count - 2) < STILL * mean;
}

struct growth growth_judge(const double *values, const double *seconds, size_t start, size_t count)
{
	struct growth growth = {.verdict = GROWTH_NONE};
	struct envelope envelope;
	double mean, late, early, weakest;
	int first, last, half;

	if (count < start + GROWTH_INTERVALS + 1)
		return growth;
	find_envelope(values, seconds, start, count, &envelope);
	if (envelope.count < 3)
		return growth;
	growth.segments = envelope.count - 1;
	growth.total = envelope.least[growth.segments] - envelope.least[0];
	if (growth.total <= 0)
		return growth;
	first = envelope.number[0];
	last = envelope.number[growth.segments];
	half = (last - first) / 2;
	mean = growth.total / (last - first);
	weakest = growth.total;
	for (size_t i = 0; i < growth.segments; i++) {
		growth.rising += step(&envelope, i) > 0;
		if (step(&envelope, i) < weakest)
			weakest = step(&envelope, i);
	}
	early = rise_between(&envelope, first, first + half);
	late = rise_between(&envelope, last - half, last);
	growth.weakest = weakest / mean;
	growth.last = step(&envelope, growth.segments - 1) / mean;
	growth.rate = growth.total / (seconds[count - 1] - seconds[start]);
	growth.pace = early > 0 ? late / early : 1;
	if (growth.weakest < -0.4)
		return growth; /* it also falls */
	/* Swings as large as the whole rise: noise. */
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
