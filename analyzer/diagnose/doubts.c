/*
 * Notes what is not a finding, but prevents a clean verdict: growth that is small, that slows down,
 * of blocks that are replaced all the time, or in a few leaps.
 * Must not: add findings.
 */
#include <stdlib.h>

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "model/holders.h"
#include "model/series.h"

/* Returns the part with most bytes of those that a rule applies to; FACTS_NONE: there is none. */
static uint32_t largest(const struct facts *facts, bool (*is_one)(const struct facts *, uint32_t))
{
	uint32_t most = FACTS_NONE;

	for (uint32_t i = 0; i < facts->parts->count; i++)
		if (!facts->found[i].grows && !facts->found[i].is_lost && !facts->found[i].used &&
		    !facts->found[i].carries && is_one(facts, i) && facts_place(facts, i) &&
		    (most == FACTS_NONE ||
		     facts->found[i].growth_bytes > facts->found[most].growth_bytes))
			most = i;
	return most;
}

static void note_little(struct facts *facts, struct diagnosis *diagnosis)
{
	const struct facts_doubt *doubt = &facts->doubt;

	if (!doubt->count)
		return;
	facts->doubtful = true;
	diagnosis_note(
		diagnosis,
		"inconclusive: %.0f blocks (%.0f bytes) of %s%s were added after the warm-up: too "
		"few to distinguish from a cache that fills; run longer to confirm",
		doubt->blocks, doubt->bytes, facts_name(doubt->most),
		doubt->count > 1 ? " and others" : "");
}

/* -- growth that slows down -- */

#define SLOWLY 0.1	 /* of the mean step, in every segment */
#define STILL_FILLS 0.25 /* of the mean step: so much is not noise */
#define STILL_FILLS_BLOCKS 16

#define AT_LAST 6	   /* the last sixth of the time, */
#define AT_LAST_SHARE 0.02 /* which still has so much of the growth */

/* Returns true if the part rises to the end as evenly as the program allocates: then the program
 * or the machine slows down. Not if blocks were freed to the end, because then the program
 * worked on. */
static bool slows_with_the_program(const struct facts *facts, uint32_t part)
{
	const struct axes *axes = facts->axes;
	const double *old = facts->parts->list[part].old[0], *seconds = axes->seconds;
	size_t last = facts->end - 1, late = last;
	struct growth growth;

	while (late > facts->start && (seconds[last] - seconds[late - 1]) * AT_LAST <=
					      seconds[last] - seconds[facts->start])
		late--;
	if (axes->counted || (facts->found[part].full && axes->work[last] > axes->work[late]))
		return false;
	growth = axes_along_made(axes, old);
	return growth.verdict == GROWTH_STEADY && !growth.flat && growth.weakest >= SLOWLY &&
	       growth.total >= STILL_FILLS_BLOCKS &&
	       old[last] - old[late] >= AT_LAST_SHARE * growth.total;
}

static bool fills(const struct facts *facts, uint32_t part)
{
	const struct facts_part *found = &facts->found[part];

	return (!found->full && found->blocks.verdict == GROWTH_SATURATING &&
		found->blocks.weakest > SLOWLY) ||
	       slows_with_the_program(facts, part);
}

/* Returns true if the rise is more than noise. */
static bool fills_for_sure(const struct facts *facts, uint32_t part)
{
	const struct growth *blocks = &facts->found[part].blocks;

	return (!facts->found[part].full && blocks->verdict == GROWTH_SATURATING &&
		blocks->weakest >= STILL_FILLS && blocks->total >= STILL_FILLS_BLOCKS) ||
	       slows_with_the_program(facts, part);
}

static bool is_full(const struct facts *facts, uint32_t part)
{
	return facts->found[part].full && !slows_with_the_program(facts, part);
}

/* -- blocks that are replaced -- */

static bool turns_over(const struct facts *facts, uint32_t part)
{
	return facts->found[part].turns_over;
}

static bool replaces(const struct facts *facts, uint32_t part)
{
	return facts->found[part].replaces;
}

