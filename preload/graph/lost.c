/*
 * Classifies the blocks that no root reaches: those that nothing points to, those that hang from
 * such blocks, and those in cycles.
 * Path: cold. Threads: the twin. Memory: 12 bytes a block on the deepest path, 5 a lost block.
 * Must not: recurse: a lost list may have millions of blocks.
 *
 * Strongly connected components by Tarjan's algorithm (SIAM J. Comput. 1, 1972), in one pass over
 * the pointers of lost blocks. A pointer leads out of its component if and only if its target has
 * already left the stack, so the same pass also finds which components are pointed to from outside.
 * A lost block is on no path, so graph_mark.path holds its index while it is on the stack, and then
 * the number of its component.
 */
#include <string.h>

#include "base/arch.h"
#include "graph/code.h"
#include "graph/fold.h"
#include "graph/index.h"
#include "graph/maps.h"
#include "graph/mark.h"
#include "graph/memory.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "graph/sum.h"
#include "silt_snapshot.h"

#define LOST 7u /* class of a block whose component is known */
#define ON_STACK GRAPH_QUEUED
#define VISITED GRAPH_EXACT /* by follow_leader() */

enum component_flag { CYCLIC = 1, POINTED_TO = 2 };

struct frame {
	/* `next`: index of the next word to read */
	uint32_t id, next;
	/* the lowest index reached */
	uint32_t low;
};

struct lost {
	struct graph *graph;
	struct frame *frames;
	uint32_t depth, frames_capacity;
	/* ids */
	uint32_t *stack;
	uint32_t height, stack_capacity;
	/* by component */
	uint8_t *flags;
	uint32_t count, flags_capacity;
	uint32_t index;
};

static void push_frame(struct lost *lost, uint32_t id)
{
	if (lost->depth == lost->frames_capacity) {
		uint32_t capacity = lost->frames_capacity ? lost->frames_capacity * 2 : 4096;

		lost->frames = graph_grow(lost->graph, lost->frames,
					  lost->frames_capacity * sizeof *lost->frames,
					  capacity * sizeof *lost->frames);
		lost->frames_capacity = capacity;
	}
	lost->frames[lost->depth++] = (struct frame){id, 0, lost->index};
}

static void push_stack(struct lost *lost, uint32_t id)
{
	if (lost->height == lost->stack_capacity) {
		uint32_t capacity = lost->stack_capacity ? lost->stack_capacity * 2 : 4096;

		lost->stack = graph_grow(lost->graph, lost->stack,
					 lost->stack_capacity * sizeof *lost->stack,
					 capacity * sizeof *lost->stack);
		lost->stack_capacity = capacity;
	}
	lost->stack[lost->height++] = id;
}

static uint32_t new_component(struct lost *lost)
{
	if (lost->count == lost->flags_capacity) {
		uint32_t capacity = lost->flags_capacity ? lost->flags_capacity * 2 : 4096;

		lost->flags = graph_grow(lost->graph, lost->flags, lost->flags_capacity, capacity);
		lost->flags_capacity = capacity;
	}
	lost->flags[lost->count] = 0;
	return lost->count++;
}

static void lower(struct lost *lost, uint32_t index)
{
	if (index < lost->frames[lost->depth - 1].low)
		lost->frames[lost->depth - 1].low = index;
}

static void enter(struct lost *lost, uint32_t id, uint32_t number)
{
	lost->index++;
	lost->graph->marks[number].path = lost->index;
	lost->graph->marks[number].state |= ON_STACK;
	push_stack(lost, id);
	push_frame(lost, id);
}

/* All pointers of the block have been followed: closes its component if it began with this
 * block. */
