/*
 * Judges which parts of the program grow without bound: first lines, then callers and call stacks
 * of lines that do not grow as a whole, then functions, and last the rest of the heap, so that
 * nothing that grows as a whole is called clean.
 * Must not: look at the heap graph.
 *
 * A part is judged by its blocks that have lived through some intervals, because their number is
 * free of churn. If it stands still at the end, the program's own progress distinguishes a full
 * cache from a leak without load.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "model/profile.h"
#include "model/series.h"
#include "util/mem.h"

#define LEAST_BYTES 4096 /* bytes; less growth is not reported */
#define RETAINED 0.75	 /* share of a leak's blocks that were there half-way and still are */
#define FEW 8
#define UNBROKEN 0.9   /* pace of a queue that is filled faster than it is emptied, */
#define EVENLY 0.5     /* with that least step; */
#define HALF_AGAIN 1.5 /* or, if it becomes half as long again, */
#define ABOUT 0.8      /* that pace */
#define UNEVENLY 0.25  /* and that step */
/* allocations for each segment: with fewer a segment may have few of them by chance */
#define CHANCE 16
#define FINER 2000 /* parts of lines, at most */

static bool is_half_as_long_again(const struct facts *facts, const struct part *part)
{
	return (double)part->points[facts->end - 1].blocks >=
	       HALF_AGAIN * (double)part->points[facts->start].blocks;
}

/* Returns true if blocks born in the first half after the warm-up stay. Blocks that are replaced
 * now and then, by whatever rule, go; then only growth that does not slow down counts. */
static bool stay(const struct facts *facts, const struct part *part, size_t age,
		 const struct growth *growth)
{
	return part->before[age] < FEW || part->after[age] >= RETAINED * part->before[age] ||
	       (growth->pace >= UNBROKEN && growth->weakest >= EVENLY) ||
	       (growth->pace >= ABOUT && growth->weakest >= UNEVENLY &&
		is_half_as_long_again(facts, part));
}

/* Returns the mean number of a part's blocks younger than the age in snapshots [first, end), and
 * stores its variance. */
static double mean_young(const struct part *part, size_t age, size_t first, size_t end,
			 double *variance)
{
	double sum = 0, squares = 0, count = (double)(end - first);

	for (size_t i = first; i < end; i++) {
		double young = (double)part->points[i].blocks - part->old[age][i];

		sum += young;
		squares += young * young;
	}
	*variance = squares / count - sum / count * (sum / count);
	return sum / count;
}

#define PARTS_OF_TIME 3
#define STANDARD_ERRORS 2.0

/* Returns true if blocks only grow old, and there are no more of them: then there are as many
 * fewer young ones, because less is replaced than at first. */
static bool only_grows_old(const struct facts *facts, const struct part *part, size_t age,
			   const struct growth *growth)
{
	size_t third = (facts->end - facts->start) / PARTS_OF_TIME;
	double before, after, var_before, var_after, fewer, error;

	before = mean_young(part, age, facts->start, facts->start + third, &var_before);
	after = mean_young(part, age, facts->end - third, facts->end, &var_after);
	fewer = before - after;
	error = sqrt((var_before + var_after) / (double)third);
	return fewer >= growth->total / 2 && fewer > STANDARD_ERRORS * error;
}

/* Returns true if the part slows down, and not by blocks that come and go: older blocks would
 * only show the same later. */
static bool slows_down(const struct facts_part *found)
{
	const struct growth *blocks = &found->blocks;

	return found->full ||
	       (blocks->verdict == GROWTH_SATURATING && blocks->fall <= blocks->total / 20 &&
		blocks->total >= CHANCE * (double)blocks->segments);
}

#define FLOOR_LEAST 4.0 /* blocks that remain of each sixth */
#define FLOOR_EVEN 0.4	/* of the mean, at least, remain of each of the first three sixths, */
#define FLOOR_LATE 0.3	/* and of the last one */
/* share of the blocks of the first sixth that were there at two thirds of the time and still are
 * at the end */
