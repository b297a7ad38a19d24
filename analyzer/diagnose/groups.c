/*
 * Groups the parts that grow: parts that hang from each other or grow in step are one group, and
 * one finding.
 * Must not: judge what grows.
 */
#include <math.h>
#include <stdlib.h>

#include "diagnose/facts.h"
#include "diagnose/finding.h"
#include "diagnose/parts.h"
#include "diagnose/relations.h"
#include "diagnose/shape.h"
#include "load/snapshot.h"
#include "model/holders.h"
#include "model/series.h"
#include "model/root_ranking.h"
#include "util/mem.h"

/* A part that grows, and the part at the top of what it hangs from. */
struct growing {
	uint32_t part, top;
};

struct growing_list {
	struct growing *list;
	size_t count, capacity;
};

static bool open_part(const struct facts *facts, uint32_t site)
{
	return facts->found[site].grows && !facts->found[site].used && !facts->found[site].is_lost;
}

/* pointers to each block, at least, of what all blocks of a group share: links back to the owner */
#define SHARED 8

/* Returns true if a part hangs from another by pointers that involve most blocks of either. */
static bool hangs(const struct facts *facts, uint32_t from, uint32_t to)
{
	const struct relations *relations = facts->relations;
	const struct relation *relation = relations_find(relations, from, to);

	if (from == to || facts_same_place(facts, from, to))
		return true;
	if (!relation || !relations_strong(relations, from, to))
		return false;
	return !open_part(facts, from) || open_part(facts, to) ||
	       relation->count < SHARED * relations->blocks[to];
}

/* The rest of the heap has no path of its own, so nothing hangs from it. */
static bool is_rest(const struct facts *facts, uint32_t part)
{
	return facts->parts->list[part].level == PARTS_ALL;
}

/* Returns the topmost growing part that a part hangs from, through at most two parts that do not
 * grow (a table, a body). */
static uint32_t top_of(const struct facts *facts, uint32_t part)
{
	uint32_t top = part, path = facts->found[part].path, between = 0, below = part;

	while (path != FACTS_NONE && (path = holders_parent(facts->holders, path)) != FACTS_NONE) {
		uint32_t above = facts_part_of(facts, facts->graph->paths[path].site);

		if (!hangs(facts, above, below))
			break;
		below = above;
		if (open_part(facts, above) && !is_rest(facts, above)) {
			top = above;
			between = 0;
		} else if (++between > 2) {
			break;
		}
	}
	return top;
}

/* If parts hang from each other in turn, makes the first of them the top. */
static void settle_tops(struct growing_list *growing, size_t part_count)
{
	uint32_t *index = mem_alloc((part_count + 1) * sizeof *index);

	for (uint32_t i = 0; i < growing->count; i++)
		index[growing->list[i].part] = i;
	for (size_t i = 0; i < growing->count; i++) {
		uint32_t top = growing->list[i].top, first = top;

		for (size_t steps = 0;
		     steps < growing->count && growing->list[index[top]].top != top; steps++) {
			top = growing->list[index[top]].top;
			first = top < first ? top : first;
		}
		if (growing->list[index[top]].top != top)
			growing->list[index[first]].top = top = first;
		growing->list[i].top = top;
	}
	free(index);
}

#define MOST 512 /* parts that are grouped: each is compared with all others */

static int descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x > y ? -1 : x < y;
}

/* Keeps the parts that grow most, in their order: nobody reads a thousand findings. The others are
 * a doubt. */
static void keep_largest(struct facts *facts, struct growing_list *growing,
			 struct diagnosis *diagnosis)
{
	double *bytes = mem_alloc((growing->count + 1) * sizeof *bytes), least;
	size_t kept = 0, equal = 0;

	for (size_t i = 0; i < growing->count; i++)
		bytes[i] = facts->found[growing->list[i].part].growth_bytes;
	qsort(bytes, growing->count, sizeof *bytes, descending);
	least = bytes[MOST - 1];
	diagnosis_note(diagnosis, "%zu more lines grow, by at most %.0f bytes each",
		       growing->count - MOST, bytes[MOST]);
	for (size_t i = 0; i < MOST; i++)
		equal += bytes[i] == least;
	free(bytes);
	for (size_t i = 0; i < growing->count; i++) {
		double grown = facts->found[growing->list[i].part].growth_bytes;

		if (grown > least || (grown == least && equal))
			growing->list[kept++] = growing->list[i];
		equal -= grown == least && equal;
	}
	growing->count = kept;
	facts->doubtful = true;
}

