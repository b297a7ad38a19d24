/*
 * captured: a small record keeps a large block alive, of which it needs little.
 *
 * Facts: what accumulates leads to blocks far larger than itself: few blocks, many bytes. It
 * carries a callback (see listener.c), or points into the blocks, not to their start. Traps: a
 * cache of large values points to their start and has no callback in its entries; subscribers of
 * ordinary size are a listener-leak; a table that holds the records is not kept alive by them; a
 * string or array whose length is stored before the address pointed to is kept whole.
 */
#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/relations.h"
#include "diagnose/shape.h"
#include "load/snapshot.h"

#define LARGE 16384.0 /* bytes of a large block */
#define TIMES 64.0    /* a large block is so many times the record */
#define HEADER 64u    /* bytes, at most, before the address that a pointer to a whole block has */

static double mean_size(const struct facts *facts, uint32_t class)
{
	const struct relations *relations = facts->classes->relations;

	return relations->blocks[class]
		       ? (double)relations->bytes[class] / (double)relations->blocks[class]
		       : 0;
}

static bool leads_to_a_part(const struct snapshot_edge *edge)
{
	return edge->interior && (edge->target_varies || edge->target_offset > HEADER);
}

/* Returns true if most pointers to the class's blocks lead into the blocks, not to their start:
 * a part keeps the whole alive. */
static bool held_by_a_part(const struct facts *facts, uint32_t class)
{
	const uint32_t *class_of = facts->classes->of;
	uint64_t pointers = 0, parts = 0;

	for (uint64_t i = 0; i < facts->graph->edge_count; i++) {
		const struct snapshot_edge *edge = &facts->graph->edges[i];

		if (class_of[edge->target] != class)
			continue;
		/* links of an intrusive list also lead into its elements */
		if (!edge->from_root && class_of[edge->source] == class)
			return false;
		pointers += edge->count;
		parts += leads_to_a_part(edge) ? edge->interior : 0;
	}
	return pointers && parts * 10 >= pointers * 9;
}

/* Returns true if blocks of the class point to most of the records: they are their table. */
static bool is_their_table(const struct facts *facts, uint32_t class, uint32_t records)
{
	const struct relations *relations = facts->classes->relations;
	const struct relation *relation = records == FACTS_NONE || class == records
						  ? NULL
						  : relations_find(relations, class, records);

	return relation && relation->count * 2 >= relations->blocks[records];
}

static bool in_group(const struct group *group, uint32_t class)
{
	const struct size_classes *classes = group->facts->classes;

	for (size_t i = 0; i < group->count; i++)
		if (classes->place_of[group->parts[i]] == classes->list[class].place)
			return true;
	return false;
}

bool captured_claims(const struct group *group, struct finding *finding)
{
	const struct facts *facts = group->facts;
	uint32_t top = shape_class(group), large = FACTS_NONE;
	double record = top == FACTS_NONE ? 0 : mean_size(facts, top);

	for (uint32_t i = 0; i < facts->classes->count; i++) {
		double size = mean_size(facts, i);

		if (size >= LARGE && (i == top || size >= TIMES * record) && in_group(group, i) &&
		    !is_their_table(facts, i, top) &&
		    (large == FACTS_NONE || size > mean_size(facts, large)))
			large = i;
	}
	if (large == FACTS_NONE ||
	    ((large == top || !finding->callback) && !held_by_a_part(facts, large)))
		return false;
	finding->kind = FINDING_CAPTURED;
	if (large == top || !finding->callback)
		finding_evidence(finding,
				 "blocks of %.0f bytes are kept alive by pointers into them: a "
				 "part keeps the whole",
				 mean_size(facts, large));
	else
		finding_evidence(finding, "records of %.0f bytes keep blocks of %.0f bytes alive",
				 record, mean_size(facts, large));
	return true;
}
