/* Measures how far a program has come: see axes.h. */
#include "diagnose/axes.h"

#include <stdlib.h>

#include "silt_snapshot.h"
#include "util/mem.h"

#define USUAL 0.25 /* of the median rate of work: an interval with so much work counts in full */
/* events for each segment: with fewer a segment may have few of them by chance */
#define CHANCE 16
#define MANY 4 /* times the blocks that the figure grew by: so many frees measure work */

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Returns the median rate of the intervals that had work. */
static double usual_rate(const struct axes *axes, const double *work)
{
	double *rates = mem_zeroed(axes->end, sizeof *rates), usual = 0;
	size_t count = 0;

	for (size_t i = axes->start + 1; i < axes->end; i++) {
		double time = axes->seconds[i] - axes->seconds[i - 1];

		if (time > 0 && work[i] > work[i - 1])
			rates[count++] = (work[i] - work[i - 1]) / time;
	}
	if (count) {
		qsort(rates, count, sizeof *rates, compare_doubles);
		usual = rates[count / 2];
	}
	free(rates);
	return usual;
}

/* Returns the seconds with work, by snapshot. */
static double *seconds_of(const struct axes *axes, const double *work)
{
	double *active = mem_zeroed(axes->end, sizeof *active), usual = usual_rate(axes, work);

	for (size_t i = axes->start + 1; i < axes->end; i++) {
		double time = axes->seconds[i] - axes->seconds[i - 1], done = work[i] - work[i - 1],
		       full = USUAL * usual * time;

		active[i] = active[i - 1];
		if (time > 0 && done > 0)
			active[i] += done < full ? time * done / full : time;
	}
	return active;
}

double *axes_active(const struct axes *axes, const struct series_point *own)
{
	double *work = mem_zeroed(axes->end, sizeof *work), *active;

	for (size_t i = axes->start; i < axes->end; i++)
		work[i] =
			axes->work[i] -
			(own && !axes->counted ? (double)(own[i].total_blocks - own[i].blocks) : 0);
	active = seconds_of(axes, work);
	free(work);
	return active;
}

struct axes *axes_new(const struct series *series, size_t start, size_t end)
{
	struct axes *axes = mem_zeroed(1, sizeof *axes);

	axes->start = start;
	axes->end = end;
	axes->seconds = series->seconds;
	axes->work = mem_zeroed(series->count, sizeof *axes->work);
	axes->made = mem_zeroed(series->count, sizeof *axes->made);
	axes->counted = series->snapshots[end - 1]->process.iterations >
			series->snapshots[start]->process.iterations;
	for (size_t i = 0; i < series->count; i++) {
		const struct silt_process *process = &series->snapshots[i]->process;

		axes->made[i] = (double)process->total_blocks;
		axes->work[i] =
			(double)(axes->counted ? process->iterations : process->freed_blocks);
	}
	return axes;
}

void axes_free(struct axes *axes)
{
	if (!axes)
		return;
	free(axes->work);
	free(axes->made);
	free(axes);
}

/* Leaves out time without allocations, unless it is at the end: then the program may be idle, or
 * have all that it needs. */
void axes_sixths(const struct axes *axes, size_t edges[AXES_SIXTHS + 1])
{
	double *axis = seconds_of(axes, axes->made), span;
	size_t last = axes->end - 1, at = axes->start;

	while (last > axes->start && axes->made[last] <= axes->made[last - 1])
		last--;
	for (size_t i = last + 1; i < axes->end; i++)
		axis[i] = axis[last] + axes->seconds[i] - axes->seconds[last];
	span = axis[axes->end - 1];
	for (size_t i = 0; i < AXES_SIXTHS; i++) {
		while (at + 1 < axes->end && axis[at] < span * (double)i / AXES_SIXTHS - span / 1e6)
			at++;
		edges[i] = at;
	}
	edges[AXES_SIXTHS] = axes->end - 1;
	free(axis);
}

