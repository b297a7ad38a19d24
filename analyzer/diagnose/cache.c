/*
 * growing-cache: reachable, grows without bound, little or nothing is freed.
 *
 * Facts: the blocks are reachable from a holder; the number of those that lived through an interval
 * only rises (growth.h); nearly every interval after the warm-up has survivors. Traps: a cache that
 * fills decelerates; a full cache has survivors of its last intervals only; a cache that is flushed
 * falls.
 */
#include <inttypes.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/parts.h"
#include "model/series.h"
#include "util/words.h"

void cache_describes(const struct group *group, struct finding *finding)
{
	const struct facts *facts = group->facts;
	const struct part *part = &facts->parts->list[group->top];
	const struct series_point *first = &part->points[facts->start],
				  *last = &part->points[facts->end - 1];
	uint64_t made = last->total_blocks - first->total_blocks;

	finding->kind = FINDING_GROWING_CACHE;
	/* A realloc is a free and an allocation: what was made and given back says nothing of
	 * blocks that become larger. */
	if (facts->found[group->top].in_bytes)
		finding_evidence(finding, "its blocks became larger, not more: by %.0f KiB",
				 ((double)last->bytes - (double)first->bytes) / 1024);
	else if (made && last->blocks >= first->blocks && made >= last->blocks - first->blocks)
		finding_evidence(
			finding,
			"of %" PRIu64 " block%s allocated after the warm-up %" PRIu64 " %s freed",
			made, words_s(made), made - (last->blocks - first->blocks),
			words_plural(made - (last->blocks - first->blocks), "was", "were"));
}
