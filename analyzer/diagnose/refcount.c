/*
 * refcount-leak: a count of references exceeds the references there are, and what is so counted accumulates.
 *
 * Facts: a 32-bit word at one offset in all blocks of the site is the number of pointers to the block where that number varies: so it
 * counts references (chap, "most common finding"). In the blocks that accumulate it is more than the pointers there are.
 * Traps: a number that is the same in all blocks, or equal to the pointers only where there is one (hits, a type), follows nothing.
 * What hides pointers from the graph makes counts look too high: it would do so in sound blocks, too.
 */
#include <inttypes.h>

#include "diagnose/facts.h"

#define FOLLOWS 0.8 /* of the blocks with so many pointers */
#define SOUND 4	    /* blocks with so many pointers, at least */

/* With how many different numbers of pointers does the word agree? */
static unsigned agreements(const struct snapshot_refcount *count)
{
	unsigned agreeing = 0;

	for (int i = 1; i < SILT_REFERENCES; i++)
		agreeing += count->compared[i] >= SOUND &&
			    (double)count->equal_at[i] >= FOLLOWS * (double)count->compared[i];
	return agreeing;
}

static bool exceeds(const struct snapshot_refcount *count)
{
	uint64_t all = count->equal + count->above + count->below;

	return count->below * 50 <= all && count->above * 2 >= all && agreements(count) >= 2;
}

/* The part of the finding that a record belongs to; FACTS_NONE. */
static uint32_t part_in(const struct facts *facts, const struct finding *finding, uint32_t record)
{
	uint32_t part = facts_part_of(facts, record);

	for (size_t i = 0; i < finding->part_count; i++)
		if (finding->parts[i] == part)
			return part;
	return FACTS_NONE;
}

/* A line's call stacks make the same kind of block: the counts of its sites with the word at one offset add up. */
static struct snapshot_refcount sum_of(const struct facts *facts, uint32_t part, uint64_t offset)
{
	struct snapshot_refcount sum = {.offset = offset};

	for (uint64_t i = 0; i < facts->graph->refcount_count; i++) {
		const struct snapshot_refcount *count = &facts->graph->refcounts[i];

		if (count->offset != offset || facts_part_of(facts, count->site) != part)
			continue;
		sum.equal += count->equal;
		sum.above += count->above;
		sum.below += count->below;
		for (int r = 0; r < SILT_REFERENCES; r++) {
			sum.compared[r] += count->compared[r];
			sum.equal_at[r] += count->equal_at[r];
		}
	}
	return sum;
}

bool refcount_claims(const struct facts *facts, struct finding *finding)
{
	for (uint64_t i = 0; i < facts->graph->refcount_count; i++) {
		uint32_t part = part_in(facts, finding, facts->graph->refcounts[i].site);
		struct snapshot_refcount count;

		if (part == FACTS_NONE)
			continue;
		count = sum_of(facts, part, facts->graph->refcounts[i].offset);
		if (!exceeds(&count))
			continue;
		finding->kind = FINDING_REFCOUNT_LEAK;
		finding->count_offset = count.offset;
		facts_lead(finding, part);
		finding_evidence(finding,
				 "the word at offset %" PRIu64
				 " is the number of pointers to the block in %" PRIu64
				 " blocks, and more than there are in %" PRIu64,
				 count.offset, count.equal, count.above);
		return true;
	}
	return false;
}
