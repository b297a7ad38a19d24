/*
 * How sure a finding is: by how many blocks of how many intervals stayed, how evenly, and what else they could be.
 * Must not: look at the heap graph.
 *
 * A cache that is still being filled looks like a leak until it is full; the fewer blocks were added, the more caches have a bound
 * beyond them. The values are those that tests/accuracy/generate measures (tests/accuracy/README.md): of findings said with 0.9,
 * nine in ten are right.
 */
#include "diagnose/facts.h"

#define FEW_BLOCKS 128	/* growth that may be a small cache being filled: fewer blocks, */
#define FEW_BYTES 16384 /* and fewer bytes */
#define LEAST_BLOCKS 16 /* growth that says anything: that many blocks, evenly */
#define EVEN_WEAKEST 0.3
#define EVEN_PACE 0.5
#define EVEN_SHARE 0.8 /* of the intervals have survivors */
#define UNBROKEN_WEAKEST 0.5
#define UNBROKEN_PACE 0.9

#define COMMON_BLOCKS 1024	 /* a bound that is common: fewer blocks than this were added, */
#define COMMON_BYTES (256 << 10) /* and fewer bytes */

#define LATE_SHARE 0.25	 /* of the time judged */
#define TURN_LEAST 8	 /* blocks: fewer may be chance */
#define TURN_FREED 0.2	 /* of what is made late is given back, */
#define TURN_BEFORE 0.05 /* and of what was made before no more than this */
#define TURN_MADE 0.7	 /* of what it made before, for as much of the program's work */

#define SURE 0.9
#define WITHOUT_GRAPH 0.8
#define FILLING_FITS 0.55
#define MAY_BE_BOUNDED 0.75
#define REST 0.6
#define APPENDS 0.75

/* With which share of the intervals after the warm-up are there survivors? A block that realloc makes larger is born again: of those
 * it is not said. */
static double survivors_evidence(const struct facts *facts, struct finding *finding)
{
	size_t with = 0;

	if (!finding->generation_count)
		return 1;
	for (size_t i = 0; i < finding->generation_count; i++)
		with += finding->generations[i] > 0;
	if (!facts->found[finding->parts[0]].in_bytes)
		finding_evidence(finding, "survivors of %zu of %zu intervals after the warm-up", with,
				 finding->generation_count);
	return (double)with / (double)finding->generation_count;
}

/* That it stands still says nothing where the program does, too. */
static void idle_evidence(const struct facts *facts, struct finding *finding)
{
	double idle = facts->found[finding->parts[0]].idle;

	if (idle > 0)
		finding_evidence(
			finding,
			"it did not grow in the last %.1f s, in which the program %s hardly anything", idle,
			facts->axes->counted ? "did" : "allocated");
}

/* A bound of 128 small entries is nothing special. */
static bool filling_fits(const struct finding *finding)
{
	return (finding->kind == FINDING_GROWING || finding->kind == FINDING_GROWING_CACHE) &&
	       finding->growth_blocks < FEW_BLOCKS && finding->growth_bytes < FEW_BYTES;
}

static bool even(const struct facts *facts, const struct finding *finding, double share)
{
	const struct growth *growth = &facts->found[finding->parts[0]].blocks;

	if (finding->growth_blocks < LEAST_BLOCKS)
		return false;
	/* A queue that is filled faster than it is emptied keeps nothing old. */
	if (growth->weakest >= UNBROKEN_WEAKEST && growth->pace >= UNBROKEN_PACE)
		return true;
	return share >= EVEN_SHARE && growth->weakest >= EVEN_WEAKEST && growth->pace >= EVEN_PACE;
}

/* All that no line or function of the program accounts for, and that grows together. */
static bool judge_rest(const struct facts *facts, struct finding *finding, double share)
{
	finding_evidence(
		finding,
		"no line and no function grows by itself: it is the rest of the heap that grows, by %zu call "
		"stacks together",
		finding->stacks);
	finding->confidence = REST;
	return !filling_fits(finding) && even(facts, finding, share);
}

/* Blocks that a finding's parts have made and given back, and all that the program has made. */
struct flow {
	double made, freed, all;
};

static struct flow flow_between(const struct facts *facts, const struct finding *finding, size_t first,
				size_t last)
{
	struct flow flow = {.all = facts->axes->made[last] - facts->axes->made[first]};

	for (size_t i = 0; i < finding->part_count; i++) {
		const struct series_point *points = facts->parts->list[finding->parts[i]].points;
		double made = (double)points[last].total_blocks - (double)points[first].total_blocks;

		flow.made += made;
		flow.freed += made - ((double)points[last].blocks - (double)points[first].blocks);
	}
	return flow;
}

/* Has it changed its ways at the end: gives back what it did not before, or makes less while the program works as before? So does what
 * has just become full. */
static bool turns_at_end(const struct facts *facts, const struct finding *finding)
{
	const double *seconds = facts->series->seconds;
	double turn = seconds[facts->end - 1] -
		      (seconds[facts->end - 1] - seconds[facts->start]) * LATE_SHARE,
	       share;
	size_t at = facts->start;
	struct flow before, late;

	while (at + 2 < facts->end && seconds[at] < turn)
		at++;
	before = flow_between(facts, finding, facts->start, at);
	late = flow_between(facts, finding, at, facts->end - 1);
	share = before.all > 0 ? late.all / before.all : 0;
	if (late.freed >= TURN_LEAST && late.freed >= TURN_FREED * late.made &&
	    before.freed <= TURN_BEFORE * before.made)
		return true;
	return before.made * share >= TURN_LEAST && late.made < TURN_MADE * before.made * share;
}

/* Nothing was given back, and there are not many yet: caches of a thousand entries are common. */
static bool may_be_bounded(const struct facts *facts, const struct finding *finding)
{
	struct flow flow = flow_between(facts, finding, facts->start, facts->end - 1);

	return finding->growth_blocks < COMMON_BLOCKS && finding->growth_bytes < COMMON_BYTES &&
	       (facts->found[finding->parts[0]].in_bytes || flow.freed <= TURN_BEFORE * flow.made);
}

bool confidence_judge(const struct facts *facts, struct finding *finding)
{
	double share = survivors_evidence(facts, finding);
	bool rest = facts->parts->list[finding->parts[0]].level == PARTS_ALL;

	finding->confidence = facts->graph ? SURE : WITHOUT_GRAPH;
	idle_evidence(facts, finding);
	if (rest)
		return judge_rest(facts, finding, share);
	if (facts->found[finding->parts[0]].appends) {
		finding_evidence(finding,
				 "an array that is appended to: %.0f KiB more are in use, between the steps "
				 "in which it "
				 "becomes larger",
				 facts->found[finding->parts[0]].bytes.total / 1024);
		finding->confidence = APPENDS;
		return true;
	}
	if (finding->kind != FINDING_GROWING && finding->kind != FINDING_GROWING_CACHE)
		return true;
	if (!turns_at_end(facts, finding) && !filling_fits(finding)) {
		if (may_be_bounded(facts, finding))
			finding->confidence = MAY_BE_BOUNDED;
		return true;
	}
	finding_evidence(finding, turns_at_end(facts, finding)
					  ? "at the end it gives back what it did not before, or makes less: "
					    "it may be full by now"
					  : "a cache that is still being filled would look the same so far: "
					    "a longer run tells");
	finding->confidence = FILLING_FITS;
	return !filling_fits(finding) || even(facts, finding, share);
}