static bool is_listed(const struct growing_list *growing, uint32_t part)
{
	for (size_t i = 0; i < growing->count; i++)
		if (growing->list[i].part == part)
			return true;
	return false;
}

static struct growing_list list_growing(struct facts *facts, struct diagnosis *diagnosis)
{
	struct growing_list growing = {0};

	for (uint32_t i = 0; i < facts->parts->count; i++) {
		if (!open_part(facts, i))
			continue;
		MEM_GROW(growing.list, growing.count, growing.capacity);
		growing.list[growing.count++] = (struct growing){i, i};
	}
	if (growing.count > MOST)
		keep_largest(facts, &growing, diagnosis);
	for (size_t i = 0; facts->graph && i < growing.count; i++) {
		uint32_t top = top_of(facts, growing.list[i].part);

		if (is_listed(&growing, top))
			growing.list[i].top = top;
	}
	settle_tops(&growing, facts->parts->count);
	return growing;
}

/* Returns true if two parts grow by the same number of blocks in each interval. */
static bool grow_together(const struct facts *facts, uint32_t a, uint32_t b)
{
	const struct series_point *x = facts->parts->list[a].points,
				  *y = facts->parts->list[b].points;
	double difference = 0;

	for (size_t i = facts->start; i + 1 < facts->end; i++) {
		double dx = (double)x[i + 1].blocks - (double)x[i].blocks,
		       dy = (double)y[i + 1].blocks - (double)y[i].blocks;

		difference += fabs(dx - dy);
	}
	return difference <= 0.05 * fabs(facts->found[a].growth_blocks);
}

/* places without a pointer between the first and the last: at least so many in a hash table */
#define GAPS 8

/* Returns true for two tables of one object, of keys and of values: pointers to one are at the
 * same places as pointers to the other, with the same gaps. Two arrays without gaps and of equal
 * length may be unrelated. */
static bool are_parallel(const struct facts *facts, uint32_t a, uint32_t b)
{
	const struct snapshot_graph *graph = facts->graph;

	for (uint64_t i = 0; i < graph->edge_count; i++) {
		const struct snapshot_edge *x = &graph->edges[i];
		uint64_t places = x->stride ? x->span / x->stride + 1 : 0;

		if (x->from_root || !x->stride || facts_part_of(facts, x->target) != a ||
		    (double)x->count * 2 < (double)facts->relations->blocks[a] ||
		    x->count + GAPS > places)
			continue;
		for (uint64_t j = 0; j < graph->edge_count; j++) {
			const struct snapshot_edge *y = &graph->edges[j];

			if (!y->from_root && y->offset == x->offset && y->stride == x->stride &&
			    y->span == x->span && y->count == x->count &&
			    facts_part_of(facts, y->target) == b)
				return true;
		}
	}
	return false;
}

#define AS_LARGE 0.02 /* of the bytes: a difference that is still in proportion */
#define LEAST_STEPS 2

/* Returns true for two arrays of one table that become larger together and in proportion: of
 * entries, and of what belongs to each. A snapshot may have been taken in between. */
static bool in_proportion(const struct facts *facts, uint32_t a, uint32_t b)
{
	const struct series_point *x = facts->parts->list[a].points,
				  *y = facts->parts->list[b].points;
	size_t last = facts->end - 1, apart = 0, steps = 0;
	double times;

	if (!facts->found[a].in_bytes || !facts->found[b].in_bytes || !y[last].bytes)
		return false;
	times = (double)x[last].bytes / (double)y[last].bytes;
	for (size_t i = facts->start; i < last; i++) {
		double expected = (double)y[i].bytes * times;

		apart += fabs((double)x[i].bytes - expected) > AS_LARGE * expected;
		steps += x[i].bytes != x[i + 1].bytes;
	}
	return steps >= LEAST_STEPS && apart <= 1;
}

