/*
 * Recognizes the shape of what accumulates: see shape.h.
 *
 * Facts, for n blocks: how many pointers at one offset lead from block to block (n - 1 in a list,
 * twice as many in a doubly linked list, n in a ring, about n / 2 at each of two offsets in a
 * binary tree); how many pointers a table beside them has (one for each chain of a hash table), and
 * whether it has gaps (an array has none). Traps: other lists that the same blocks are in; arrays
 * that remember a few of the blocks; a link from each node to its parent.
 */
#include "diagnose/shape.h"

#include <stdlib.h>

#include "diagnose/facts.h"
#include "diagnose/relations.h"
#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

#define LINKS 32	   /* offsets that are distinguished */
#define FULL 0.9	   /* of the blocks have the pointer */
#define BRANCH 0.1	   /* of the blocks have a pointer at one of the offsets of a tree */
#define NODES 0.5	   /* of the blocks have a pointer from another of them */
#define ONCE 1.02	   /* pointers to each block, at most, from a table of chains */
#define ONE_PARENT 1.1	   /* children for each node, at most */
#define FEW 4		   /* blocks: too few for links between them */
#define LEAST_TABLE 8	   /* pointers of a table, at least */
#define TABLE_SHARE 64	   /* a table points to one block in so many, at least */
#define DENSE 0.9	   /* of the places between first and last have a pointer: no gaps */
#define CHAINS_LEAST 0.6   /* pointers of a hash table for each chain, at least */
#define CHAINS_MOST 1.6	   /* and at most */
#define TABLE_BLOCKS 0.125 /* share of the blocks: a table has fewer */

static uint32_t class_of(const struct facts *facts, uint32_t record)
{
	return facts->classes->of[record];
}

/* Pointers from block to block at one offset. */
struct link {
	uint64_t offset, target, count;
	bool array, varies;
};

struct links {
	struct link list[LINKS];
	size_t count;
	/* of all offsets; at the offset with most */
	uint64_t pointers, largest;
	/* offsets at which nearly all blocks have a pointer */
	size_t full;
	/* offsets at which only some blocks have one */
	size_t branches;
	/* pointers at these offsets */
	uint64_t in_branches;
	bool has_arrays;
};

/* A root, or a size class, with pointers to most of the blocks. */
struct table {
	/* its pointers; its own blocks */
	uint64_t pointers, blocks;
	uint64_t first, last, stride;
	/* FACTS_NONE: a root */
	uint32_t class;
};

static void add_link(struct links *links, const struct snapshot_edge *edge)
{
	size_t i = 0;

	links->pointers += edge->count;
	while (i < links->count && (links->list[i].offset != edge->offset || edge->stride))
		i++;
	if (i == LINKS)
		return;
	if (i == links->count)
		links->list[links->count++] = (struct link){edge->offset, edge->target_offset, 0,
							    edge->stride != 0, edge->target_varies};
	links->list[i].count += edge->count;
	links->list[i].varies |=
		edge->target_varies || edge->target_offset != links->list[i].target;
}

static struct links links_of(const struct facts *facts, uint32_t class, uint64_t blocks)
{
	struct links links = {.count = 0};

	for (uint64_t i = 0; i < facts->graph->edge_count; i++) {
		const struct snapshot_edge *edge = &facts->graph->edges[i];

		if (!edge->from_root && class_of(facts, edge->source) == class &&
		    class_of(facts, edge->target) == class)
			add_link(&links, edge);
	}
	for (size_t i = 0; i < links.count; i++) {
		const struct link *link = &links.list[i];

		if (!link->array && (double)link->count >= FULL * (double)(blocks - 1)) {
			links.full++;
		} else if (link->array || (double)link->count >= BRANCH * (double)blocks) {
			links.branches++;
			links.in_branches += link->count;
			links.has_arrays |= link->array;
		}
		if (!link->array && link->count > links.largest)
			links.largest = link->count;
	}
	return links;
}

static void add_pointers(struct table *table, const struct snapshot_edge *edge)
{
	if (!table->pointers || edge->offset < table->first)
		table->first = edge->offset;
	if (edge->offset + edge->span > table->last)
		table->last = edge->offset + edge->span;
	if (edge->stride && (!table->stride || edge->stride < table->stride))
		table->stride = edge->stride;
	table->pointers += edge->count;
}

/* Lists the pointers to the class, by root, then by size class. */
static struct table *list_tables(const struct facts *facts, uint32_t class)
{
	const struct snapshot_graph *graph = facts->graph;
	const struct size_classes *classes = facts->classes;
	struct table *tables = mem_zeroed(graph->root_count + classes->count + 1, sizeof *tables);