static void leave(struct lost *lost, const struct graph_block *block)
{
	struct graph *graph = lost->graph;
	uint32_t component, members = 0, id;

	if (lost->frames[lost->depth - 1].low != graph->marks[block->number].path)
		return;
	component = new_component(lost);
	do {
		struct graph_mark *mark;

		id = lost->stack[--lost->height];
		mark = &graph->marks[graph_index_number(graph, id)];
		mark->state = (mark->state & GRAPH_DEGREE_MASK) | LOST << GRAPH_CLASS_SHIFT;
		mark->path = component;
		members++;
	} while (id != lost->frames[lost->depth - 1].id);
	if (members > 1)
		lost->flags[component] |= CYCLIC;
}

/* Follows one pointer of a lost block. True: it led to a new block, which was entered. */
static bool follow(struct lost *lost, const struct graph_block *block, uintptr_t address)
{
	struct graph *graph = lost->graph;
	uintptr_t word = arch_untag(*(const uintptr_t *)address);
	struct graph_block target;
	uint32_t id, class;
	struct graph_mark *mark;

	if (word - graph->index.low > graph->index.high - graph->index.low ||
	    (id = graph_index_find(graph, word, &target)) == GRAPH_NO_BLOCK) {
		if (word - graph->code_low < graph->code_high - graph->code_low)
			graph_code_note(graph, block->site, address - block->start, word);
		return false;
	}
	if (graph_is_weak(graph, address))
		return false;
	graph_fold_edge(graph, block->site, address - block->start, target.site,
			word - target.start, true);
	/* A block that points to itself (`event.arg = self`, an empty intrusive list) is not a
	 * cycle. */
	if (target.number == block->number)
		return false;
	mark = &graph->marks[target.number];
	graph_count_pointer(mark);
	class = graph_class_of(mark->state);
	if (class == LOST) {
		lost->flags[mark->path] |= POINTED_TO;
	} else if (class == 0 && mark->state & ON_STACK) {
		lower(lost, mark->path);
	} else if (class == 0) { /* else it is reachable */
		enter(lost, id, target.number);
		return true;
	}
	return false;
}

static void walk_from(struct lost *lost, uint32_t id, uint32_t number)
{
	struct graph *graph = lost->graph;
	uint32_t steps = 0;

	enter(lost, id, number);
	while (lost->depth > 0) {
		struct frame *frame = &lost->frames[lost->depth - 1];
		struct graph_block block = graph_index_block(graph, frame->id);
		uintptr_t first = (block.start + 7) & ~7ul, end = block.start + block.size;
		bool entered = false;

		if (block.size < 8 || !graph_clip_block(graph, block.start, &end))
			end = block.start;
		while (!entered && first + frame->next * 8ul + 8 <= end) {
			uint32_t word = frame->next++;

			entered = follow(lost, &block, first + word * 8ul);
			frame = &lost->frames[lost->depth - 1 - entered];
		}
		if (entered)
			continue;
		leave(lost, &block);
		if (--lost->depth > 0) {
			const struct graph_mark *mark = &graph->marks[block.number];

			if (graph_class_of(mark->state) == LOST)
				lost->flags[mark->path] |= POINTED_TO;
			else
				lower(lost, lost->frames[lost->depth].low);
		}
		if (++steps % 1024 == 0)
			graph_check_time(graph);
	}
}

static void find_component(struct graph *graph, uint32_t id, const struct graph_block *block)
{
	if (graph_class_of(graph->marks[block->number].state) == 0)
		walk_from(graph->lost, id, block->number);
}

/* -- what hangs from what -- */

/* A lost block or cycle that no other lost block points to, and what is lost through it. */
struct leader {
	uint32_t site, component;
	bool cyclic;
	struct graph_component shape;
	const struct graph_block *from;
};

static void add_triple(struct leader *leader, uint32_t from, uint64_t offset, uint32_t to)
{
	struct graph_component *shape = &leader->shape;

	for (uint32_t i = 0; i < shape->count; i++)
		if (shape->triples[i].from == from && shape->triples[i].to == to &&
		    shape->triples[i].offset == offset)
			return;
	if (shape->count < GRAPH_TRIPLES)
		shape->triples[shape->count++] = (struct graph_triple){from, to, offset};
}

