/*
 * Finds the pointers from roots that lead to ends of lists. A list's head or tail has one pointer
 * less from its neighbours than the elements between, which tells a pointer that anchors the list
 * from one that was left pointing into its middle.
 * Path: cold. Threads: the twin. Memory: the twin's.
 * Must not: read memory of the program.
 */
#include "graph/fold.h"
#include "graph/mark.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "graph/sum.h"
#include "silt_snapshot.h"

#define NO_TYPICAL UINT32_MAX
#define EXACT_DEGREES 4u /* numbers of pointers counted exactly, see graph/sum.c */

/* The number of pointers that most blocks of a site have; NO_TYPICAL: not known exactly. */
static uint32_t typical_degree(const struct graph_site *site)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < SILT_DEGREES; i++)
		if (site->degrees[i] > site->degrees[best])
			best = i;
	return best < EXACT_DEGREES ? best : NO_TYPICAL;
}

static struct graph_anchor *anchor_of(struct graph *graph, uint32_t root, uint32_t site)
{
	uint32_t *at =
		graph_table_at(graph, &graph->anchor_table, (uint64_t)(root + 1) << 32 | site);

	if (*at == UINT32_MAX) {
		*at = graph->anchor_count;
		GRAPH_ROOM(graph, anchors, anchor_count, anchor_capacity);
		graph->anchors[graph->anchor_count++] =
			(struct graph_anchor){.root = root, .site = site};
	}
	return &graph->anchors[*at];
}

static void judge_end(struct graph *graph, const struct graph_table *roots_of,
		      const struct graph_pointer *pointer)
{
	const uint32_t *roots = graph_table_find(roots_of, pointer->number + 1ul);
	uint32_t degree = graph_degree_of(graph->marks[pointer->number].state),
		 typical = typical_degree(&graph->sites[pointer->site]);
	struct graph_anchor *anchor = anchor_of(graph, pointer->root, pointer->site);

	anchor->pointers++;
	anchor->ends += typical != NO_TYPICAL && roots && degree < typical + *roots;
}

void graph_find_anchors(struct graph *graph)
{
	struct graph_table roots_of = {0}; /* by block number + 1: pointers from roots */

	for (uint32_t i = 0; i < graph->pointer_count; i++) {
		uint32_t *count = graph_table_at(graph, &roots_of, graph->pointers[i].number + 1ul);

		*count = *count == UINT32_MAX ? 1 : *count + 1;
	}
	for (uint32_t i = 0; i < graph->pointer_count; i++)
		if (graph_class(graph->objects[graph->pointers[i].root].kind) <=
		    graph_class(SILT_ROOT_REGISTER))
			judge_end(graph, &roots_of, &graph->pointers[i]);
}