/* Returns true if two parts that are reached from one root make one group. */
static bool belong_together(const struct facts *facts, uint32_t a, uint32_t b)
{
	if (facts_same_place(facts, a, b))
		return !members_apart(facts, a, b);
	if (in_proportion(facts, a, b))
		return true;
	return grow_together(facts, a, b) &&
	       (relations_strong(facts->relations, a, b) ||
		relations_strong(facts->relations, b, a) || !members_apart(facts, a, b) ||
		are_parallel(facts, a, b));
}

/* Returns the first of several parts under one member of a root that come from one line, or grow
 * in step; it represents them. */
static uint32_t beside(const struct facts *facts, uint32_t top, const struct growing_list *growing)
{
	uint32_t path = facts->found[top].path;

	if (path == FACTS_NONE)
		return top;
	for (size_t i = 0; i < growing->count && growing->list[i].part < top; i++) {
		uint32_t other = growing->list[i].part, its_path = facts->found[other].path;

		if (growing->list[i].top != other || its_path == FACTS_NONE ||
		    facts->graph->paths[its_path].root != facts->graph->paths[path].root)
			continue;
		if (belong_together(facts, top, other))
			return other;
	}
	return top;
}

static void replace_top(struct growing_list *growing, uint32_t top, uint32_t with)
{
	for (size_t i = 0; i < growing->count; i++)
		if (growing->list[i].top == top)
			growing->list[i].top = with;
}

static size_t count_below(const struct growing_list *growing, uint32_t top)
{
	size_t count = 0;

	for (size_t i = 0; i < growing->count; i++)
		count += growing->list[i].top == top;
	return count;
}

static void join_neighbours(const struct facts *facts, struct growing_list *growing)
{
	for (size_t i = 0; i < growing->count; i++) {
		uint32_t top = growing->list[i].part, first;

		if (growing->list[i].top != top || (first = beside(facts, top, growing)) == top)
			continue;
		/* entries hang from one of the two arrays, which shows what contains them */
		if (in_proportion(facts, top, first) &&
		    count_below(growing, top) > count_below(growing, first))
			replace_top(growing, first, top);
		else
			replace_top(growing, top, first);
	}
}

/* Without a graph, joins parts whose numbers of blocks grow in step. */
static void join_in_step(const struct facts *facts, struct growing_list *growing)
{
	for (size_t i = 0; i < growing->count; i++)
		for (size_t other = i + 1;
		     growing->list[i].top == growing->list[i].part && other < growing->count;
		     other++)
			if (growing->list[other].top == growing->list[other].part &&
			    grow_together(facts, growing->list[i].part, growing->list[other].part))
				growing->list[other].top = growing->list[i].part;
}

/* Returns true if each block of a part is an entry for a block of another, and as new. */
static bool is_index_of(const struct facts *facts, uint32_t part, uint32_t of)
{
	const struct relations *relations = facts->relations;
	const struct relation *relation = relations_find(relations, part, of);
	uint64_t entries = relations->blocks[part], blocks = relations->blocks[of];

	return relation && relation->count * 2 >= (entries > blocks ? entries : blocks) &&
	       relation->count < SHARED * blocks && grow_together(facts, part, of);
}

/* Returns true if no other part of its group grows by far more blocks. */
static bool grows_most(const struct facts *facts, const struct growing_list *growing, size_t i)
{
	for (size_t j = 0; j < growing->count; j++)
		if (growing->list[j].top == growing->list[i].top &&
		    facts->found[growing->list[j].part].growth_blocks >
			    2 * facts->found[growing->list[i].part].growth_blocks)
			return false;
	return true;
}

/* An index of objects that are kept elsewhere, too, is of the group of the objects: who removes
 * the one removes the other. */
static void join_indexes(const struct facts *facts, struct growing_list *growing)
{
	for (size_t i = 0; i < growing->count; i++)
		for (size_t j = 0; j < growing->count; j++) {
			const struct growing *index = &growing->list[i], *of = &growing->list[j];

			if (index->top != of->top && is_index_of(facts, index->part, of->part) &&
			    grows_most(facts, growing, i))
				replace_top(growing, index->top, of->top);
		}
}

