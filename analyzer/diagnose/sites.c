/*
 * Which sites grow without bound, each judged by itself.
 * Called by diagnose.c.
 * Must not: look at the heap graph.
 *
 * A site is judged by its blocks that have lived through an interval: their number is free of churn. Where they stand still at the
 * end, the program's own progress tells a cache that is full from a leak without load.
 */
#include <math.h>
#include <stdlib.h>

#include "diagnose/facts.h"
#include "util/mem.h"

#define LEAST_BYTES 4096 /* growth worth a word */

static double span_of(const struct facts *facts, const double *axis)
{
	return axis[facts->end - 1] - axis[facts->start];
}

/* What slows down with the work that the program counts is not filling up. */
static struct growth judge_by_work(const struct facts *facts, const double *values, struct growth by_time)
{
	struct growth by_work;

	if (by_time.verdict != GROWTH_SATURATING || span_of(facts, facts->work) <= 0)
		return by_time;
	by_work = growth_judge(values, facts->work, facts->start, facts->end);
	if (by_work.verdict == GROWTH_STEADY && !by_work.flat)
		by_time.verdict = GROWTH_STEADY;
	return by_time;
}

/* How far the program has come: by what it counts, or else by what it allocates. */
static const double *progress_of(const struct facts *facts)
{
	return span_of(facts, facts->work) > 0 ? facts->work : facts->made;
}

#define CHANCE 16 /* allocations for each segment: that one has so few is no chance then */

/* What stands still at the end is full if the program works on meanwhile. If that has nothing to do any more, nothing says that
 * the growth had an end. */
static struct growth judge_standstill(struct facts *facts, uint32_t number, const double *values,
				      double allocations, struct growth by_time)
{
	struct growth by_work;

	if (by_time.verdict != GROWTH_STEADY || !by_time.flat ||
	    allocations < CHANCE * (double)by_time.segments)
		return by_time;
	by_work = growth_judge(values, progress_of(facts), facts->start, facts->end);
	if (by_work.flat || by_work.verdict == GROWTH_SATURATING) {
		by_time.verdict = GROWTH_SATURATING;
		facts->sites[number].full = true;
	}
	return by_time;
}

/* For how many seconds at the end neither what is judged nor the program has moved; 0: they have. */
static double idle_at_end(const struct facts *facts, const double *values, const struct growth *growth)
{
	const double *progress = progress_of(facts), *seconds = facts->series->seconds;
	size_t last = facts->end - 1, since = last;
	double time, work;

	if (!growth->flat)
		return 0;
	while (since > facts->start &&
	       values[since - 1] > values[last] - growth->total / (double)growth->segments / 4)
		since--;
	time = (seconds[last] - seconds[since]) / span_of(facts, seconds);
	work = (progress[last] - progress[since]) / span_of(facts, progress);
	return work < time / 4 ? seconds[last] - seconds[since] : 0;
}

/* Blocks alive at each snapshot that were there `age` intervals before. */
static struct growth judge_survivors(struct facts *facts, uint32_t number, uint64_t age, double *values)
{
	const struct series *series = facts->series;
	struct growth growth;

	for (size_t i = facts->start; i < facts->end; i++) {
		uint64_t generation = series->snapshots[i]->process.generation;

		values[i] = (double)series_survivors(series, &series->sites[number], i, 0,
						     generation > age ? generation - age : 0);
	}
	growth = growth_judge(values, series->seconds, facts->start, facts->end);
	if (growth.verdict == GROWTH_SATURATING)
		return judge_by_work(facts, values, growth);
	return judge_standstill(facts, number, values, growth.total, growth);
}

#define RETAINED 0.75 /* of a leak's blocks that were there half-way */
#define FEW 8
#define UNBROKEN 0.9 /* pace of a queue that is filled faster than it is emptied */

/* Do blocks born in the first half after the warm-up stay? What is replaced now and then, by whatever rule, goes; then only a
 * growth that does not slow down at all counts. */
static bool stay(const struct facts *facts, uint32_t number, const struct growth *growth)
{
	const struct series *series = facts->series;
	size_t middle = facts->start + (facts->end - facts->start) / 2;
	uint64_t width = series->snapshots[facts->end - 1]->process.generation_width,
		 first = series->snapshots[facts->start]->process.generation,
		 end = series->snapshots[middle]->process.generation - 1, before, after;

	/* widths are powers of two: so both snapshots count the same generations */
	first = (first + width - 1) / width * width;
	end = end / width * width;
	before = series_survivors(series, &series->sites[number], middle, first, end);
	after = series_survivors(series, &series->sites[number], facts->end - 1, first, end);
	return before < FEW || (double)after >= RETAINED * (double)before ||
	       (growth->pace >= UNBROKEN && growth->weakest >= 0.5);
}