#define FLOOR_STABLE 0.9
/* times what remains of the first half: at most so many older blocks have gone since */
#define FLOOR_START 0.25

/* Returns true if blocks come and go in great swings, but some remain each time: of every part
 * of the first half some blocks remain, and no more of them go. Blocks that are only replaced
 * later and later have lost what was there before. */
static bool leaves_a_floor(const struct part *part, double *rise)
{
	const double *two_thirds = part->born[0], *end = part->born[1];
	double half = end[1] + end[2] + end[3], mean = half / 3;

	for (size_t b = 1; b <= 3; b++)
		if (end[b] < FLOOR_LEAST || end[b] < FLOOR_EVEN * mean)
			return false;
	*rise = mean * AXES_SIXTHS;
	return end[AXES_SIXTHS] >= FLOOR_LATE * mean && end[1] >= FLOOR_STABLE * two_thirds[1] &&
	       two_thirds[0] - end[0] <= FLOOR_START * half;
}

#define LITTLE_FALL 0.1 /* of the rise, at most */

/* Returns true if the number of all live blocks, old or not, rises by half at least. Then it
 * grows, although each block may be replaced within an interval or two: intervals are long on a
 * busy machine. */
static bool becomes_longer(const struct facts *facts, const struct part *part)
{
	double *live = mem_zeroed(facts->series->count, sizeof *live);
	struct axes_figure figure = {.values = live};
	struct growth growth;

	for (size_t i = facts->start; i < facts->end; i++)
		live[i] = (double)part->points[i].blocks;
	figure.events = live[facts->end - 1] - live[facts->start];
	growth = axes_judge(facts->axes, &figure).growth;
	free(live);
	return growth.verdict == GROWTH_STEADY && !growth.flat && growth.total >= CHANCE &&
	       growth.weakest >= UNEVENLY && growth.fall <= LITTLE_FALL * growth.total &&
	       is_half_as_long_again(facts, part);
}

static void judge_blocks(const struct facts *facts, const struct parts *parts,
			 const struct part *part, struct facts_part *found)
{
	const struct series_point *last = &part->points[facts->end - 1];
	bool swings = true;
	double rise;

	for (size_t age = 0; age < parts->age_count && !found->grows; age++) {
		const double *old = part->old[age];
		struct axes_figure figure = {.values = old,
					     .events = old[facts->end - 1] - old[facts->start]};
		struct axes_judgement judged = axes_judge(facts->axes, &figure);
		double least = age ? FEW : FACTS_LEAST_BLOCKS;

		swings = swings && judged.growth.verdict == GROWTH_NONE;
		if (age == 0 ||
		    (judged.growth.verdict == GROWTH_STEADY && judged.growth.total >= least)) {
			found->blocks = judged.growth;
			found->full = judged.full;
			found->idle = judged.idle;
		}
		if (judged.growth.verdict == GROWTH_STEADY && judged.growth.total >= least &&
		    stay(facts, part, age, &judged.growth) &&
		    !only_grows_old(facts, part, age, &judged.growth)) {
			found->grows = true;
			if (last->blocks)
				facts_correct_growth(found, old[facts->end - 1] - old[facts->start],
						     (double)last->bytes / (double)last->blocks);
		} else if (judged.growth.verdict == GROWTH_STEADY &&
			   judged.growth.total >= CHANCE && is_half_as_long_again(facts, part))
			found->turns_over = true;
		if (slows_down(found))
			break;
	}
	if (!found->grows && !found->full && !found->turns_over)
		found->turns_over = becomes_longer(facts, part);
	found->has_floor = !found->grows && leaves_a_floor(part, &rise);
	if (found->has_floor && swings) {
		found->grows = true;
		found->blocks.total = rise;
		if (last->blocks)
			facts_correct_growth(found, rise,
					     (double)last->bytes / (double)last->blocks);
	}
}

/* Returns true if there are more bytes because there are more blocks, not because blocks are
 * larger. Blocks are judged by age. */
