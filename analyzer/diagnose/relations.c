/* Sums up the graph's edges by part and by size class: see relations.h. */
#include "diagnose/relations.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <uthash.h>

#include "diagnose/facts.h"
#include "load/snapshot.h"
#include "model/profile.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "symbolize/frame.h"
#include "util/mem.h"

#define MOST 0.5 /* of the blocks of a part */

static int compare(const void *a, const void *b)
{
	const struct relation *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return x->to < y->to ? -1 : x->to > y->to;
}

static uint32_t group_of(const struct facts *facts, const struct size_classes *classes,
			 uint32_t record)
{
	return classes ? classes->of[record] : facts_part_of(facts, record);
}

static void count_blocks(struct relations *relations, const struct facts *facts,
			 const struct size_classes *classes)
{
	for (uint64_t i = 0; i < facts->graph->verdict_count; i++) {
		const struct snapshot_verdict *verdict = &facts->graph->verdicts[i];
		uint32_t group = group_of(facts, classes, verdict->site);

		for (int v = 0; v < SILT_VERDICTS; v++) {
			bool lost = v == SILT_LOST_DIRECT || v == SILT_LOST_INDIRECT ||
				    v == SILT_LOST_CYCLE;

			relations->blocks[group] += verdict->blocks[v];
			relations->bytes[group] += verdict->bytes[v];
			relations->lost[group] += lost ? verdict->blocks[v] : 0;
		}
	}
}

static void add_up(struct relations *relations)
{
	size_t kept = 0;

	if (relations->count)
		qsort(relations->list, relations->count, sizeof *relations->list, compare);
	for (size_t i = 0; i < relations->count; i++) {
		struct relation *last = kept ? &relations->list[kept - 1] : NULL;

		if (!last || compare(last, &relations->list[i]) != 0) {
			relations->list[kept++] = relations->list[i];
			continue;
		}
		last->count += relations->list[i].count;
		last->lost += relations->list[i].lost;
		last->interior += relations->list[i].interior;
		last->pieces += relations->list[i].pieces;
	}
	relations->count = kept;
}

/* `classes` NULL: by part. */
static struct relations *make(const struct facts *facts, const struct size_classes *classes)
{
	const struct snapshot_graph *graph = facts->graph;
	struct relations *relations = mem_zeroed(1, sizeof *relations);

	relations->groups = classes ? classes->count : facts->parts->count;
	relations->list = mem_zeroed(graph->edge_count + 1, sizeof *relations->list);
	relations->blocks = mem_zeroed(relations->groups + 1, sizeof *relations->blocks);
	relations->bytes = mem_zeroed(relations->groups + 1, sizeof *relations->bytes);
	relations->lost = mem_zeroed(relations->groups + 1, sizeof *relations->lost);
	count_blocks(relations, facts, classes);
	for (uint64_t i = 0; i < graph->edge_count; i++) {
		const struct snapshot_edge *edge = &graph->edges[i];

		if (!edge->from_root)
			relations->list[relations->count++] =
				(struct relation){group_of(facts, classes, edge->source),
						  group_of(facts, classes, edge->target),
						  edge->count,
						  edge->lost,
						  edge->interior,
						  edge->target_varies ? edge->count : 0};
	}
	add_up(relations);
	return relations;
}

struct relations *relations_new(const struct facts *facts)
{
	return make(facts, NULL);
}

/* -- size classes -- */

struct known_class {
	struct {
		uint64_t place, size;
	} key;
	uint32_t number;
	UT_hash_handle hh;
};

struct making {
	const struct facts *facts;
	const struct snapshot *snapshot;
	struct size_classes *classes;
	struct known_class *known;
	/* by record: the number of its line; whether it makes tables */
	uint32_t *places;
	bool *is_table;
};

static uint32_t class_at(struct making *making, uint32_t place, uint64_t size)
{
	struct known_class wanted = {.key = {place, size}}, *one;

	// NOLINTNEXTLINE(clang-analyzer-core.*)
	HASH_FIND(hh, making->known, &wanted.key, sizeof wanted.key, one);
	if (!one) {
		one = mem_zeroed(1, sizeof *one);
		one->key = wanted.key;
		one->number = (uint32_t)making->classes->count;
		making->classes->list[making->classes->count++] =
			(struct size_class){place, size, 0, 0};
		HASH_ADD(hh, making->known, key, sizeof one->key, one);
	}
	return one->number;
}

