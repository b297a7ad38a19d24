/*
 * Finds blocks that replace other blocks one for one: objects loaded at the start by one line, and
 * replaced one after the other by those of another line.
 * Must not: add findings.
 *
 * Facts: pointers at one place (a variable, the same field of objects of one kind) lead to blocks
 * of both parts, and of the blocks at that place together there are no more than before. Such parts
 * are judged as one, and that one is a doubt, never clean: sessions that were restored at the start
 * and expire look the same beside new sessions of another line that never do, until the last of
 * the restored ones is gone. Traps: a cache that shrinks while a leak grows within one budget loses
 * as many blocks, but they hang from another place; a table that gains entries beside those that
 * are replaced still grows as a whole.
 */
#include <stdlib.h>
#include <string.h>

#include "diagnose/facts.h"
#include "diagnose/parts.h"
#include "load/snapshot.h"
#include "util/mem.h"

#define SHARED 0.5 /* of the blocks of the smaller part are at places that lead to both */
#define FALLS 0.05 /* of its blocks, at least, the other part loses */
/* arrays of one source on either side, in order of their offsets, that an array is compared with;
 * if more replace each other, what grows is told as it is */
#define NEIGHBOURS 1024
#define PASSES 4 /* what hangs from replaced blocks is replaced, too: one level in each pass */

static bool grows_in_blocks(const struct facts *facts, uint32_t part)
{
	return facts->found[part].grows && !facts->found[part].in_bytes &&
	       facts->parts->list[part].level != PARTS_ALL;
}

static bool falls(const struct facts *facts, uint32_t part)
{
	return facts_rise(facts, part) < -FALLS * (double)facts_point(facts, part)->blocks;
}

/* A part that grows in bytes, and the rest of the heap, are judged as they are. */
static bool may_join(const struct facts *facts, uint32_t part)
{
	return grows_in_blocks(facts, part) || (falls(facts, part) && !facts->found[part].grows &&
						facts->parts->list[part].level != PARTS_ALL);
}

/* A pointer by the part, or root, that contains it. */
struct place {
	bool from_root;
	uint32_t source, target;
	const struct snapshot_edge *edge;
	/* those that may be at the same place: indices of the first and after the last */
	size_t first, end;
};

/* Sorted by source and place; and by target: those of part p are list[by_target[i]], from i =
 * of_part[p] to of_part[p + 1]. There may be as many as parts, and parts as many as call stacks: no
 * part looks at all of them. */
struct place_table {
	struct place *list;
	size_t count;
	size_t *by_target, *of_part;
};

static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	bool array_x = x->edge->stride != 0, array_y = y->edge->stride != 0;

	if (x->from_root != y->from_root)
		return x->from_root < y->from_root ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (array_x != array_y)
		return array_x < array_y ? -1 : 1;
	return x->edge->offset < y->edge->offset ? -1 : x->edge->offset > y->edge->offset;
}

/* Returns true if both are of one source, and at one offset unless they are arrays. */
static bool may_be_one_place(const struct place *a, const struct place *b)
{
	return a->from_root == b->from_root && a->source == b->source &&
	       !a->edge->stride == !b->edge->stride &&
	       (a->edge->stride || a->edge->offset == b->edge->offset);
}

/* Of more arrays in one source those are compared whose first elements are nearest. */
static void find_neighbours(struct place_table *places)
{
	for (size_t first = 0, end; first < places->count; first = end) {
		end = first;
		while (end < places->count &&
		       may_be_one_place(&places->list[end], &places->list[first]))
			end++;
		for (size_t i = first; i < end; i++) {
			places->list[i].first = i - first > NEIGHBOURS ? i - NEIGHBOURS : first;
			places->list[i].end = end - i > NEIGHBOURS ? i + NEIGHBOURS : end;
		}
	}
}

/* By counting. */
static void sort_by_target(struct place_table *places, size_t parts)
{
	size_t *next = mem_zeroed(parts + 2, sizeof *next);

	places->by_target = mem_zeroed(places->count + 1, sizeof *places->by_target);
	places->of_part = mem_zeroed(parts + 2, sizeof *places->of_part);
	for (size_t i = 0; i < places->count; i++)
		places->of_part[places->list[i].target + 1]++;
	for (size_t p = 0; p < parts; p++)
		places->of_part[p + 1] += places->of_part[p];
	memcpy(next, places->of_part, (parts + 1) * sizeof *next);
	for (size_t i = 0; i < places->count; i++)
		places->by_target[next[places->list[i].target]++] = i;
	free(next);
}

static struct place_table list_places(const struct facts *facts)
{
	const struct snapshot_graph *graph = facts->graph;
	struct place_table places = {
		.list = mem_zeroed(graph->edge_count + 1, sizeof *places.list)};

	for (uint64_t i = 0; i < graph->edge_count; i++) {
		const struct snapshot_edge *edge = &graph->edges[i];

		struct place place = {.from_root = edge->from_root,
				      .source = edge->from_root
							? edge->source
							: facts_part_of(facts, edge->source),
				      .target = facts_part_of(facts, edge->target),
				      .edge = edge};

		if (place.target != FACTS_NONE && may_join(facts, place.target))
			places.list[places.count++] = place;
	}
	if (places.count)
		qsort(places.list, places.count, sizeof *places.list, compare);
	find_neighbours(&places);
	sort_by_target(&places, facts->parts->count);
	return places;
}