static bool is_of_more_blocks(const struct series_point *points, size_t first, size_t last,
			      double rise)
{
	double size = points[first].blocks
			      ? (double)points[first].bytes / (double)points[first].blocks
			      : 0;

	return ((double)points[last].blocks - (double)points[first].blocks) * size > rise / 2;
}

/* Judges one block, or few, that realloc makes larger. */
static void judge_bytes(const struct facts *facts, const struct part *part,
			struct facts_part *found)
{
	const struct series_point *points = part->points;
	double *values = mem_zeroed(facts->series->count, sizeof *values);
	uint64_t least = UINT64_MAX, most = 0;
	struct axes_figure figure = {.values = values, .own = points};
	struct axes_judgement judged;

	for (size_t i = facts->start; i < facts->end; i++) {
		least = points[i].blocks < least ? points[i].blocks : least;
		most = points[i].blocks > most ? points[i].blocks : most;
		values[i] = (double)points[i].bytes;
	}
	figure.events =
		(double)(points[facts->end - 1].total_blocks - points[facts->start].total_blocks);
	judged = axes_judge(facts->axes, &figure);
	free(values);
	if (most > least + least / 16 || most == 0)
		return;
	if (is_of_more_blocks(points, facts->start, facts->end - 1, judged.growth.total))
		return;
	found->bytes = judged.growth;
	found->full = found->full || judged.full;
	if (judged.growth.verdict != GROWTH_STEADY || judged.growth.total < LEAST_BYTES)
		return;
	found->grows = found->in_bytes = true;
	found->idle = judged.idle;
	if (found->growth_bytes <= 0) /* the first value was a peak */
		found->growth_bytes = judged.growth.total;
}

static struct facts_part begin_judging(const struct parts *parts, const struct part *part)
{
	return (struct facts_part){.path = FACTS_NONE,
				   .growth_blocks = parts_growth(parts, part->points, false),
				   .growth_bytes = parts_growth(parts, part->points, true)};
}

struct facts_part survival_judge_blocks(const struct facts *facts, const struct parts *parts,
					uint32_t number)
{
	struct facts_part found = begin_judging(parts, &parts->list[number]);

	judge_blocks(facts, parts, &parts->list[number], &found);
	return found;
}

static struct facts_part judge_part(const struct facts *facts, const struct parts *parts,
				    const struct part *part)
{
	const struct series_point *first = &part->points[facts->start],
				  *last = &part->points[facts->end - 1];
	struct facts_part found = begin_judging(parts, part);

	if (last->bytes <= first->bytes && last->total_blocks == first->total_blocks)
		return found;
	judge_blocks(facts, parts, part, &found);
	if (!found.grows)
		judge_bytes(facts, part, &found);
	return found;
}

/* -- parts of lines -- */

/* Returns how much more there is on average in the last third of the time than in the first. */
static double mean_rise(const struct facts *facts, const double *old,
			const struct series_point *points, bool bytes)
{
	size_t third = (facts->end - facts->start) / PARTS_OF_TIME;
	double rise = 0;

	for (size_t i = 0; i < third; i++) {
		size_t late = facts->end - 1 - i, early = facts->start + i;

		rise += old	  ? old[late] - old[early]
			: !points ? 0
			: bytes	  ? (double)points[late].bytes - (double)points[early].bytes
				  : (double)points[late].blocks - (double)points[early].blocks;
	}
	return third ? rise / (double)third : 0;
}

/* Returns true if a part of a line grows, and does not only take over from the rest of the line. */
static bool grows_alone(const struct facts *facts, const struct part *line, const struct part *part,
			const struct facts_part *found)
{
	double rise = mean_rise(facts, NULL, part->points, found->in_bytes);

	if (!found->grows || mean_rise(facts, NULL, line->points, found->in_bytes) < rise / 2)
		return false;
	for (size_t age = 0; age < facts->parts->age_count && !found->in_bytes; age++)
		if (mean_rise(facts, line->old[age], NULL, false) <
		    mean_rise(facts, part->old[age], NULL, false) / 2)
			return false;
	return true;
}

#define ARRAY_BLOCKS 4 /* blocks of one call stack, at most, */
#define ARRAY_STEPS 16 /* each of which is replaced by a larger one so often, at most */