static void visit_lost(struct graph *graph, struct leader *leader, uint32_t id,
		       const struct graph_block *block)
{
	struct graph_mark *mark = &graph->marks[block->number];

	if (mark->state & VISITED)
		return;
	mark->state |= VISITED;
	graph_push(graph, id);
	if (mark->path == leader->component) {
		leader->shape.blocks++;
		leader->shape.bytes += block->size;
	} else {
		graph->sites[leader->site].through_blocks++;
		graph->sites[leader->site].through_bytes += block->size;
	}
}

static void from_lost(struct graph *graph, void *argument, uint64_t offset, uintptr_t word)
{
	struct leader *leader = argument;
	struct graph_block block;
	uint32_t id = graph_index_find(graph, word, &block);

	if (id == GRAPH_NO_BLOCK || graph_class_of(graph->marks[block.number].state) != LOST ||
	    graph_is_weak(graph, leader->from->start + offset))
		return;
	if (leader->cyclic && graph->marks[leader->from->number].path == leader->component &&
	    graph->marks[block.number].path == leader->component)
		add_triple(leader, leader->from->site, offset, block.site);
	visit_lost(graph, leader, id, &block);
}

static void keep_component(struct graph *graph, const struct graph_component *shape)
{
	uint64_t key = shape->count;
	uint32_t *at;

	for (uint32_t i = 0; i < shape->count; i++)
		key += graph_mix(graph_mix(shape->triples[i].from, shape->triples[i].offset),
				 shape->triples[i].to);
	at = graph_table_at(graph, &graph->component_table, key | 1);
	if (*at == UINT32_MAX) {
		*at = graph->component_count;
		GRAPH_ROOM(graph, components, component_count, component_capacity);
		graph->components[graph->component_count] = *shape;
		graph->components[graph->component_count].blocks = 0;
		graph->components[graph->component_count++].bytes = 0;
	}
	graph->components[*at].components++;
	graph->components[*at].blocks += shape->blocks;
	graph->components[*at].bytes += shape->bytes;
}

static void follow_leader(struct graph *graph, uint32_t id, const struct graph_block *block)
{
	const struct lost *lost = graph->lost;
	uint32_t state = graph->marks[block->number].state,
		 component = graph->marks[block->number].path;
	struct leader leader = {.site = block->site, .component = component};

	if (graph_class_of(state) != LOST || state & VISITED || lost->flags[component] & POINTED_TO)
		return;
	leader.cyclic = lost->flags[component] & CYCLIC;
	visit_lost(graph, &leader, id, block);
	while (graph_pop(graph, &id)) {
		struct graph_block from = graph_index_block(graph, id);

		leader.from = &from;
		graph_scan_block(graph, &from, &(struct graph_visitor){from_lost, NULL, &leader});
	}
	if (leader.cyclic)
		keep_component(graph, &leader.shape);
}

uint32_t graph_verdict(const struct graph *graph, uint32_t number)
{
	const struct graph_mark *mark = &graph->marks[number];
	uint32_t class = graph_class_of(mark->state), flags;

	if (class != LOST)
		return class == graph_class(SILT_ROOT_IGNORED) ? SILT_IGNORED : SILT_REACHABLE;
	flags = graph->lost->flags[mark->path];
	return flags & POINTED_TO ? SILT_LOST_INDIRECT
	       : flags & CYCLIC	  ? SILT_LOST_CYCLE
				  : SILT_LOST_DIRECT;
}

void graph_find_lost(struct graph *graph)
{
	graph->lost = graph_alloc(graph, sizeof *graph->lost);
	graph->lost->graph = graph;
	if (graph->reached == graph->index.block_count)
		return;
	graph_index_each(graph, find_component);
	graph_index_each(graph, follow_leader);
}