static void add_growth(const struct making *making, uint32_t record, struct size_class *class)
{
	const struct facts *facts = making->facts;
	uint32_t site = series_site_of(facts->series, facts->graph_number)[record];
	struct series_point first = series_point(facts->series, site, facts->start),
			    last = series_point(facts->series, site, facts->end - 1);

	class->growth_blocks += (double)last.blocks - (double)first.blocks;
	class->growth_bytes += (double)last.bytes - (double)first.bytes;
}

static void forget(struct making *making)
{
	struct known_class *one, *next;

	HASH_ITER(hh, making->known, one, next)
	{
		HASH_DEL(making->known, one);
		free(one);
	}
}

#define CLASS_SHARE 0.1 /* share of the growth of its line; smaller classes join the rest */

/* Finds sizes that few of a line's blocks have, by chance. */
static bool *find_small(const struct making *making)
{
	const struct size_classes *classes = making->classes;
	size_t places = making->snapshot->site_count + 1;
	double *blocks = mem_zeroed(places, sizeof *blocks),
	       *bytes = mem_zeroed(places, sizeof *bytes);
	bool *small = mem_zeroed(classes->count + 1, sizeof *small);

	for (size_t i = 0; i < classes->count; i++) {
		const struct size_class *class = &classes->list[i];

		blocks[class->place] += class->growth_blocks > 0 ? class->growth_blocks : 0;
		bytes[class->place] += class->growth_bytes > 0 ? class->growth_bytes : 0;
	}
	for (size_t i = 0; i < classes->count; i++) {
		const struct size_class *class = &classes->list[i];

		small[i] = class->growth_blocks <= CLASS_SHARE * blocks[class->place] &&
			   class->growth_bytes <= CLASS_SHARE * bytes[class->place];
	}
	free(blocks);
	free(bytes);
	return small;
}

struct known_place {
	char *key;
	uint32_t number;
	UT_hash_handle hh;
};

static char *place_name(const struct frame *frame)
{
	const char *where = frame->file ? frame->file : frame->module_path;
	char *name;

	if (asprintf(&name, "%s:%u:%" PRIx64, where ? where : "", frame->line,
		     frame->file ? 0 : frame->address) < 0)
		return mem_string("");
	return name;
}

/* Numbers the blamed lines, by record. */
static void number_places(struct making *making)
{
	const struct profile *profile = making->facts->profile;
	struct known_place *known = NULL, *one, *next;
	uint32_t count = 0;

	for (uint32_t i = 0; i < profile->site_count; i++) {
		char *name = place_name(profile->sites[i].frames[profile->sites[i].blamed]);

		HASH_FIND_STR(known, name, one); // NOLINT(clang-analyzer-core.*)
		if (one) {
			free(name);
		} else {
			one = mem_zeroed(1, sizeof *one);
			one->key = name;
			one->number = count++;
			HASH_ADD_KEYPTR(hh, known, one->key, strlen(one->key), one);
		}
		making->places[i] = one->number;
	}
	HASH_ITER(hh, known, one, next)
	{
		HASH_DEL(known, one);
		free(one->key);
		free(one);
	}
	for (uint32_t i = 0; i < making->facts->parts->count; i++) {
		const struct profile_site *site = facts_place(making->facts, i);

		making->classes->place_of[i] =
			site ? making->places[site - profile->sites] : UINT32_MAX;
	}
}

#define TABLE_BLOCKS 2	 /* blocks, at most, of a call stack that makes tables */
#define TABLE_POINTERS 8 /* pointers in each, at least */
#define TABLE_SIZE UINT64_MAX

