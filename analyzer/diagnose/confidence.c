/*
 * Sets the confidence of a finding: by how many blocks of how many intervals stayed, how evenly,
 * and what else the growth could be.
 * Must not: look at the heap graph.
 *
 * A cache that is still filling looks like a leak until it is full; the fewer blocks were added,
 * the more caches have a bound beyond them. The values are those that tests/accuracy/generate
 * measures (tests/accuracy/README.md): of findings with 0.9, nine in ten are right.
 */
#include <math.h>
#include <stdlib.h>

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "model/series.h"

#define FEW_BLOCKS 128	/* a small cache may still be filling if fewer blocks */
#define FEW_BYTES 16384 /* and fewer bytes were added */
#define LEAST_BLOCKS 16 /* growth of fewer blocks proves nothing, even if it is even */
#define EVEN_WEAKEST 0.3
#define EVEN_PACE 0.5
#define STEPS 6	       /* steps in which a block becomes larger */
#define EVEN_SHARE 0.8 /* share of the intervals with survivors */
#define UNBROKEN_WEAKEST 0.5
#define UNBROKEN_PACE 0.9

#define COMMON_BLOCKS 1024	 /* a common bound is possible if fewer blocks */
#define COMMON_BYTES (256 << 10) /* and fewer bytes were added */

#define FULL_SHARE 0.25	 /* share of the time, at least, in which nothing was freed */
#define LATE_LEAST 0.08	 /* share of the time, at least, of a standstill */
#define TURN_LEAST 8	 /* blocks: fewer may be chance */
#define TURN_ERRORS 3.0	 /* standard deviations of the number of blocks, if each comes by chance */
#define TURN_FREED 0.2	 /* share of the late blocks that are freed, */
#define TURN_BEFORE 0.05 /* and share of the earlier blocks that were freed, at most */
#define TURN_MADE 0.5	 /* share of the earlier rise for as much work */
#define RESTS 0.1	 /* the same, by the clock */
#define SWING 0.2	 /* share of the rise */
#define WORK_LEAST 64	 /* blocks freed by others: enough to show when the program works */

#define SURE 0.9
#define WITHOUT_GRAPH 0.8
#define FILLING_FITS 0.55
#define MAY_BE_BOUNDED 0.75
#define REST 0.6
#define APPENDS 0.75
#define RESTED 0.65 /* full, or without load */

/* Returns the share of the intervals after the warm-up that have survivors. No evidence for
 * blocks that realloc makes larger, because each realloc makes them anew. */
static double survivors_evidence(const struct facts *facts, struct finding *finding)
{
	size_t with = 0;

	if (!finding->generation_count)
		return 1;
	for (size_t i = 0; i < finding->generation_count; i++)
		with += finding->generations[i] > 0;
	if (!facts->found[finding->parts[0]].in_bytes)
		finding_evidence(finding,
				 "blocks from %zu of %zu intervals after the warm-up survive", with,
				 finding->generation_count);
	return (double)with / (double)finding->generation_count;
}

/* A standstill is no evidence while the program stands still too. */
static void idle_evidence(const struct facts *facts, struct finding *finding)
{
	double idle = facts->found[finding->parts[0]].idle;

	if (idle > 0)
		finding_evidence(finding,
				 "it did not grow in the last %.1f s, in which the program %s "
				 "hardly anything",
				 idle, facts->axes->counted ? "did" : "allocated");
}

/* Blocks that a finding's parts have allocated and freed, and all that the program has
 * allocated. */
struct flow {
	double made, freed, all;
};

static struct flow flow_between(const struct facts *facts, const struct finding *finding,
				size_t first, size_t last)
{
	struct flow flow = {.all = facts->axes->made[last] - facts->axes->made[first]};

	for (size_t i = 0; i < finding->part_count; i++) {
		const struct series_point *points = facts->parts->list[finding->parts[i]].points;
		double made =
			(double)points[last].total_blocks - (double)points[first].total_blocks;

		flow.made += made;
		flow.freed += made - ((double)points[last].blocks - (double)points[first].blocks);
	}
	return flow;
}

/* Returns true if the blocks are reachable, so that they may have a bound that is not reached
 * yet. */
static bool may_have_bound(const struct finding *finding)
{
	switch (finding->kind) {
	case FINDING_GROWING:
	case FINDING_GROWING_CACHE:
	case FINDING_LISTENER_LEAK:
	case FINDING_CAPTURED:
		return true;
	default:
		return false;
	}
}