#define OLD_AGE 6 /* intervals: most of what serves a request is gone by then */

/* Is there at the end what was born after the warm-up and is no newborn? Else nothing grew, which is so of most sites. */
static bool some_stayed(const struct facts *facts, uint32_t number)
{
	struct snapshot *const *snapshots = facts->series->snapshots;
	const struct silt_process *last = &snapshots[facts->end - 1]->process;
	uint64_t first = snapshots[facts->start]->process.generation;

	first = first > OLD_AGE ? first - OLD_AGE : 0;
	return series_survivors(facts->series, &facts->series->sites[number], facts->end - 1,
				first / last->generation_width * last->generation_width,
				last->generation) > 0;
}

/* It slows down, and not by what comes and goes: older blocks would only tell the same later. */
static bool slows_down(const struct facts_site *site)
{
	const struct growth *blocks = &site->blocks;

	return site->full || (blocks->verdict == GROWTH_SATURATING && blocks->fall <= blocks->total / 20 &&
			      blocks->total >= CHANCE * (double)blocks->segments);
}

static void judge_blocks(struct facts *facts, uint32_t number, double *values)
{
	struct facts_site *site = &facts->sites[number];
	const struct series_point *last = &facts->series->sites[number].points[facts->end - 1];
	struct growth old;

	if (!some_stayed(facts, number))
		return;
	/* Those that were there when the last interval began. */
	site->blocks = judge_survivors(facts, number, 0, values);
	if (site->blocks.verdict == GROWTH_STEADY && site->blocks.total >= FACTS_LEAST_BLOCKS &&
	    stay(facts, number, &site->blocks))
		site->grows = true;
	if (!site->grows && !slows_down(site) && facts->end >= facts->start + 2 * OLD_AGE) {
		/* A few that stay among many that come and go. */
		old = judge_survivors(facts, number, OLD_AGE, values);
		if (old.verdict == GROWTH_STEADY && old.total >= FEW && old.weakest > 0 &&
		    stay(facts, number, &old)) {
			site->blocks = old;
			site->grows = true;
		}
	}
	if (!site->grows)
		return;
	site->idle = idle_at_end(facts, values, &site->blocks);
	if (last->blocks)
		facts_correct_growth(site, values[facts->end - 1] - values[facts->start],
				     (double)last->bytes / (double)last->blocks);
}

/* One block, or few, that become larger by realloc. */
static void judge_bytes(struct facts *facts, uint32_t number, double *values)
{
	const struct series_point *points = facts->series->sites[number].points;
	struct facts_site *site = &facts->sites[number];
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = facts->start; i < facts->end; i++) {
		least = points[i].blocks < least ? points[i].blocks : least;
		most = points[i].blocks > most ? points[i].blocks : most;
		values[i] = (double)points[i].bytes;
	}
	if (most > least + least / 16 || most == 0)
		return;
	site->bytes = growth_judge(values, facts->series->seconds, facts->start, facts->end);
	site->bytes = judge_standstill(facts, number, values,
				       (double)points[facts->end - 1].total_blocks -
					       (double)points[facts->start].total_blocks,
				       site->bytes);
	if (site->bytes.verdict != GROWTH_STEADY || site->bytes.total < LEAST_BYTES)
		return;
	site->grows = true;
	site->idle = idle_at_end(facts, values, &site->bytes);
	if (site->growth_bytes <= 0) /* the first was a peak */
		site->growth_bytes = site->bytes.total;
}

void sites_judge(struct facts *facts)
{
	double *values = mem_zeroed(facts->series->count, sizeof *values);

	for (uint32_t i = 0; i < facts->series->site_count; i++) {
		const struct series_point *first = &facts->series->sites[i].points[facts->start],
					  *last = &facts->series->sites[i].points[facts->end - 1];

		facts->sites[i].path = FACTS_NONE;
		facts->sites[i].growth_blocks = (double)last->blocks - (double)first->blocks;
		facts->sites[i].growth_bytes = (double)last->bytes - (double)first->bytes;
		if (last->bytes <= first->bytes && last->total_blocks == first->total_blocks)
			continue;
		judge_blocks(facts, i, values);
		if (!facts->sites[i].grows)
			judge_bytes(facts, i, values);
	}
	free(values);
}