/* Gives a class of its own to a table that its line makes beside what the table leads to. */
static void find_tables(const struct making *making)
{
	const struct snapshot_graph *graph = making->facts->graph;
	uint64_t *pointers = mem_zeroed(making->snapshot->site_count + 1, sizeof *pointers);

	for (uint64_t i = 0; i < graph->edge_count; i++)
		if (!graph->edges[i].from_root)
			pointers[graph->edges[i].source] += graph->edges[i].count;
	for (uint32_t i = 0; i < making->snapshot->site_count; i++) {
		const struct snapshot_site *site = &making->snapshot->sites[i];
		uint64_t blocks = snapshot_live_blocks(site);

		making->is_table[i] = blocks && blocks <= TABLE_BLOCKS &&
				      site->min_size != site->max_size &&
				      pointers[i] >= TABLE_POINTERS * blocks;
	}
	free(pointers);
}

/* `small`: classes of the first pass that get no class of their own; NULL: this is the first
 * pass. */
static void pass(struct making *making, const uint32_t *before, const bool *small)
{
	struct size_classes *classes = making->classes;

	classes->count = 0;
	for (uint32_t i = 0; i < making->snapshot->site_count; i++) {
		const struct snapshot_site *site = &making->snapshot->sites[i];
		bool settled = site->min_size == site->max_size && !(small && small[before[i]]);

		classes->of[i] = class_at(making, making->places[i],
					  making->is_table[i] ? TABLE_SIZE
					  : settled	      ? site->min_size
							      : 0);
		add_growth(making, i, &classes->list[classes->of[i]]);
	}
	forget(making);
}

struct size_classes *size_classes_new(const struct facts *facts)
{
	const struct snapshot *snapshot = facts->series->snapshots[facts->graph_number];
	struct size_classes *classes = mem_zeroed(1, sizeof *classes);
	struct making making = {facts, snapshot, classes, NULL, NULL, NULL};
	size_t count = snapshot->site_count + 1;
	uint32_t *before = mem_zeroed(count, sizeof *before);
	bool *small;

	classes->list = mem_zeroed(count, sizeof *classes->list);
	classes->of = mem_zeroed(count, sizeof *classes->of);
	classes->place_of = mem_zeroed(facts->parts->count + 1, sizeof *classes->place_of);
	making.places = mem_zeroed(count, sizeof *making.places);
	making.is_table = mem_zeroed(count, sizeof *making.is_table);
	number_places(&making);
	find_tables(&making);
	pass(&making, NULL, NULL);
	memcpy(before, classes->of, count * sizeof *before);
	small = find_small(&making);
	pass(&making, before, small);
	free(making.places);
	free(making.is_table);
	free(before);
	free(small);
	classes->relations = make(facts, classes);
	return classes;
}

void size_classes_free(struct size_classes *classes)
{
	if (!classes)
		return;
	relations_free(classes->relations);
	free(classes->list);
	free(classes->of);
	free(classes->place_of);
	free(classes);
}

void relations_free(struct relations *relations)
{
	if (!relations)
		return;
	free(relations->list);
	free(relations->blocks);
	free(relations->lost);
	free(relations->bytes);
	free(relations);
}

/* Returns the first relation that is not before the wanted one. */
static const struct relation *not_before(const struct relations *relations, uint32_t from,
					 uint32_t to)
{
	struct relation wanted = {.from = from, .to = to};
	size_t low = 0, high = relations->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare(&relations->list[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return relations->list + low;
}

const struct relation *relations_find(const struct relations *relations, uint32_t from, uint32_t to)
{
	const struct relation *found = not_before(relations, from, to);

	return found < relations->list + relations->count && found->from == from && found->to == to
		       ? found
		       : NULL;
}

const struct relation *relations_from(const struct relations *relations, uint32_t from,
				      const struct relation **end)
{
	const struct relation *first = not_before(relations, from, 0), *last = first;

	while (last < relations->list + relations->count && last->from == from)
		last++;
	*end = last;
	return first;
}

static bool is_strong(uint64_t pointers, uint64_t from, uint64_t to)
{
	return pointers && (double)pointers >= MOST * (double)(from < to ? from : to);
}

bool relations_strong(const struct relations *relations, uint32_t from, uint32_t to)
{
	const struct relation *relation = relations_find(relations, from, to);

	return relation &&
	       is_strong(relation->count, relations->blocks[from], relations->blocks[to]);
}

bool relations_strong_lost(const struct relations *relations, uint32_t from, uint32_t to)
{
	const struct relation *relation = relations_find(relations, from, to);

	return relation && is_strong(relation->lost, relations->lost[from], relations->lost[to]);
}
