/*
 * captured: a small record with a callback keeps a large block alive.
 *
 * Facts: what accumulates carries a callback (see listener.c) and leads to blocks far larger than itself, about one a record:
 * few blocks, many bytes.
 * Traps: a cache of large values has no callback in its entries; subscribers of ordinary size are a listener-leak.
 */
#include "diagnose/facts.h"

#define LARGE 16384.0 /* bytes of a block */
#define TIMES 64.0    /* larger than the record */

static double mean_size(const struct facts *facts, uint32_t site)
{
	const struct series_point *point = &facts->series->sites[site].points[facts->graph_number];

	return point->blocks ? (double)point->bytes / (double)point->blocks : 0;
}

bool captured_claims(const struct group *group, struct finding *finding)
{
	const struct facts *facts = group->facts;
	double record = mean_size(facts, group->top);
	uint32_t large = FACTS_NONE;

	if (!finding->callback)
		return false;
	for (size_t i = 0; i < group->count; i++) {
		double size = mean_size(facts, group->sites[i]);

		if (size >= LARGE && size >= TIMES * record &&
		    (large == FACTS_NONE || size > mean_size(facts, large)))
			large = group->sites[i];
	}
	if (large == FACTS_NONE)
		return false;
	finding->kind = FINDING_CAPTURED;
	finding_evidence(finding, "records of %.0f bytes keep blocks of %.0f bytes alive", record,
			 mean_size(facts, large));
	return true;
}