	for (uint64_t i = 0; i < graph->edge_count; i++) {
		const struct snapshot_edge *edge = &graph->edges[i];

		if (class_of(facts, edge->target) == class)
			add_pointers(
				&tables[edge->from_root ? edge->source
							: graph->root_count +
								  class_of(facts, edge->source)],
				edge);
	}
	for (uint64_t i = 0; i < graph->root_count; i++) {
		tables[i].blocks = 1;
		tables[i].class = FACTS_NONE;
	}
	for (uint32_t i = 0; i < classes->count; i++) {
		tables[graph->root_count + i].blocks = classes->relations->blocks[i];
		tables[graph->root_count + i].class = i;
	}
	return tables;
}

/* Returns the table with most pointers. What grows with the blocks themselves is not their
 * table; nor is a stack. */
static struct table find_table(const struct facts *facts, uint32_t class, uint64_t blocks)
{
	struct table *tables = list_tables(facts, class), best = {0};
	uint64_t roots = facts->graph->root_count;

	for (uint64_t i = 0; i < roots + facts->classes->count; i++) {
		uint32_t kind = i < roots ? facts->graph->roots[i].kind : SILT_ROOT_GLOBAL;

		if (i == roots + class || kind == SILT_ROOT_STACK || kind == SILT_ROOT_REGISTER ||
		    (i >= roots && (double)tables[i].blocks > TABLE_BLOCKS * (double)blocks))
			continue;
		if (tables[i].pointers > best.pointers)
			best = tables[i];
	}
	free(tables);
	return best;
}

static bool has_gaps(const struct table *table)
{
	uint64_t places =
		(table->last - table->first) / (table->stride ? table->stride : sizeof(uint64_t)) +
		1;

	return (double)table->pointers < DENSE * (double)places * (double)table->blocks;
}

/* Returns true if chains begin in the places of the table. */
static bool is_hash(const struct links *links, const struct table *table, uint64_t blocks)
{
	double chains = (double)blocks - (double)links->largest, pointers = (double)table->pointers;

	/* objects with a list each are not a table */
	if (table->blocks >= FEW && pointers <= ONE_PARENT * (double)table->blocks)
		return false;
	/* more pointers than blocks: an array that has moved its elements, and left stale words */
	if (table->pointers < LEAST_TABLE || (double)table->pointers > ONCE * (double)blocks)
		return false;
	if (chains >= LEAST_TABLE && pointers >= CHAINS_LEAST * chains &&
	    pointers <= CHAINS_MOST * chains)
		return links->largest || has_gaps(table);
	return table->pointers * TABLE_SHARE >= blocks && has_gaps(table);
}

/* Returns true if every node but one is a child. Nodes may have a link to their parent. */
static bool is_tree(const struct links *links, uint64_t blocks)
{
	double children = (double)links->in_branches / (double)blocks;

	if (links->full == 1)
		return links->branches >= 2 && children >= FULL && children <= ONE_PARENT;
	return !links->full && (links->branches >= 2 || links->has_arrays) && children >= NODES &&
	       children <= ONE_PARENT;
}

/* Returns true if an element points back to the place in another block that points to the
 * elements: the head of the ring. */
static bool leads_to_head(const struct facts *facts, uint32_t class)
{
	const struct snapshot_graph *graph = facts->graph;

	for (uint64_t i = 0; i < graph->edge_count; i++) {
		const struct snapshot_edge *back = &graph->edges[i];

		if (back->from_root || back->target_varies || back->count > 2 ||
		    class_of(facts, back->source) != class ||
		    class_of(facts, back->target) == class)
			continue;
		for (uint64_t j = 0; j < graph->edge_count; j++) {
			const struct snapshot_edge *edge = &graph->edges[j];

			if (!edge->from_root && edge->source == back->target && !edge->stride &&
			    class_of(facts, edge->target) == class &&
			    edge->offset == back->target_offset)
				return true;
		}
	}
	return false;
}

/* Returns true if the links lie within the elements and lead to each other (struct list_head),
 * or the last element leads to the first. */
static bool is_ring(const struct facts *facts, uint32_t class, const struct links *links,
		    uint64_t blocks)
{
	const struct link *first = NULL, *second = NULL;

	for (size_t i = 0; i < links->count; i++) {
		const struct link *link = &links->list[i];

		if (link->array || (double)link->count < FULL * (double)(blocks - 1))
			continue;
		if (link->count >= blocks && links->full == 1)
			return true;
		if (!first)
			first = link;
		else if (!second)
			second = link;
	}
	if (!second || first->target != second->target || first->varies || second->varies)
		return false;
	return (first->target > 0 &&
		(first->target == first->offset || second->target == second->offset)) ||
	       leads_to_head(facts, class);
}

