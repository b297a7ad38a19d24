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

bool refcount_claims(const struct facts *facts, struct finding *finding)
{
	for (size_t s = 0; s < finding->site_count; s++) {
		uint32_t record = facts_record(facts, finding->sites[s].site);

		for (uint64_t i = 0; i < facts->graph->refcount_count; i++) {
			const struct snapshot_refcount *count = &facts->graph->refcounts[i];
			struct finding_site swap = finding->sites[0];

			if (count->site != record || !exceeds(count))
				continue;
			finding->kind = FINDING_REFCOUNT_LEAK;
			finding->count_offset = count->offset;
			finding->sites[0] = finding->sites[s];
			finding->sites[s] = swap;
			finding_evidence(finding,
					 "the word at offset %" PRIu64
					 " is the number of pointers to the block in %" PRIu64
					 " blocks, and more than there are in %" PRIu64,
					 count->offset, count->equal, count->above);
			return true;
		}
	}
	return false;
}