/* Returns true for a block that becomes larger in many even steps: a buffer of fixed size has
 * its size at once. */
static bool is_stepwise(const struct facts *facts, const struct finding *finding)
{
	const struct growth *growth = &facts->found[finding->parts[0]].bytes;
	struct flow flow = flow_between(facts, finding, facts->start, facts->end - 1);

	return flow.made >= STEPS && growth->weakest >= EVEN_WEAKEST && growth->pace >= EVEN_PACE;
}

static bool judged_by_bytes(const struct facts *facts, const struct finding *finding)
{
	return facts->found[finding->parts[0]].in_bytes;
}

static bool is_small(const struct finding *finding)
{
	return finding->growth_blocks < FEW_BLOCKS && finding->growth_bytes < FEW_BYTES;
}

/* Returns true if a cache that is filling explains the growth: bounds of 128 small entries, or a
 * dozen large ones, are common. */
static bool filling_fits(const struct facts *facts, const struct finding *finding)
{
	if (!may_have_bound(finding))
		return false;
	if (judged_by_bytes(facts, finding))
		return !is_stepwise(facts, finding);
	if (finding->growth_blocks < LEAST_BLOCKS)
		return true;
	return (finding->kind == FINDING_GROWING || finding->kind == FINDING_GROWING_CACHE) &&
	       is_small(finding);
}

static bool even(const struct facts *facts, const struct finding *finding, double share)
{
	const struct growth *growth = &facts->found[finding->parts[0]].blocks;

	if (finding->growth_blocks < LEAST_BLOCKS)
		return false;
	/* a queue that is filled faster than it is emptied has no old blocks */
	if (growth->weakest >= UNBROKEN_WEAKEST && growth->pace >= UNBROKEN_PACE)
		return true;
	return share >= EVEN_SHARE && growth->weakest >= EVEN_WEAKEST && growth->pace >= EVEN_PACE;
}

/* Judges the rest: all that no line or function accounts for, and that grows together. */
static bool judge_rest(const struct facts *facts, struct finding *finding, double share)
{
	finding_evidence(finding,
			 "no line and no function grows by itself: it is the rest of the heap that "
			 "grows, by %zu call "
			 "stacks together",
			 finding->stacks);
	finding->confidence = REST;
	return !filling_fits(facts, finding) && even(facts, finding, share);
}

/* Returns the live blocks of a finding's parts. */
static double live_at(const struct facts *facts, const struct finding *finding, size_t snapshot)
{
	double blocks = 0;

	for (size_t i = 0; i < finding->part_count; i++)
		blocks += (double)facts->parts->list[finding->parts[i]].points[snapshot].blocks;
	return blocks;
}

/* Returns the deepest fall below an earlier value; negative: the figure swings too much to judge
 * its end. */
static double fall_of(const struct facts *facts, const struct finding *finding)
{
	double first = live_at(facts, finding, facts->start),
	       last = live_at(facts, finding, facts->end - 1), highest = first, fall = 0;

	for (size_t i = facts->start; i < facts->end; i++) {
		double now = live_at(facts, finding, i);

		highest = now > highest ? now : highest;
		fall = highest - now > fall ? highest - now : fall;
	}
	return last > first && fall <= SWING * (last - first) ? fall : -1;
}

/* Returns true if from some snapshot of the later half on the blocks rose by no more than `slow`
 * times their earlier rise for the same length of `axis`. Numbers that may be chance do not
 * count. */
static bool stands_still(const struct facts *facts, const struct finding *finding,
			 const double *axis, double slow, double fall)
{
	size_t last = facts->end - 1;
	double span = axis[last] - axis[facts->start],
	       first = live_at(facts, finding, facts->start);

	for (size_t i = facts->start + 1; i + 2 <= last; i++) {
		double before = axis[i] - axis[facts->start], now = live_at(facts, finding, i),
		       expected, rise;

		if (before < span / 2 || axis[last] - axis[i] < LATE_LEAST * span)
			continue;
		expected = (now - first) * (axis[last] - axis[i]) / before;
		rise = live_at(facts, finding, last) - now + fall;
		if (expected >= TURN_LEAST && rise <= slow * expected &&
		    rise <= expected - TURN_ERRORS * sqrt(expected))
			return true;
	}
	return false;
}

/* Returns true if others than the finding's parts show what work was done. */
static bool others_work(const struct facts *facts, const struct finding *finding)
{
	struct flow flow = flow_between(facts, finding, facts->start, facts->end - 1);

	return facts->axes->counted ||
	       facts->axes->work[facts->end - 1] - facts->axes->work[facts->start] - flow.freed >=
		       WORK_LEAST;
}

