/*
 * captured: a small record keeps a large block alive that it needs little of.
 *
 * Facts: what accumulates leads to blocks far larger than itself: few blocks, many bytes; and it carries a callback (see
 * listener.c), or points into the blocks rather than to their start.
 * Traps: a cache of large values points to their start and has no callback in its entries; subscribers of ordinary size are a
 * listener-leak.
 */
#include "diagnose/facts.h"

#define LARGE 16384.0 /* bytes of a block */
#define TIMES 64.0    /* larger than the record */

static double mean_size(const struct facts *facts, uint32_t part)
{
	const struct series_point *point = facts_point(facts, part);

	return point->blocks ? (double)point->bytes / (double)point->blocks : 0;
}

/* Do most pointers to the site's blocks lead into them, not to their start? A part keeps the whole. */
static bool held_by_a_part(const struct facts *facts, uint32_t part)
{
	uint64_t pointers = 0, interior = 0;

	for (uint64_t i = 0; i < facts->graph->edge_count; i++) {
		if (facts_part_of(facts, facts->graph->edges[i].target) != part)
			continue;
		/* The links of an intrusive list lead into its elements, too. */
		if (!facts->graph->edges[i].from_root &&
		    facts_part_of(facts, facts->graph->edges[i].source) == part)
			return false;
		pointers += facts->graph->edges[i].count;
		interior += facts->graph->edges[i].interior;
	}
	return pointers && interior * 10 >= pointers * 9;
}

bool captured_claims(const struct group *group, struct finding *finding)
{
	const struct facts *facts = group->facts;
	double record = mean_size(facts, group->top);
	uint32_t large = FACTS_NONE;

	for (size_t i = 0; i < group->count; i++) {
		double size = mean_size(facts, group->parts[i]);

		if (size >= LARGE && (group->parts[i] == group->top || size >= TIMES * record) &&
		    (large == FACTS_NONE || size > mean_size(facts, large)))
			large = group->parts[i];
	}
	if (large == FACTS_NONE ||
	    ((large == group->top || !finding->callback) && !held_by_a_part(facts, large)))
		return false;
	finding->kind = FINDING_CAPTURED;
	if (large == group->top || !finding->callback)
		finding_evidence(
			finding,
			"blocks of %.0f bytes are kept alive by pointers into them: a part keeps the whole",
			mean_size(facts, large));
	else
		finding_evidence(finding, "records of %.0f bytes keep blocks of %.0f bytes alive", record,
				 mean_size(facts, large));
	return true;
}
