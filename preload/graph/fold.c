/*
 * Sums up the graph by site while it is walked: root objects, sets of roots, edges, paths. All
 * tables grow with the number of sites and of edges between them, not with that of blocks.
 * Path: cold; graph_fold_edge() runs once per pointer. Threads: the twin. Memory: the twin's.
 * Must not: read memory of the program.
 */
#include "graph/fold.h"
#include "graph/mark.h"
#include "graph/memory.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "silt_snapshot.h"
#include "unwind/modules.h"

/* -- tables -- */

#define FIRST_SIZE 1024u

static struct graph_entry *probe(const struct graph_table *table, uint64_t key)
{
	for (uint64_t i = key * 0x9e3779b97f4a7c15ul >> 32;; i++) {
		struct graph_entry *entry = &table->entries[i & table->mask];

		if (entry->key == key || entry->key == 0)
			return entry;
	}
}

static void enlarge(struct graph *graph, struct graph_table *table)
{
	struct graph_table old = *table;
	uint32_t size = old.entries ? (old.mask + 1) * 2 : FIRST_SIZE;

	table->entries = graph_alloc(graph, size * sizeof *table->entries);
	table->mask = size - 1;
	if (!old.entries)
		return;
	for (uint32_t i = 0; i <= old.mask; i++)
		if (old.entries[i].key)
			*probe(table, old.entries[i].key) = old.entries[i];
	graph_free(graph, old.entries, (old.mask + 1ul) * sizeof *old.entries);
}

uint32_t *graph_table_find(const struct graph_table *table, uint64_t key)
{
	struct graph_entry *entry = table->entries ? probe(table, key) : NULL;

	return entry && entry->key ? &entry->value : NULL;
}

uint32_t *graph_table_at(struct graph *graph, struct graph_table *table, uint64_t key)
{
	struct graph_entry *entry;

	if (table->used * 3ul >= table->mask * 2ul)
		enlarge(graph, table);
	entry = probe(table, key);
	if (entry->key == 0) {
		entry->key = key;
		entry->value = UINT32_MAX;
		table->used++;
	}
	return &entry->value;
}

/* -- root objects and sets of them -- */

static uint32_t set_of(struct graph *graph, const struct graph_set *wanted)
{
	uint64_t key = wanted->count * 2ul + wanted->more;
	uint32_t *at;

	for (uint32_t i = 0; i < wanted->count; i++)
		key = graph_mix(key, wanted->members[i] + 1);
	at = graph_table_at(graph, &graph->set_table, key | 1);
	if (*at == UINT32_MAX) {
		if (graph->set_count == GRAPH_SET_MASK)
			return *at = GRAPH_MANY;
		GRAPH_ROOM(graph, sets, set_count, set_capacity);
		*at = graph->set_count;
		graph->sets[graph->set_count++] = *wanted;
	}
	return *at;
}

uint32_t graph_fold_object(struct graph *graph, const struct graph_object *object)
{
	uint64_t key = graph_mix(graph_mix(object->kind, object->module), object->thread);
	uint32_t *at =
		graph_table_at(graph, &graph->object_table, graph_mix(key, object->address) | 1);

	if (*at == UINT32_MAX) {
		uint32_t number = graph->object_count;

		*at = number;
		GRAPH_ROOM(graph, objects, object_count, object_capacity);
		graph->objects[graph->object_count++] = *object;
		graph->objects[number].set =
			set_of(graph, &(struct graph_set){.count = 1, .members = {number}});
		if (object->module != MODULES_NONE && !(object->flags & SILT_ROOT_SYMBOL))
			graph->symbols[object->module].unknown++;
		return number;
	}
	return *at;
}

static bool has(const struct graph_set *set, uint32_t member)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (set->members[i] == member)
			return true;
	return false;
}