/* Returns true if a call stack has only a few blocks, which become larger and never smaller. An
 * array that is appended to is not visible beside much that comes and goes on its line. Others
 * judge it (appending.c, doubts.c). */
static bool is_array(const struct facts *facts, const struct part *part)
{
	const struct series_point *points = part->points, *first = &points[facts->start],
				  *last = &points[facts->end - 1];

	if (part->level != PARTS_STACK || !last->blocks || last->blocks > ARRAY_BLOCKS ||
	    last->total_blocks - first->total_blocks > ARRAY_STEPS * last->blocks ||
	    last->bytes < first->bytes + LEAST_BYTES)
		return false;
	for (size_t i = facts->start + 1; i < facts->end; i++)
		if (points[i].bytes < points[i - 1].bytes)
			return false;
	return true;
}

/* Moves parts that grow from `others`, where the lines they are of do not grow. */
static void take_growing(struct facts *facts, struct parts *others)
{
	for (uint32_t i = 0; i < others->count; i++) {
		const struct part *part = &others->list[i];
		struct facts_part found = judge_part(facts, others, part);
		uint32_t line = facts->parts->part_of[part->sites[0]], new;
		bool finer = part->level == PARTS_CALLER || part->level == PARTS_STACK;

		if (!is_array(facts, part) &&
		    (!found.grows ||
		     (finer && !grows_alone(facts, &facts->parts->list[line], part, &found))))
			continue;
		new = parts_take(facts->parts, others, i);
		facts->found = mem_resize(facts->found, facts->parts->count, sizeof *facts->found);
		facts->found[new] = found;
	}
}

/* Judges smaller parts of lines that do not grow as a whole. */
static void split(struct facts *facts, const struct profile *last, enum parts_level level)
{
	struct parts *finer;
	bool *among = mem_zeroed(facts->series->site_count, sizeof *among);
	size_t count = 0;

	for (uint32_t i = 0; i < facts->series->site_count; i++) {
		uint32_t part = facts->parts->part_of[i];
		struct series_point begin, end;

		if (facts->found[part].grows || facts->parts->list[part].site_count < 2 ||
		    count >= FINER)
			continue;
		begin = series_point(facts->series, i, facts->start);
		end = series_point(facts->series, i, facts->end - 1);
		among[i] = end.total_blocks > begin.total_blocks &&
			   (end.blocks >= FACTS_LEAST_BLOCKS ||
			    (level == PARTS_STACK && end.bytes >= begin.bytes + LEAST_BYTES));
		count += among[i];
	}
	if (count) {
		finer = parts_new(facts->series, facts->axes, last, level, among);
		take_growing(facts, finer);
		parts_free(finer);
	}
	free(among);
}

/* Judges larger parts of all that is in no part that grows. */
static void join(struct facts *facts, const struct profile *last, enum parts_level level)
{
	struct parts *wider;
	bool *among = mem_zeroed(facts->series->site_count, sizeof *among);
	size_t count = 0;

	for (uint32_t i = 0; i < facts->series->site_count; i++) {
		among[i] = !facts->found[facts->parts->part_of[i]].grows;
		count += among[i];
	}
	if (count) {
		wider = parts_new(facts->series, facts->axes, last, level, among);
		take_growing(facts, wider);
		parts_free(wider);
	}
	free(among);
}

void survival_judge(struct facts *facts, const struct profile *last)
{
	size_t lines;

	facts->found = mem_zeroed(facts->parts->count, sizeof *facts->found);
	for (uint32_t i = 0; i < facts->parts->count; i++)
		facts->found[i] = judge_part(facts, facts->parts, &facts->parts->list[i]);
	split(facts, last, PARTS_CALLER);
	split(facts, last, PARTS_STACK);
	appending_judge(facts); /* before such an array is merged into the rest of the heap */
	lines = facts->parts->count;
	join(facts, last, PARTS_FUNCTION);
	join(facts, last, PARTS_ALL);
	if (facts->parts->count > lines)
		appending_judge(facts);
}
