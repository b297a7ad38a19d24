/*
 * Which pointers from roots lead to the ends of chains: a list's head or tail has one pointer less from its neighbours than the
 * elements between, so a pointer that was left in the middle can be told from the one that anchors the list.
 * Called by graph.c, when all is marked and summed. Path: cold. Threads: the twin. Memory: the twin's.
 * Must not: count pointers in mappings that nobody knows, which may be as large as the heap.
 */
#include "graph_state.h"

struct pass {
	const struct graph_region *region;
	struct graph_table *roots_of; /* by block number + 1: pointers from roots */
	bool second;
};

#define NO_TYPICAL UINT32_MAX
#define EXACT_DEGREES 4u /* numbers of pointers that are counted apart, see graph_sum.c */

/* The number of pointers that most blocks of a site have. */
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
	uint32_t *at = graph_table_at(graph, &graph->anchor_table, (uint64_t)(root + 1) << 32 | site);

	if (*at == UINT32_MAX) {
		*at = graph->anchor_count;
		GRAPH_ROOM(graph, anchors, anchor_count, anchor_capacity);
		graph->anchors[graph->anchor_count++] = (struct graph_anchor){.root = root, .site = site};
	}
	return &graph->anchors[*at];
}

static void count_root(struct graph *graph, struct pass *pass, const struct graph_block *block)
{
	uint32_t *count = graph_table_at(graph, pass->roots_of, block->number + 1ul);

	*count = *count == UINT32_MAX ? 1 : *count + 1;
}

static void judge_end(struct graph *graph, struct pass *pass, const struct graph_block *block,
		      uintptr_t address)
{
	const uint32_t *roots = graph_table_find(pass->roots_of, block->number + 1ul);
	uint32_t degree = graph_degree_of(graph->marks[block->number].state),
		 typical = typical_degree(&graph->sites[block->site]), root = pass->region->object;
	struct graph_anchor *anchor;
	uint64_t offset;

	if (root == UINT32_MAX)
		root = graph_roots_object(graph, pass->region, address, &offset);
	anchor = anchor_of(graph, root, block->site);
	anchor->pointers++;
	anchor->ends += typical != NO_TYPICAL && roots && degree < typical + *roots;
}

static void meet(struct graph *graph, void *argument, uint64_t offset, uintptr_t word)
{
	struct pass *pass = argument;
	struct graph_block block;

	if (graph_index_find(graph, word, &block) == GRAPH_NO_BLOCK ||
	    graph_is_weak(graph, pass->region->start + offset))
		return;
	if (pass->second)
		judge_end(graph, pass, &block, pass->region->start + offset);
	else
		count_root(graph, pass, &block);
}

void graph_anchors(struct graph *graph)
{
	struct graph_table roots_of = {0};

	for (int i = 0; i < 2; i++)
		for (uint32_t r = 0; r < graph->region_count; r++) {
			struct pass pass = {&graph->regions[r], &roots_of, i == 1};

			if (graph_class(graph->regions[r].kind) <= graph_class(SILT_ROOT_REGISTER))
				graph_scan_region(graph, &graph->regions[r],
						  &(struct graph_visitor){meet, NULL, &pass});
		}
}