static bool replaces_hidden(const struct facts *facts, uint32_t part)
{
	return facts->found[part].replaces_hidden;
}

/* -- parts that are swept now and then, too seldom to say whether the floor rises -- */

#define SWEPT 0.25 /* share of the peak that a sweep frees, at least */
#define FEWEST 2   /* sweeps: one cannot be compared; */
#define MOST 3	   /* with more, survival.c judges what stays */
/* share of what the smaller sweep freed: each sweep leaves so much more than the one before */
#define RISES 0.2
#define LEAST_BLOCKS 16.0
#define ENDS_HIGHER 1.1 /* times any peak */

struct sweep {
	double peak, floor;
};

/* Stores the first MOST + 1 sweeps of a part, and returns their number. */
static size_t list_sweeps(const struct facts *facts, const struct part *part, struct sweep *sweeps)
{
	const double *old = part->old[0]; /* newer blocks did not exist at the sweep */
	double peak = old[facts->start], floor = peak;
	bool falling = false;
	size_t count = 0;

	for (size_t i = facts->start + 1; i < facts->end && count <= MOST; i++) {
		double now = old[i];

		if (falling && now > floor) {
			sweeps[count++] = (struct sweep){peak, floor};
			falling = false;
			peak = now;
		} else if (now < peak * (1 - SWEPT)) {
			falling = true;
			floor = now;
		} else if (now > peak) {
			peak = now;
		}
	}
	return count;
}

/* Returns true if more blocks are kept now than at any sweep, and each sweep left more. */
static bool ends_highest(const struct sweep *sweeps, size_t count, double last)
{
	for (size_t i = 0; i < count; i++)
		if ((i > 0 && sweeps[i].floor <= sweeps[i - 1].floor) ||
		    last < sweeps[i].peak * ENDS_HIGHER)
			return false;
	return true;
}

/* Returns true if each sweep leaves more, by far more than the time of the snapshot explains; of
 * two sweeps the peaks must rise, too. */
static bool leave_more(const struct sweep *sweeps, size_t count, double last)
{
	for (size_t i = 1; i < count; i++) {
		double took = sweeps[i - 1].peak - sweeps[i - 1].floor,
		       takes = sweeps[i].peak - sweeps[i].floor;

		if (sweeps[i].floor - sweeps[i - 1].floor < RISES * (took < takes ? took : takes) ||
		    (count < MOST && sweeps[i].peak <= sweeps[i - 1].peak))
			return false;
	}
	return last > sweeps[count - 1].floor;
}

static bool floors_rise(const struct facts *facts, uint32_t number)
{
	const struct part *part = &facts->parts->list[number];
	struct sweep sweeps[MOST + 1];
	size_t count = list_sweeps(facts, part, sweeps);
	double last = part->old[0][facts->end - 1],
	       rise = parts_growth(facts->parts, part->points, false);

	return rise >= LEAST_BLOCKS && count >= FEWEST && count <= MOST &&
	       sweeps[count - 1].floor - sweeps[0].floor >= LEAST_BLOCKS &&
	       (leave_more(sweeps, count, last) || ends_highest(sweeps, count, last));
}

static bool leaves_some(const struct facts *facts, uint32_t part)
{
	return facts->found[part].has_floor;
}

/* -- blocks that become larger in steps -- */

#define STEP 1.25 /* times the bytes at the snapshot before */
#define STEPS 3	  /* steps since the start, the last of them after the warm-up */
#define STEPPING_BLOCKS 64
#define STEPPING_BYTES 4096 /* bytes that the last steps add */

/* Returns true for a few blocks that become larger again and again, such as an array that
 * doubles. If what is in use of them is known to rise, that is growth (appending.c); it is
 * unknown if they contain memory that was used before. */
static bool steps_up(const struct facts *facts, uint32_t number)
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

/* A few large blocks, added one after the other at even distances to the end, and hardly any
 * freed: the chunks of an arena, the slabs of a pool. That is too few to judge, and no proof of a
 * heap that stays. */
static bool comes_one_by_one(const struct facts *facts, uint32_t number)
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

/* -- the table of doubts -- */