#define PIECES 0.9 /* of the pointers from what has the pieces */

/* Returns true if the blocks of a part are cut into pieces, and a block of another part has most
 * of them, one each: a pool grows because its pieces are kept. A link back to an owner leads to
 * one place. */
static bool has_pieces_of(const struct facts *facts, uint32_t part, uint32_t pool)
{
	const struct relations *relations = facts->relations;
	const struct relation *relation = relations_find(relations, part, pool), *other, *end;

	if (part == pool || !relation || relation->count < SHARED * relations->blocks[pool] ||
	    (double)relation->pieces < PIECES * (double)relation->count ||
	    !relations_strong(relations, part, pool))
		return false;
	for (uint32_t i = 0; i < relations->groups; i++)
		for (other = relations_from(relations, i, &end); other < end; other++)
			if (other->to == pool && i != part && other->count > relation->count)
				return false;
	return true;
}

/* A pool that is in a table of its own is of the group of what has its pieces. */
static void join_pools(const struct facts *facts, struct growing_list *growing)
{
	for (size_t i = 0; i < growing->count; i++)
		for (size_t j = 0; j < growing->count; j++) {
			const struct growing *pool = &growing->list[i], *user = &growing->list[j];

			if (pool->top == pool->part && user->top != pool->top &&
			    count_below(growing, pool->top) == 1 &&
			    has_pieces_of(facts, user->part, pool->part))
				replace_top(growing, pool->top, user->top);
		}
}

static struct group group_of(const struct facts *facts, const struct growing_list *growing,
			     uint32_t top, uint32_t *members)
{
	struct group group = {
		.facts = facts, .top = top, .path = facts->found[top].path, .parts = members};

	for (size_t i = 0; i < growing->count; i++)
		if (growing->list[i].top == top)
			members[group.count++] = growing->list[i].part;
	return group;
}

/* Joins all that hangs with `above`, which hangs from `below`, a part of the group. */
static void join_above(const struct facts *facts, struct growing_list *growing, uint32_t top,
		       uint32_t above, uint32_t below)
{
	for (size_t other = 0; other < growing->count; other++)
		if (growing->list[other].part == above && growing->list[other].top != top &&
		    hangs(facts, above, below))
			replace_top(growing, growing->list[other].top, top);
}

/* The holder's path to a group may lead through parts that grow as well, although most of their
 * blocks were first reached from elsewhere: for example the pieces from which an allocator cuts
 * the nodes of a list. They join the group. */
static void join_on_the_way(const struct facts *facts, struct growing_list *growing,
			    uint32_t *members)
{
	for (size_t i = 0; i < growing->count; i++) {
		uint32_t top = growing->list[i].top;
		struct group group = group_of(facts, growing, top, members);
		struct ranked_root roots[RANKED_ROOTS];

		if (growing->list[i].part != top || group.path == FACTS_NONE ||
		    group.count == growing->count ||
		    !group_roots(&group, shape_class(&group), roots))
			continue;
		for (size_t v = 0; v + 1 < roots[0].path->via_count; v++)
			join_above(facts, growing, top, facts_part_of(facts, roots[0].path->via[v]),
				   facts_part_of(facts, roots[0].path->via[v + 1]));
	}
}

void groups_find(struct facts *facts, struct diagnosis *diagnosis)
{
	struct growing_list growing = list_growing(facts, diagnosis);
	uint32_t *members = mem_alloc((growing.count + 1) * sizeof *members);

	if (facts->graph) {
		join_neighbours(facts, &growing);
		join_indexes(facts, &growing);
		join_pools(facts, &growing);
		join_on_the_way(facts, &growing, members);
	} else {
		join_in_step(facts, &growing);
	}
	for (size_t i = 0; i < growing.count; i++) {
		struct group group = group_of(facts, &growing, growing.list[i].part, members);

		if (growing.list[i].top == growing.list[i].part)
			group_report(facts, diagnosis, &group);
	}
	free(growing.list);
	free(members);
}
