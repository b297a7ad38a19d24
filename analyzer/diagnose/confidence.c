/*
 * How sure a finding is: by how many blocks of how many intervals stayed, how evenly, and what else they could be.
 * Called by groups.c.
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

#define SURE 0.9
#define WITHOUT_GRAPH 0.8
#define FILLING_FITS 0.55
#define REST 0.6
#define APPENDS 0.75

/* With which share of the intervals after the warm-up are there survivors? */
static double survivors_evidence(struct finding *finding)
{
	size_t with = 0;

	if (!finding->generation_count)
		return 1;
	for (size_t i = 0; i < finding->generation_count; i++)
		with += finding->generations[i] > 0;
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

bool confidence_judge(const struct facts *facts, struct finding *finding)
{
	double share = survivors_evidence(finding);
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
	if (!filling_fits(finding))
		return true;
	finding_evidence(finding,
			 "a cache that is still being filled would look the same so far: a longer run tells");
	finding->confidence = FILLING_FITS;
	return even(facts, finding, share);
}
