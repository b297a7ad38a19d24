/*
 * Sets the confidence of a finding: by how many blocks of how many intervals stayed, how evenly,
 * and what else the growth could be.
 * Must not: look at the heap graph.
 *
 * A cache that is still filling looks like a leak until it is full; the fewer blocks were added,
 * the more caches have a bound beyond them. The values are those that tests/accuracy/generate
 * measures (tests/accuracy/README.md): of findings with 0.9, nine in ten are right.
 */

#include "diagnose/axes.h"
#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/growth.h"
#include "diagnose/parts.h"
#include "diagnose/standstill.h"
#include "model/series.h"

#define FEW_BLOCKS 128	/* a small cache may still be filling if fewer blocks */
#define FEW_BYTES 16384 /* and fewer bytes were added */
/* Growth of fewer entries proves nothing, even if it is even: tables of 32 are common, and two
 * thirds of them are added in the judged time. */
#define LEAST_ENTRIES 22
#define EVEN_WEAKEST 0.3
#define EVEN_PACE 0.5
#define STEPS 6	       /* steps in which a block becomes larger */
#define EVEN_SHARE 0.8 /* share of the intervals with survivors */
#define UNBROKEN_WEAKEST 0.5
#define UNBROKEN_PACE 0.9

#define COMMON_BLOCKS 1024	 /* a common bound is possible if fewer blocks */
#define COMMON_BYTES (256 << 10) /* and fewer bytes were added */

#define BOUNDED_FREED 0.05 /* share of the blocks that are freed, at most */

#define SURE 0.9
#define WITHOUT_GRAPH 0.8
#define FILLING_FITS 0.55
#define MAY_BE_BOUNDED 0.75
#define REST 0.6
#define APPENDS 0.75
#define RESTED 0.65 /* without load, as the rest of the program, which had some before */

static bool judged_by_bytes(const struct facts *facts, const struct finding *finding)
{
	return facts->found[finding->parts[0]].in_bytes;
}

/* Returns the share of the intervals after the warm-up that have survivors; those in which the
 * program allocated nothing do not count. No evidence for blocks that realloc makes larger, because
 * each realloc makes them anew. */
static double survivors_evidence(const struct facts *facts, struct finding *finding)
{
	size_t with = 0, idle = finding->idle_generations;

	if (finding->generation_count <= idle)
		return 1;
	for (size_t i = 0; i < finding->generation_count; i++)
		with += finding->generations[i] > 0;
	if (!judged_by_bytes(facts, finding)) {
		finding_evidence(finding,
				 "blocks from %zu of %zu intervals after the warm-up survive", with,
				 finding->generation_count);
		if (idle)
			finding_evidence(finding,
					 "the program allocated nothing in %zu of the intervals",
					 idle);
	}
	return (double)with / (double)(finding->generation_count - idle);
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
	struct standstill_flow flow = standstill_flow(facts, finding, facts->start, facts->end - 1);

	return flow.made >= STEPS && growth->weakest >= EVEN_WEAKEST && growth->pace >= EVEN_PACE;
}

/* Returns true if each part grows by so few blocks that a small table explains it. An entry may
 * consist of several blocks, each of another part. */
static bool has_few_entries(const struct facts *facts, const struct finding *finding)
{
	for (size_t i = 0; i < finding->part_count; i++)
		if (facts->found[finding->parts[i]].growth_blocks >= LEAST_ENTRIES)
			return false;
	return true;
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
	if (has_few_entries(facts, finding))
		return true;
	return (finding->kind == FINDING_GROWING || finding->kind == FINDING_GROWING_CACHE) &&
	       is_small(finding);
}

static bool even(const struct facts *facts, const struct finding *finding, double share)
{
	const struct growth *growth = &facts->found[finding->parts[0]].blocks;

	if (has_few_entries(facts, finding))
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

/* Returns true if nothing was freed, and there are few blocks: caches of a thousand entries are
 * common, and pools of a hundred, however large each is. Of an array only the bytes are known. */
static bool may_be_bounded(const struct facts *facts, const struct finding *finding)
{
	struct standstill_flow flow = standstill_flow(facts, finding, facts->start, facts->end - 1);

	if (judged_by_bytes(facts, finding))
		return finding->growth_bytes < COMMON_BYTES;
	return (finding->growth_blocks < FEW_BLOCKS ||
		(finding->growth_blocks < COMMON_BLOCKS && finding->growth_bytes < COMMON_BYTES)) &&
	       flow.freed <= BOUNDED_FREED * flow.made;
}

/* Sets the confidence where a bound explains the growth as well. */
static bool doubt_bound(const struct facts *facts, struct finding *finding, double share)
{
	finding_evidence(finding,
			 standstill_turns(facts, finding)
				 ? "at the end blocks are freed that were not before, or it grows "
				   "more slowly than the program works: it may be full by now"
				 : "a cache that is still filling would look the same so far: "
				   "run longer to confirm");
	finding->confidence = FILLING_FITS;
	return !is_small(finding) || even(facts, finding, share);
}

/* Judges an array that is appended to. If it adds few bytes it may have a bound. */
static void judge_appended(const struct facts *facts, struct finding *finding)
{
	finding_evidence(finding,
			 "an array that is appended to: %.0f KiB more are in use, between the "
			 "steps in which it becomes larger",
			 facts->found[finding->parts[0]].bytes.total / 1024);
	finding->confidence = APPENDS;
	if (is_small(finding))
		doubt_bound(facts, finding, 1);
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
		judge_appended(facts, finding);
		return true;
	}
	if (!may_have_bound(finding))
		return true;
	bounded = may_be_bounded(facts, finding);
	if (standstill_turns(facts, finding) || filling_fits(facts, finding) ||
	    (bounded && !judged_by_bytes(facts, finding) &&
	     (share < EVEN_SHARE || !even(facts, finding, share))))
		return doubt_bound(facts, finding, share);
	if (bounded)
		finding->confidence = MAY_BE_BOUNDED;
	if (standstill_rests(facts, finding)) {
		finding_evidence(finding, "it stands still at the end, and nothing shows that the "
					  "program worked: it may be full by now, or without load");
		finding->confidence =
			standstill_others_work(facts, finding) ? RESTED : FILLING_FITS;
	}
	return true;
}