/* Returns true if blocks are freed late that were not freed before, as of a cache that has
 * become full. */
static bool gives_back_late(const struct facts *facts, const struct finding *finding)
{
	const double *seconds = facts->series->seconds;
	double span = seconds[facts->end - 1] - seconds[facts->start];

	for (size_t at = facts->start + 2; at + 2 < facts->end; at++) {
		struct flow before = flow_between(facts, finding, facts->start, at),
			    late = flow_between(facts, finding, at, facts->end - 1);

		if (seconds[at] - seconds[facts->start] >= FULL_SHARE * span &&
		    before.made >= TURN_LEAST && before.freed <= TURN_BEFORE * before.made &&
		    late.freed >= TURN_LEAST && late.freed >= TURN_FREED * late.made)
			return true;
	}
	return false;
}

/* Returns true if the growth changes at the end: blocks are freed that were not before, or it
 * slows down while the program works as before. A cache that has just become full does so. */
static bool turns_at_end(const struct facts *facts, const struct finding *finding)
{
	double fall = fall_of(facts, finding), *active;
	bool still;

	if (gives_back_late(facts, finding))
		return true;
	if (fall < 0 || !others_work(facts, finding))
		return false;
	active = axes_active(facts->axes, NULL);
	still = stands_still(facts, finding, active, TURN_MADE, fall) &&
		stands_still(facts, finding, facts->series->seconds, TURN_MADE, fall) &&
		/* a busy machine slows everything down */
		stands_still(facts, finding, facts->axes->work, TURN_MADE, fall);
	free(active);
	return still;
}

/* Returns true if there was no rise for a while, and nothing shows whether the program had work
 * then. */
static bool rests_at_end(const struct facts *facts, const struct finding *finding)
{
	double fall = fall_of(facts, finding);

	return fall >= 0 && stands_still(facts, finding, facts->series->seconds, RESTS, fall);
}

/* Returns true if nothing was freed, and there are few blocks: caches of a thousand entries are
 * common, and pools of a hundred, however large each is. */
static bool may_be_bounded(const struct facts *facts, const struct finding *finding)
{
	struct flow flow = flow_between(facts, finding, facts->start, facts->end - 1);

	return (finding->growth_blocks < FEW_BLOCKS ||
		(finding->growth_blocks < COMMON_BLOCKS && finding->growth_bytes < COMMON_BYTES)) &&
	       (facts->found[finding->parts[0]].in_bytes || flow.freed <= TURN_BEFORE * flow.made);
}

/* Sets the confidence where a bound explains the growth as well. */
static bool doubt_bound(const struct facts *facts, struct finding *finding, double share)
{
	finding_evidence(finding,
			 turns_at_end(facts, finding)
				 ? "at the end blocks are freed that were not before, or it grows "
				   "more slowly than the program works: it may be full by now"
				 : "a cache that is still filling would look the same so far: "
				   "run longer to confirm");
	finding->confidence = FILLING_FITS;
	return !is_small(finding) || even(facts, finding, share);
}

bool confidence_judge(const struct facts *facts, struct finding *finding)
{
	double share = survivors_evidence(facts, finding);
	bool rest = facts->parts->list[finding->parts[0]].level == PARTS_ALL, bounded;

	finding->confidence = facts->graph ? SURE : WITHOUT_GRAPH;
	idle_evidence(facts, finding);
	if (rest)
		return judge_rest(facts, finding, share);
	if (facts->found[finding->parts[0]].appends) {
		finding_evidence(
			finding,
			"an array that is appended to: %.0f KiB more are in use, between the steps "
			"in which it becomes larger",
			facts->found[finding->parts[0]].bytes.total / 1024);
		finding->confidence = APPENDS;
		return true;
	}
	if (!may_have_bound(finding))
		return true;
	bounded = may_be_bounded(facts, finding);
	if (turns_at_end(facts, finding) || filling_fits(facts, finding) ||
	    (bounded && !judged_by_bytes(facts, finding) &&
	     (share < EVEN_SHARE || !even(facts, finding, share))))
		return doubt_bound(facts, finding, share);
	if (bounded)
		finding->confidence = MAY_BE_BOUNDED;
	if (rests_at_end(facts, finding)) {
		finding_evidence(finding, "it stands still at the end, and nothing shows that the "
					  "program worked: it may be full by now, or without load");
		finding->confidence = RESTED;
	}
	return true;
}