/* Returns the shape of a single block, or a few: what it points to grows, or it becomes larger
 * itself. */
static enum shape shape_of_block(const struct facts *facts, uint32_t class)
{
	const struct relations *relations = facts->classes->relations;
	const struct relation *end, *relation = relations_from(relations, class, &end),
				    *most = NULL;
	struct table *tables;
	bool gaps;

	for (; relation < end; relation++)
		if (relation->to != class && (!most || relation->count > most->count))
			most = relation;
	if (!most || most->count < LEAST_TABLE)
		return SHAPE_ARRAY;
	tables = list_tables(facts, most->to);
	gaps = has_gaps(&tables[facts->graph->root_count + class]);
	free(tables);
	return gaps ? SHAPE_HASH : SHAPE_ARRAY;
}

/* Returns true if what points to the blocks is a tree: its nodes point to several blocks each. */
static bool is_in_tree(const struct facts *facts, const struct table *table)
{
	uint64_t nodes =
		table->class == FACTS_NONE ? 0 : facts->classes->relations->blocks[table->class];
	struct links links;

	if (nodes < FEW)
		return false;
	links = links_of(facts, table->class, nodes);
	return is_tree(&links, nodes);
}

static enum shape shape_of_many(const struct facts *facts, uint32_t class, uint64_t blocks)
{
	struct links links = links_of(facts, class, blocks);
	struct table table = find_table(facts, class, blocks);

	if (is_tree(&links, blocks) || (table.pointers && is_in_tree(facts, &table)))
		return SHAPE_TREE;
	if (is_hash(&links, &table, blocks))
		return SHAPE_HASH;
	if (links.full)
		return is_ring(facts, class, &links, blocks) ? SHAPE_RING
		       : links.full > 1			     ? SHAPE_DOUBLE_LIST
							     : SHAPE_LIST;
	return (double)table.pointers >= NODES * (double)blocks ? SHAPE_ARRAY : SHAPE_UNKNOWN;
}

enum shape shape_of(const struct group *group, uint32_t class)
{
	const struct facts *facts = group->facts;
	const struct facts_part *found = &facts->found[group->top];
	uint64_t blocks = facts->classes->relations->blocks[class];

	if (blocks >= FEW)
		return shape_of_many(facts, class, blocks);
	return blocks && (found->in_bytes || found->appends) ? shape_of_block(facts, class)
							     : SHAPE_UNKNOWN;
}

#define CLASS_SHARE 0.1 /* share of the growth of the class that grows most */

static double growth_of(const struct group *group, const struct size_class *class)
{
	return group->facts->found[group->top].in_bytes ? class->growth_bytes
							: class->growth_blocks;
}

/* Returns true if another class of the group's top leads to most blocks of this one. */
static bool hangs_from_another(const struct facts *facts, uint32_t class)
{
	const struct size_classes *classes = facts->classes;

	for (uint32_t i = 0; i < classes->count; i++)
		if (i != class && classes->list[i].place == classes->list[class].place &&
		    classes->relations->blocks[i] >= FEW &&
		    relations_strong(classes->relations, i, class) &&
		    !relations_strong(classes->relations, class, i))
			return true;
	return false;
}

uint32_t shape_class(const struct group *group)
{
	const struct size_classes *classes = group->facts->classes;
	const uint64_t *blocks = classes->relations->blocks;
	uint32_t best = FACTS_NONE, place = classes->place_of[group->top];
	double most = 0;

	for (uint32_t i = 0; i < classes->count; i++)
		if (classes->list[i].place == place && blocks[i] &&
		    growth_of(group, &classes->list[i]) > most)
			most = growth_of(group, &classes->list[i]);
	for (uint32_t i = 0; i < classes->count; i++) {
		if (classes->list[i].place != place || !blocks[i] ||
		    growth_of(group, &classes->list[i]) < CLASS_SHARE * most ||
		    hangs_from_another(group->facts, i))
			continue;
		if (best == FACTS_NONE ||
		    growth_of(group, &classes->list[i]) > growth_of(group, &classes->list[best]))
			best = i;
	}
	return best;
}

const char *shape_name(enum shape shape)
{
	static const char *const names[] = {NULL,   "unknown", "list", "list",
					    "ring", "array",   "hash", "tree"};

	return names[shape];
}

const char *shape_in_words(enum shape shape)
{
	static const char *const words[] = {
		NULL,	  NULL,	      "a singly linked list", "a doubly linked list",
		"a ring", "an array", "a hash table",	      "a tree"};

	return words[shape];
}
