/*
 * Chooses the heap graph, and finds the path by which each part is reached: see facts.h.
 */
#include <stdlib.h>

#include "diagnose/facts.h"

#include "diagnose/parts.h"
#include "diagnose/relations.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "util/mem.h"

/* -- paths to parts -- */

/* The blocks of a part that are reached from one root. */
struct reach {
	/* the path by which most of them are reached */
	uint32_t part, root, path;
	uint64_t blocks, most;
};

static int compare_reach(const void *a, const void *b)
{
	const struct reach *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	return x->path < y->path ? -1 : x->path > y->path;
}

/* Returns the path nearest to the root that leads to blocks of the same part: the top of a tree
 * or list that one line makes. */
static uint32_t climb(const struct facts *facts, uint32_t path)
{
	uint32_t part = facts_part_of(facts, facts->graph->paths[path].site), top = path;

	while ((path = holders_parent(facts->holders, path)) != FACTS_NONE)
		if (facts_part_of(facts, facts->graph->paths[path].site) == part)
			top = path;
	return top;
}

/* Stores the path by which most blocks of each part are reached, from the root that reaches most
 * of them. */
static void find_paths(struct facts *facts)
{
	size_t count = facts->graph->path_count;
	struct reach *list = mem_zeroed(count + 1, sizeof *list), *best = NULL;
	size_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct snapshot_path *path = &facts->graph->paths[i];

		list[i] = (struct reach){facts_part_of(facts, path->site), path->root, i,
					 path->blocks, path->blocks};
	}
	if (count)
		qsort(list, count, sizeof *list, compare_reach);
	for (size_t i = 0; i < count; i++) {
		struct reach *last = kept ? &list[kept - 1] : NULL;

		if (!last || last->part != list[i].part || last->root != list[i].root) {
			list[kept++] = list[i];
			continue;
		}
		last->blocks += list[i].blocks;
		if (list[i].most > last->most) {
			last->most = list[i].most;
			last->path = list[i].path;
		}
	}
	for (size_t i = 0; i < kept; i++) {
		if (!best || best->part != list[i].part || list[i].blocks > best->blocks)
			best = &list[i];
		facts->found[best->part].path = best->path;
	}
	free(list);
	for (uint32_t i = 0; i < facts->parts->count; i++) {
		if (facts->parts->list[i].level == PARTS_ALL) /* the rest hangs from everything */
			facts->found[i].path = FACTS_NONE;
		if (facts->found[i].path != FACTS_NONE)
			facts->found[i].path = climb(facts, facts->found[i].path);
	}
}

/* Once main has returned, its variables are gone, and what only they held is unreachable. */
static bool main_has_returned(const struct snapshot *snapshot)
{
	return snapshot->process.end_cause == SILT_END_EXIT ||
	       snapshot->process.end_cause == SILT_END_KILLED;
}

/* Returns the bytes of what grows that a graph covers. */
static double spoken_of(const struct facts *facts, size_t number)
{
	const struct snapshot_graph *graph = &facts->series->snapshots[number]->graph;
	const uint32_t *site_of = series_site_of(facts->series, number);
	double bytes = 0;

	if (!facts->found)
		return 0;

	for (uint64_t i = 0; i < graph->path_count; i++)
		if (facts->found[facts->parts->part_of[site_of[graph->paths[i].site]]].grows)
			bytes += (double)graph->paths[i].bytes;
	return main_has_returned(facts->series->snapshots[number]) ? bytes / 2 : bytes;
}

#define LATE_GRAPHS 4

/* Sheds a graph that is not chosen. */
static void let_go(const struct facts *facts, uint32_t number)
{
	if (number != FACTS_NONE && number != facts->end - 1)
		series_shed(facts->series, number);
}

/* A process that is about to end frees much, and once main has returned half as much counts:
 * then an earlier graph is chosen. */
uint32_t facts_choose_graph(const struct facts *facts)
{
	uint32_t best = FACTS_NONE, number = (uint32_t)facts->end;
	double most = -1;

	for (int i = 0; i < LATE_GRAPHS; i++) {
		double spoken;

		number = series_graph_before(facts->series, number);
		if (number == SERIES_NONE || number < facts->start)
			break;
		if (!series_whole(facts->series, number))
			continue; /* the file is gone */
		spoken = spoken_of(facts, number);
		let_go(facts, spoken > 1.2 * most ? best : number);
		if (spoken > 1.2 * most) {
			most = spoken;
			best = number;
		}
	}
	return best;
}

void facts_read_graph(struct facts *facts, struct profile_context *context)
{
	facts->graph = &facts->series->snapshots[facts->graph_number]->graph;
	facts->holders = holders_new(context, facts->profile);
	replaced_judge(facts);
	facts->relations = relations_new(facts);
	facts->classes = size_classes_new(facts);
	find_paths(facts);
	lost_judge(facts);
}