struct doubt {
	/* the largest part that this applies to is named */
	bool (*is_one)(const struct facts *facts, uint32_t part);
	/* only a note: the run may be clean */
	bool harmless;
	/* of one group with the row above; left out if a row of its group has a part */
	bool or_else;
	/* text before and after the name of the function */
	const char *before, *after;
};

#define STILL_RISE                                                                                 \
	"still rise, though ever more slowly: a cache that fills, or a leak under less and less "  \
	"load; run longer to confirm, or call silt_iteration()"

static const struct doubt doubts[] = {
	{fills_for_sure, false, false, "blocks of", STILL_RISE},
	{fills, true, true, "blocks of", STILL_RISE},
	{is_full, true, false, "what",
	 "keeps grew evenly, and stood still at the end while the program worked on: a cache that "
	 "is full by now; if this is not a cache, run longer to confirm"},
	{turns_over, false, false, "blocks of",
	 "grow in number, though each of them is replaced in time: a queue that is filled "
	 "faster than it is emptied, or a load that rises; run longer under an even load to "
	 "confirm"},
	{replaces, false, false, "blocks of",
	 "take the place of others, one for one: it is unknown what they do when all of those are "
	 "gone; run longer, until they are"},
	{replaces_hidden, false, false, "blocks of",
	 "take the place of others, one for one, and the heap graph sees no pointer to either: "
	 "such pointers are hidden (tagged, xored, compressed), and it is unknown whether any are "
	 "lost"},
	{late_begins, false, false, "blocks of",
	 "pile up only in the last part of the run, to its end: a leak that began late, or a load "
	 "that did; run longer to confirm"},
	{floors_rise, false, false, "what",
	 "keeps was swept two or three times only, and each sweep left more: run longer to see "
	 "whether the floor rises or the load"},
	{leaves_some, false, true, "blocks of",
	 "come and go, but of those of each part of the time some stayed: run longer to confirm, "
	 "or call silt_iteration()"},
	{steps_up, false, false, "what",
	 "keeps became larger again and again, in steps, the last of them after the warm-up: an "
	 "array that is appended to, or one that has its final size now; run longer to confirm"},
	{comes_one_by_one, false, true, "blocks of",
	 "are added one by one, evenly to the end, and none is ever freed: too few to tell from a "
	 "pool that fills; run longer to confirm"},
	{leaps_with_work, false, true, "blocks of",
	 "became larger in leaps that keep step with the work: arrays that are appended to would; "
	 "run longer to confirm, or with --graph all, which shows how much of them is in use"},
};

/* A note that is the reason for the verdict begins with "inconclusive". */
static void note_part(struct facts *facts, struct diagnosis *diagnosis, const struct doubt *doubt,
		      uint32_t part)
{
	bool reason = !doubt->harmless && !diagnosis->count;

	facts->doubtful = facts->doubtful || !doubt->harmless;
	diagnosis_note(diagnosis, "%s%s %s %s", reason ? "inconclusive: " : "", doubt->before,
		       facts_function(facts, part), doubt->after);
}

/* The table that a finding's entries hang from grows with them: no doubt of its own. */
static void mark_carriers(struct facts *facts)
{
	for (uint32_t p = 0; p < facts->parts->count; p++) {
		uint32_t path = facts->found[p].path;

		while (facts->found[p].used && path != FACTS_NONE &&
		       (path = holders_parent(facts->holders, path)) != FACTS_NONE) {
			uint32_t above = facts_part_of(facts, facts->graph->paths[path].site);

			if (above != FACTS_NONE)
				facts->found[above].carries = true;
		}
	}
}

void doubts_note(struct facts *facts, struct diagnosis *diagnosis)
{
	bool noted = false; /* by the group */

	mark_carriers(facts);
	for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++) {
		uint32_t part;

		noted = noted && doubts[i].or_else;
		part = noted ? FACTS_NONE : largest(facts, doubts[i].is_one);
		if (part == FACTS_NONE)
			continue;
		noted = true;
		note_part(facts, diagnosis, &doubts[i], part);
	}
	note_little(facts, diagnosis);
}
