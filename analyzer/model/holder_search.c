/*
 * Finds the path from a holder to the blocks it keeps alive, when the breadth-first forest reached
 * the blocks from another holder: the shortest path over edges that most blocks have. See
 * holders.h.
 * Must not: print.
 */
#include "model/holders_inside.h"

#include <stdlib.h>

#include "load/snapshot.h"
#include "model/holders.h"
#include "symbolize/variable.h"
#include "util/mem.h"

struct search {
	struct holders_inside *in;
	/* by site: the edge that it was reached by; NULL: not reached */
	const struct snapshot_edge **by;
	uint32_t *queue;
	size_t count;
};

/* Returns true if most blocks of either end have the edge. A stale pointer in a few blocks leads
 * nowhere. */
static bool is_substantial(const struct holders_inside *in, const struct snapshot_edge *edge)
{
	uint64_t source = holders_live_blocks(in, edge->source),
		 target = holders_live_blocks(in, edge->target);

	return edge->count * 2 >= (source < target ? source : target);
}

static void visit(struct search *search, const struct snapshot_edge *edge)
{
	if (search->by[edge->target])
		return;
	search->by[edge->target] = edge;
	search->queue[search->count++] = edge->target;
}

/* Returns the edge from one source to one target that most blocks have; advances `*at` past all
 * such edges. */
static const struct snapshot_edge *strongest(const struct holders_inside *in, size_t *at)
{
	const struct snapshot_edge *best = in->edges[*at], *edge;

	for (; *at < in->graph->edge_count; ++*at) {
		edge = in->edges[*at];
		if (edge->from_root != best->from_root || edge->source != best->source ||
		    edge->target != best->target)
			break;
		if (edge->count > best->count)
			best = edge;
	}
	return best;
}

/* Uses that edges from sites are sorted by source. */
static void visit_targets(struct search *search, uint32_t site)
{
	const struct holders_inside *in = search->in;
	size_t low = 0, high = in->graph->edge_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (!in->edges[middle]->from_root && in->edges[middle]->source < site)
			low = middle + 1;
		else
			high = middle;
	}
	while (low < in->graph->edge_count && !in->edges[low]->from_root &&
	       in->edges[low]->source == site) {
		const struct snapshot_edge *edge = strongest(in, &low);

		if (is_substantial(in, edge))
			visit(search, edge);
	}
}

static void visit_from_roots(struct search *search, const struct holder *holder)
{
	const struct holders_inside *in = search->in;

	for (size_t at = 0; at < in->graph->edge_count;) {
		const struct snapshot_edge *edge = strongest(in, &at);

		if (edge->from_root && in->holder_of[edge->source] == holder)
			visit(search, edge);
	}
}

static struct path_step step_by(const struct holders_inside *in, const struct snapshot_edge *edge)
{
	return holders_make_step(in, edge->from_root, edge->source, edge->target, edge->offset);
}

static struct holder_path *in_forest(const struct holders_inside *in, const struct holder *holder,
				     uint32_t site)
{
	for (size_t i = 0; i < holder->path_count; i++)
		if (holder->paths[i].site == &in->profile->sites[site])
			return &holder->paths[i];
	return NULL;
}

/* Stores the chain through blocks of one site, if most of them have it. */
static bool chain_step(const struct holders_inside *in, const struct holder *holder, uint32_t site,
		       struct path_step *step)
{
	const struct snapshot_edge *const *edges, *best;
	const struct holder_path *path = in_forest(in, holder, site);
	size_t count = holders_find_edges(in, false, site, site, &edges);

	best = holders_strongest_link(edges, count);
	if (!best || holders_live_blocks(in, site) < 2 ||
	    best->count * 2 < holders_live_blocks(in, site))
		return false;
	*step = holders_chain_by(in, path ? path->number : in->main_path[site], edges, count, best);
	return true;
}

static struct holder_path *make_path(struct search *search, uint32_t site)
{
	struct holders_inside *in = search->in;
	struct holder_path *path = mem_zeroed(1, sizeof *path);
	uint32_t sites[HOLDERS_MAX_STEPS], depth = 0, at = site;

	while (depth < HOLDERS_MAX_STEPS) {
		sites[depth++] = at;
		if (search->by[at]->from_root)
			break;
		at = search->by[at]->source;
	}
	path->site = &in->profile->sites[site];
	path->number = HOLDERS_NONE;
	path->root = search->by[at]->from_root ? search->by[at]->source : 0;
	path->first_site = at;
	path->steps = mem_zeroed(2 * HOLDERS_MAX_STEPS, sizeof *path->steps);
	path->via = mem_zeroed(depth, sizeof *path->via);
	while (depth-- > 0) {
		path->via[path->via_count++] = sites[depth];
		path->steps[path->step_count++] = step_by(in, search->by[sites[depth]]);
		if (chain_step(in, in->holder_of[path->root], sites[depth],
			       &path->steps[path->step_count]))
			path->step_count++;
	}
	MEM_GROW(in->made, in->made_count, in->made_capacity); // NOLINT(bugprone-sizeof-expression)
	in->made[in->made_count++] = path;
	return path;
}

/* Continues the search from what is visited already. */
static struct holder_path *go_on(struct search *search, uint32_t site)
{
	for (size_t done = 0; done < search->count && !search->by[site]; done++)
		visit_targets(search, search->queue[done]);
	return search->by[site] ? make_path(search, site) : NULL;
}

static struct search begin_search(struct holders_inside *in)
{
	struct search search = {.in = in};
	uint64_t sites = in->profile->snapshot->site_count;

	search.by = mem_zeroed(sites, sizeof *search.by); // NOLINT(bugprone-sizeof-expression)
	search.queue = mem_zeroed(sites, sizeof *search.queue);
	return search;
}

static void end_search(struct search *search)
{
	free(search->by);
	free(search->queue);
}

struct holder_path *holders_connect(struct holders *holders, const struct holder *holder,
				    uint32_t site)
{
	struct holders_inside *in = (struct holders_inside *)holders;
	struct search search = begin_search(in);
	struct holder_path *path;

	visit_from_roots(&search, holder);
	path = go_on(&search, site);
	end_search(&search);
	return path ? path : in_forest(in, holder, site);
}

struct holder_path *holders_connect_by(struct holders *holders, const struct snapshot_edge *edge,
				       uint32_t site)
{
	struct search search = begin_search((struct holders_inside *)holders);
	struct holder_path *path;

	visit(&search, edge);
	path = go_on(&search, site);
	end_search(&search);
	return path;
}