/* A full set stays as it is, so a block is scanned again at most GRAPH_SET_MAX times. */
static uint32_t unite(struct graph *graph, uint32_t number, uint32_t added)
{
	struct graph_set set = graph->sets[number];
	const struct graph_set *more = &graph->sets[added];

	if (set.more)
		return number;
	set.blocks = set.bytes = 0;
	for (uint32_t i = 0; i < more->count; i++) {
		if (has(&set, more->members[i]))
			continue;
		if (set.count == GRAPH_SET_MAX) {
			set.more = true;
			break;
		}
		set.members[set.count++] = more->members[i];
	}
	set.more |= more->more;
	for (uint32_t i = 1; i < set.count; i++) /* sorted, so that equal sets are found */
		for (uint32_t j = i; j > 0 && set.members[j - 1] > set.members[j]; j--) {
			uint32_t member = set.members[j];

			set.members[j] = set.members[j - 1];
			set.members[j - 1] = member;
		}
	return set_of(graph, &set);
}

uint32_t graph_fold_union(struct graph *graph, uint32_t set, uint32_t added)
{
	uint32_t *at, united;

	if (set == added || graph->sets[set].more)
		return set;
	at = graph_table_at(graph, &graph->union_table, (uint64_t)set << 32 | added);
	if (*at != UINT32_MAX)
		return *at;
	united = unite(graph, set, added);
	*at = united;
	return united;
}

uint32_t graph_fold_strongest(struct graph *graph, uint32_t set)
{
	const struct graph_set *all = &graph->sets[set];
	struct graph_set strongest = {0};
	uint32_t class = all->count ? graph_class(graph->objects[all->members[0]].kind) : 0;

	while (strongest.count < all->count &&
	       graph_class(graph->objects[all->members[strongest.count]].kind) == class) {
		strongest.members[strongest.count] = all->members[strongest.count];
		strongest.count++;
	}
	return strongest.count == 0 || strongest.count == GRAPH_SET_MAX ? GRAPH_MANY
									: set_of(graph, &strongest);
}

void graph_fold_reach(struct graph *graph, uint32_t site, uint32_t set, uint64_t size)
{
	uint32_t *at = graph_table_at(graph, &graph->reach_table, ((uint64_t)site + 1) << 32 | set);

	if (*at == UINT32_MAX) {
		*at = graph->reach_count;
		GRAPH_ROOM(graph, reaches, reach_count, reach_capacity);
		graph->reaches[graph->reach_count++] =
			(struct graph_reach){.site = site, .set = set};
	}
	graph->reaches[*at].blocks++;
	graph->reaches[*at].bytes += size;
}

/* -- edges -- */

static uint64_t divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static void widen(struct graph_edge *edge, uint64_t offset)
{
	if (offset < edge->first) {
		edge->stride = divisor(edge->first - offset, edge->stride);
		edge->first = offset;
	} else {
		edge->stride = divisor(offset - edge->first, edge->stride);
		if (offset > edge->last)
			edge->last = offset;
	}
}

static uint32_t new_edge(struct graph *graph, uint64_t key, uint64_t offset, uint64_t target_offset)
{
	uint32_t number = graph->free_edge - 1;

	if (graph->free_edge) {
		graph->free_edge = graph->edges[number].next;
	} else {
		GRAPH_ROOM(graph, edges, edge_count, edge_capacity);
		number = graph->edge_count++;
	}
	graph->edges[number] = (struct graph_edge){
		.key = key, .first = offset, .last = offset, .target_offset = target_offset + 1};
	return number;
}

/* So many offsets are an array: merges all edges of the source and site into the first. */
static void join(struct graph *graph, struct graph_edge *array, uint64_t array_key)
{
	uint32_t next;

	for (uint32_t number = array->next; number; number = next) {
		struct graph_edge *edge = &graph->edges[number - 1];

		widen(array, edge->first);
		array->count += edge->count;
		array->lost += edge->lost;
		array->interior += edge->interior;
		if (array->target_offset != edge->target_offset)
			array->target_offset = 0;
		next = edge->next;
		*edge = (struct graph_edge){.next = graph->free_edge};
		graph->free_edge = number;
	}
	array->key = array_key;
	array->next = 0;
}

/* The edge that counts a pointer at this offset: one of those of the source and site, or their
 * array's. */