static void free_places(struct place_table *places)
{
	free(places->list);
	free(places->by_target);
	free(places->of_part);
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Returns true for the same field, or elements of one array: of an array of records, the same field
 * of them. */
static bool is_same_place(const struct snapshot_edge *a, const struct snapshot_edge *b)
{
	const struct snapshot_edge *low = a->offset < b->offset ? a : b, *high = low == a ? b : a;

	if (!a->stride || !b->stride)
		return !a->stride && !b->stride && a->offset == b->offset;
	return high->offset - low->offset <= low->span &&
	       (high->offset - low->offset) % common_divisor(a->stride, b->stride) == 0;
}

/* Adds the pointers that are at a place of `own`. */
static void add_shared(const struct place_table *places, const struct place *own, uint64_t *shared)
{
	for (size_t i = own->first; i < own->end; i++) {
		const struct place *place = &places->list[i];
		uint64_t pointers = place->edge->count;

		if (place->target != own->target && is_same_place(place->edge, own->edge))
			shared[place->target] +=
				pointers < own->edge->count ? pointers : own->edge->count;
	}
}

/* Counts, by part, the pointers at places that lead both to that part and to `part`. */
static void count_shared(const struct place_table *places, uint32_t part, uint64_t *shared)
{
	for (size_t i = places->of_part[part]; i < places->of_part[part + 1]; i++)
		add_shared(places, &places->list[places->by_target[i]], shared);
}

/* Marks the call stacks of all parts at the places of a part that grow or fall, `part` included.
 * Returns how many more blocks there are at the end; stores in `*any` whether a part falls. */
static double mark_class(const struct facts *facts, uint32_t part, const uint64_t *shared,
			 bool *among, bool *any)
{
	double more = 0, own = (double)facts_point(facts, part)->blocks;

	*any = false;
	for (uint32_t p = 0; p < facts->parts->count; p++) {
		double blocks = (double)facts_point(facts, p)->blocks,
		       least = SHARED * (blocks < own ? blocks : own);

		if (p != part && (!shared[p] || (double)shared[p] < least || !may_join(facts, p)))
			continue;
		*any |= falls(facts, p);
		more += facts_rise(facts, p);
		for (size_t i = 0; i < facts->parts->list[p].site_count; i++)
			among[facts->parts->list[p].sites[i]] = true;
	}
	return more;
}

/* Judges the marked call stacks as one part. Returns true if that part does not grow; then it
 * replaces the others, whose facts are those of no blocks. */
static bool join(struct facts *facts, const bool *among)
{
	struct parts *joined =
		parts_new(facts->series, facts->axes, facts->latest, PARTS_ALL, among);
	struct facts_part found = {.path = FACTS_NONE};
	bool stays = false;

	if (joined->count == 1) {
		found = survival_judge_blocks(facts, joined, 0);
		stays = !found.grows;
	}
	if (stays) {
		uint32_t new;

		joined->list[0].level = PARTS_LINE;
		new = parts_take(facts->parts, joined, 0);
		facts->found = mem_resize(facts->found, facts->parts->count, sizeof *facts->found);
		facts->found[new] = found;
		facts->found[new].replaces = true;
		for (uint32_t p = 0; p < new; p++)
			if (!facts->parts->list[p].site_count)
				facts->found[p] = (struct facts_part){.path = FACTS_NONE};
	}
	parts_free(joined);
	return stays;
}

static bool join_with_replaced(struct facts *facts, const struct place_table *places, uint32_t part)
{
	uint64_t *shared = mem_zeroed(facts->parts->count + 1, sizeof *shared);
	bool *among = mem_zeroed(facts->series->site_count + 1, sizeof *among), any, done;

	count_shared(places, part, shared);
	done = mark_class(facts, part, shared, among, &any) < facts_rise(facts, part) / 2 && any &&
	       join(facts, among);
	free(shared);
	free(among);
	return done;
}

/* Marks parts at whose places are those of `part` as well, which falls. */
static void mark_beside(const struct place_table *places, uint32_t part, bool *beside)
{
	for (size_t i = places->of_part[part]; i < places->of_part[part + 1]; i++) {
		const struct place *own = &places->list[places->by_target[i]];

		for (size_t k = own->first; k < own->end; k++)
			if (!beside[places->list[k].target] &&
			    is_same_place(places->list[k].edge, own->edge))
				beside[places->list[k].target] = true;
	}
}

/* Of the parts there are now. Most have nothing that falls beside them. What falls after another
 * part was joined fell before. */
static bool pass(struct facts *facts)
{
	struct place_table places = list_places(facts);
	size_t count = facts->parts->count;
	bool *beside = mem_zeroed(count + 1, sizeof *beside), changed = false;

	for (uint32_t p = 0; p < count; p++)
		if (falls(facts, p))
			mark_beside(&places, p, beside);
	for (uint32_t p = 0; p < count; p++)
		changed |= beside[p] && grows_in_blocks(facts, p) &&
			   join_with_replaced(facts, &places, p);
	free_places(&places);
	free(beside);
	return changed;
}

void replaced_judge(struct facts *facts)
{
	for (int i = 0; i < PASSES && pass(facts); i++)
		;
}
