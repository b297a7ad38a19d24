/* Does the growth of a finding end, or change, at the end of the time? See standstill.h. */
#include "diagnose/standstill.h"

#include <math.h>
#include <stdlib.h>

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/parts.h"
#include "model/series.h"

#define FULL_SHARE 0.25	 /* share of the blocks, at least, before any was freed */
#define LATE_LEAST 0.08	 /* share of the time, at least, of a standstill */
#define TURN_LEAST 8	 /* blocks: fewer may be chance */
#define TURN_ERRORS 3.0	 /* standard deviations of the number of blocks, if each comes by chance */
#define TURN_FREED 0.2	 /* share of the late blocks that are freed, */
#define TURN_BEFORE 0.05 /* and share of the earlier blocks that were freed, at most */
#define TURN_MADE 0.5	 /* share of the earlier rise for as much work */
#define RESTS 0.1	 /* the same, by the clock */
#define SWING 0.2	 /* share of the rise */
#define WORK_LEAST 64	 /* blocks freed by others: enough to show when the program works */

static struct standstill_flow flow_of(const struct facts *facts, uint32_t part, size_t first,
				      size_t last)
{
	const struct series_point *points = facts->parts->list[part].points;
	double made = (double)points[last].total_blocks - (double)points[first].total_blocks;

	return (struct standstill_flow){
		made, made - ((double)points[last].blocks - (double)points[first].blocks)};
}

struct standstill_flow standstill_flow(const struct facts *facts, const struct finding *finding,
				       size_t first, size_t last)
{
	struct standstill_flow flow = {0, 0};

	for (size_t i = 0; i < finding->part_count; i++) {
		struct standstill_flow of_part = flow_of(facts, finding->parts[i], first, last);

		flow.made += of_part.made;
		flow.freed += of_part.freed;
	}
	return flow;
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

bool standstill_others_work(const struct facts *facts, const struct finding *finding)
{
	struct standstill_flow flow = standstill_flow(facts, finding, facts->start, facts->end - 1);

	return facts->axes->counted ||
	       facts->axes->work[facts->end - 1] - facts->axes->work[facts->start] - flow.freed >=
		       WORK_LEAST;
}

/* Returns the part that grew by most blocks: what else hangs there may come and go. */
static uint32_t entries_of(const struct facts *facts, const struct finding *finding)
{
	uint32_t most = finding->parts[0];

	for (size_t i = 1; i < finding->part_count; i++)
		if (facts->found[finding->parts[i]].growth_blocks >
		    facts->found[most].growth_blocks)
			most = finding->parts[i];
	return most;
}

/* Returns true if blocks are freed late that were not freed before, at whatever time, as of a cache
 * that has become full. Time is measured by what the part allocates: a stall is no time. */
static bool gives_back_late(const struct facts *facts, const struct finding *finding)
{
	uint32_t part = entries_of(facts, finding);

	for (size_t at = facts->start + 2; at + 2 < facts->end; at++) {
		struct standstill_flow all = flow_of(facts, part, 0, at),
				       before = flow_of(facts, part, facts->start, at),
				       late = flow_of(facts, part, at, facts->end - 1);

		if (before.made >= FULL_SHARE * (before.made + late.made) &&
		    before.made >= TURN_LEAST && all.freed <= TURN_BEFORE * all.made &&
		    late.freed >= TURN_LEAST && late.freed >= TURN_FREED * late.made)
			return true;
	}
	return false;
}

bool standstill_turns(const struct facts *facts, const struct finding *finding)
{
	double fall = fall_of(facts, finding), *active;
	bool still;

	if (gives_back_late(facts, finding))
		return true;
	if (fall < 0 || !standstill_others_work(facts, finding))
		return false;
	active = axes_active(facts->axes, NULL);
	still = stands_still(facts, finding, active, TURN_MADE, fall) &&
		stands_still(facts, finding, facts->series->seconds, TURN_MADE, fall) &&
		/* a busy machine slows everything down */
		stands_still(facts, finding, facts->axes->work, TURN_MADE, fall);
	free(active);
	return still;
}

bool standstill_rests(const struct facts *facts, const struct finding *finding)
{
	double fall = fall_of(facts, finding);

	return fall >= 0 && stands_still(facts, finding, facts->series->seconds, RESTS, fall);
}