static uint32_t find_edge(struct graph *graph, uint64_t key, uint32_t source, uint64_t offset,
			  uint32_t site, uint64_t target_offset)
{
	uint64_t array_key = (uint64_t)source << 40 | (uint64_t)GRAPH_ARRAY << 20 | site;
	uint32_t *first = graph_table_at(graph, &graph->edge_table, array_key), number, offsets = 0,
		 edge;

	if (*first == UINT32_MAX)
		return *first = new_edge(graph, key, offset, target_offset);
	number = *first;
	if (graph->edges[number].key != array_key) {
		for (uint32_t next = number + 1; next;
		     next = graph->edges[next - 1].next, offsets++)
			if (graph->edges[next - 1].key == key)
				return next - 1;
		if (key != array_key && offsets < GRAPH_MAX_OFFSETS) {
			edge = new_edge(graph, key, offset, target_offset);
			graph->edges[edge].next = graph->edges[number].next;
			graph->edges[number].next = edge + 1;
			return edge;
		}
		join(graph, &graph->edges[number], array_key);
	}
	widen(&graph->edges[number], offset);
	return number;
}

void graph_fold_edge(struct graph *graph, uint32_t source, uint64_t offset, uint32_t site,
		     uint64_t target_offset, bool lost)
{
	uint64_t key = (uint64_t)source << 40 |
		       (offset / 8 < GRAPH_ARRAY ? offset / 8 : GRAPH_ARRAY) << 20 | site;
	struct graph_edge *edge;

	if (key != graph->last_edge_key || key == 0) {
		graph->last_edge = find_edge(graph, key, source, offset, site, target_offset);
		graph->last_edge_key = graph->edges[graph->last_edge].key;
	} else if (offset / 8 >= GRAPH_ARRAY) {
		widen(&graph->edges[graph->last_edge], offset);
	}
	edge = &graph->edges[graph->last_edge];
	edge->count++;
	edge->lost += lost;
	edge->interior += target_offset != 0;
	if (edge->target_offset != target_offset + 1)
		edge->target_offset = 0;
}

/* -- paths -- */

static void link_path(struct graph *graph, uint32_t path, uint32_t parent, uint64_t offset)
{
	uint32_t *at =
		graph_table_at(graph, &graph->link_table, ((uint64_t)parent + 1) << 32 | path);

	if (*at == UINT32_MAX) {
		*at = graph->link_count;
		GRAPH_ROOM(graph, links, link_count, link_capacity);
		graph->links[graph->link_count] =
			(struct graph_link){.parent = parent + 1,
					    .offset = offset,
					    .next = graph->paths[path].first_link};
		graph->paths[path].first_link = ++graph->link_count;
	}
	graph->links[*at].blocks++;
}

static void chain_path(struct graph_path *path, uint64_t offset)
{
	for (uint32_t i = 0; i < path->chain_count; i++)
		if (path->chains[i].offset == offset) {
			path->chains[i].blocks++;
			return;
		}
	if (path->chain_count < GRAPH_CHAINS)
		path->chains[path->chain_count++] = (struct graph_chain){offset, 1};
}

uint32_t graph_fold_path(struct graph *graph, uint32_t root, uint32_t site, uint32_t parent,
			 uint64_t offset, uint64_t size)
{
	uint32_t *at = graph_table_at(graph, &graph->path_table, (uint64_t)(root + 1) << 32 | site),
		 path;

	if (*at == UINT32_MAX) {
		*at = graph->path_count;
		GRAPH_ROOM(graph, paths, path_count, path_capacity);
		graph->paths[graph->path_count++] = (struct graph_path){.root = root, .site = site};
	}
	path = *at;
	graph->paths[path].blocks++;
	graph->paths[path].bytes += size;
	if (parent == path)
		chain_path(&graph->paths[path], offset);
	else
		link_path(graph, path, parent, offset);
	return path;
}

void graph_fold_start(struct graph *graph)
{
	set_of(graph, &(struct graph_set){.more = true}); /* GRAPH_MANY */
}