/* Judges a figure along one axis. */
static struct growth along(const double *axis, const struct axes_figure *figure)
{
	double *places = mem_alloc((figure->count + 1) * sizeof *places);
	struct growth growth;

	for (size_t i = 0; i < figure->count; i++)
		places[i] = axis[figure->at[i]];
	growth = figure->seldom ? growth_judge_seldom(figure->values, places, figure->count)
				: growth_judge(figure->values, places, 0, figure->count);
	free(places);
	return growth;
}

/* Returns the seconds at the end in which neither the figure nor the program has moved; 0: one
 * of them has. */
static double idle_at_end(const struct axes *axes, const double *active,
			  const struct axes_figure *figure, const struct growth *growth)
{
	const uint32_t *at = figure->at;
	const double *values = figure->values;
	size_t last = figure->count - 1, since = last;
	double time, worked, all = axes->seconds[at[last]] - axes->seconds[at[0]],
			     all_active = active[at[last]] - active[at[0]];

	if (!growth->flat)
		return 0;
	while (since > 0 &&
	       values[since - 1] > values[last] - growth->total / (double)growth->segments / 4)
		since--;
	time = axes->seconds[at[last]] - axes->seconds[at[since]];
	worked = active[at[last]] - active[at[since]];
	return worked * all < time * all_active / 4 || all_active <= 0 ? time : 0;
}

static bool rises(const struct growth *growth)
{
	return growth->verdict == GROWTH_STEADY && !growth->flat;
}

/* Returns true if the figure rises evenly along the work: it slows down because the work does,
 * and so is not filling up. */
static bool rises_with_work(const struct axes *axes, const struct axes_figure *figure,
			    struct growth *work)
{
	double done = axes->work[figure->at[figure->count - 1]] - axes->work[figure->at[0]],
	       rise = figure->values[figure->count - 1] - figure->values[0];

	if (done <= 0 || (!axes->counted && done < MANY * rise))
		return false;
	*work = along(axes->work, figure);
	return rises(work);
}

static struct axes_judgement judge(const struct axes *axes, const struct axes_figure *figure,
				   const double *active)
{
	struct axes_judgement result = {0};
	struct growth time = along(axes->seconds, figure), busy = time, work;

	if (active[figure->at[figure->count - 1]] > active[figure->at[0]])
		busy = along(active, figure);
	result.growth = time;
	if (rises(&busy))
		result.growth = busy;
	else if (!rises(&time) && (time.verdict != GROWTH_NONE || busy.verdict != GROWTH_NONE) &&
		 rises_with_work(axes, figure, &work))
		result.growth = work;
	result.growth.rate = time.rate;
	if (rises(&result.growth) || result.growth.verdict != GROWTH_STEADY) {
		result.idle = idle_at_end(axes, active, figure, &time);
		return result;
	}
	/* a figure that stands still while the program works on is full */
	if ((busy.flat || busy.verdict == GROWTH_SATURATING) &&
	    figure->events >= CHANCE * (double)result.growth.segments) {
		result.growth.verdict = GROWTH_SATURATING;
		result.full = true;
	}
	return result;
}

struct axes_judgement axes_judge(const struct axes *axes, const struct axes_figure *figure)
{
	struct axes_judgement result = {.growth = {.verdict = GROWTH_NONE}};
	struct axes_figure all = *figure;
	uint32_t *at = NULL;
	double *active;

	all.seldom = figure->at != NULL;
	if (!figure->at) {
		at = mem_alloc((axes->end + 1) * sizeof *at);
		for (size_t i = axes->start; i < axes->end; i++)
			at[i - axes->start] = (uint32_t)i;
		all.at = at;
		all.count = axes->end - axes->start;
		all.values = figure->values + axes->start;
	}
	if (all.count > GROWTH_INTERVALS) {
		active = axes_active(axes, figure->own);
		result = judge(axes, &all, active);
		free(active);
	}
	free(at);
	return result;
}

struct growth axes_along_made(const struct axes *axes, const double *values)
{
	return growth_judge(values, axes->made, axes->start, axes->end);
}
