/*
 * Compares members of one object: two lists in one struct are two holders, although one root leads
 * to both.
 *
 * Facts: the paths to two parts go together for a while; where they part, the pointers to one are
 * at other offsets of the same object than the pointers to the other. Traps: a table has pointers
 * to both at all offsets; a map of one kind of nodes that two lines make has one root for both.
 */
#include "diagnose/facts.h"
#include "load/snapshot.h"
#include "model/holders.h"

#define LONGEST_WAY 64	/* paths from a root */
#define FEW_POINTERS 16 /* one pointer in so many is stale */

/* Stores the paths from the root to a part, the part's own last; returns their number. */
static size_t way_to(const struct facts *facts, uint32_t part, uint32_t ways[LONGEST_WAY])
{
	uint32_t path = facts->found[part].path;
	size_t count = 0;

	for (; path != FACTS_NONE && count < LONGEST_WAY;
	     path = holders_parent(facts->holders, path))
		ways[count++] = path;
	for (size_t i = 0; i < count / 2; i++) {
		uint32_t other = ways[i];

		ways[i] = ways[count - 1 - i];
		ways[count - 1 - i] = other;
	}
	return count;
}

/* The range of offsets in a source that has the pointers to a site. */
struct range {
	uint64_t first, last, pointers;
};

static void widen(struct range *range, const struct snapshot_edge *edge)
{
	if (edge->offset < range->first)
		range->first = edge->offset;
	if (edge->offset + edge->span > range->last)
		range->last = edge->offset + edge->span;
}

static struct range range_of(const struct snapshot_graph *graph, bool from_root, uint32_t source,
			     uint32_t target)
{
	struct range range = {.first = UINT64_MAX};
	bool wanted;

	for (int pass = 0; pass < 2; pass++)
		for (uint64_t i = 0; i < graph->edge_count; i++) {
			const struct snapshot_edge *edge = &graph->edges[i];

			wanted = edge->from_root == from_root && edge->source == source &&
				 edge->target == target;
			if (wanted && pass == 0)
				range.pointers += edge->count;
			else if (wanted && edge->count * FEW_POINTERS >= range.pointers)
				widen(&range, edge);
		}
	return range;
}

bool members_apart(const struct facts *facts, uint32_t a, uint32_t b)
{
	const struct snapshot_graph *graph = facts->graph;
	uint32_t to_a[LONGEST_WAY], to_b[LONGEST_WAY], source;
	size_t count_a = way_to(facts, a, to_a), count_b = way_to(facts, b, to_b), common = 0;
	struct range x, y;

	while (common < count_a && common < count_b && to_a[common] == to_b[common])
		common++;
	if (common == count_a || common == count_b ||
	    graph->paths[to_a[0]].root != graph->paths[to_b[0]].root)
		return false; /* one hangs from the other */
	source = common ? graph->paths[to_a[common - 1]].site : graph->paths[to_a[0]].root;
	x = range_of(graph, common == 0, source, graph->paths[to_a[common]].site);
	y = range_of(graph, common == 0, source, graph->paths[to_b[common]].site);
	return x.pointers && y.pointers && (x.last < y.first || y.last < x.first);
}
