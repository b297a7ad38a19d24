/*
 * Follows every pointer from the roots, breadth first, one class of roots after the other: which blocks are reachable, from
 * which root first, and which roots could not be done without.
 * Called by graph.c. Path: cold, and most of the twin's time. Threads: the twin. Memory: 9 bytes a block and a queue.
 * Must not: read what cannot be read, or pages never touched.
 *
 * What a root alone keeps alive is what the other roots of its class do not reach. So each block carries the set of root
 * objects that lead to it; sets only grow, to at most three members and then to "many", so a block is looked at again at
 * most that often. This is the dominator tree cut off below the roots, exact there. A stronger class comes first and keeps
 * what it reaches: a stale word on a stack does not take a cache away from the global that holds it.
 */
#include <string.h>

#include "graph_state.h"
#include "modules.h"

/* -- the queue -- */

#define CHUNK_IDS 16382u
struct graph_queue_chunk {
	struct graph_queue_chunk *next;
	uint32_t count;
	uint32_t ids[CHUNK_IDS];
};

void graph_push(struct graph *graph, uint32_t id)
{
	struct graph_queue *queue = &graph->queue;

	if (!queue->last || queue->last->count == CHUNK_IDS) {
		struct graph_queue_chunk *chunk = queue->spare;

		if (!chunk)
			chunk = graph_alloc(graph, sizeof *chunk);
		queue->spare = NULL;
		chunk->next = NULL;
		chunk->count = 0;
		if (queue->last)
			queue->last->next = chunk;
		else
			queue->first = chunk;
		queue->last = chunk;
	}
	queue->last->ids[queue->last->count++] = id;
}

bool graph_pop(struct graph *graph, uint32_t *id)
{
	struct graph_queue *queue = &graph->queue;
	struct graph_queue_chunk *chunk = queue->first;

	if (!chunk)
		return false;
	if (queue->read == chunk->count) {
		if (!chunk->next) {
			chunk->count = queue->read = 0;
			return false;
		}
		queue->first = chunk->next;
		queue->read = 0;
		if (queue->spare)
			graph_free(graph, chunk, sizeof *chunk);
		else
			queue->spare = chunk;
		chunk = queue->first;
	}
	*id = chunk->ids[queue->read++];
	return true;
}

/* -- scanning -- */

#define PENDING 16u /* words looked up together, so that their cache misses overlap */

struct pending {
	uintptr_t word;
	uint64_t offset;
};

static inline void resolve(struct graph *graph, const struct pending *pending, uint32_t count,
			   graph_pointer *visit, void *argument)
{
	for (uint32_t i = 0; i < count; i++) {
		struct graph_block block;
		uint32_t id = graph_index_find(graph, pending[i].word, &block);

		if (id != GRAPH_NO_BLOCK)
			visit(graph, argument, id, &block, pending[i].offset, pending[i].word - block.start);
	}
}

void graph_scan(struct graph *graph, uintptr_t start, uintptr_t end, graph_pointer *visit, graph_word *other,
		void *argument)
{
	const struct graph_index *index = &graph->index;
	struct pending pending[PENDING];
	uint32_t count = 0;
	uintptr_t first = (start + 7) & ~7ul;

	for (uintptr_t at = first; at + 8 <= end; at += 8) {
		uintptr_t word = *(const uintptr_t *)at;

		if (word - index->low > index->high - index->low) {
			if (other && word - graph->code_low < graph->code_high - graph->code_low)
				other(graph, argument, at - start, word);
			continue;
		}
		if (!index->leaf_of[word >> BLOCKS_LEAF_SHIFT]) {
			if (other && word - graph->code_low < graph->code_high - graph->code_low)
				other(graph, argument, at - start, word);
			continue;
		}
		graph_index_prefetch(index, word);
		pending[count++] = (struct pending){word, at - start};
		if (count == PENDING) {
			resolve(graph, pending, count, visit, argument);
			count = 0;
		}
	}
	resolve(graph, pending, count, visit, argument);
}

#define LARGE (256ul << 10)

/* Only pages that were ever touched; `start` is where offsets count from. */
static void scan_touched(struct graph *graph, uintptr_t start, uintptr_t end, graph_pointer *visit,
			 graph_word *other, void *argument)
{
	unsigned char present[64];

	for (uintptr_t page = start & ~(RT_PAGE - 1); page < end; page += sizeof present * RT_PAGE) {
		if (!rt_present((const void *)page, sizeof present * RT_PAGE, present))
			memset(present, 1, sizeof present);
		for (uint32_t i = 0; i < sizeof present && page + i * RT_PAGE < end; i++) {
			uintptr_t low = page + i * RT_PAGE, high = low + RT_PAGE;

			if (!present[i])
				continue;
			graph->part_offset = low < start ? 0 : low - start;
			graph_scan(graph, low < start ? start : low, high < end ? high : end, visit, other,
				   argument);
		}
		graph_check_time(graph);
	}
	graph->part_offset = 0;
}

void graph_scan_block(struct graph *graph, const struct graph_block *block, graph_pointer *visit,
		      graph_word *other, void *argument)
{
	uintptr_t end = block->start + block->size;

	if (block->size < 8 || !graph_clip(graph, block->start, &end))
		return;
	if (block->size >= LARGE)
		scan_touched(graph, block->start, end, visit, other, argument);
	else
		graph_scan(graph, block->start, end, visit, other, argument);
}

/* -- reaching a block -- */

struct source {
	uint32_t site; /* or GRAPH_ROOT_SOURCE | object */
	uint32_t id;   /* the block, or GRAPH_NO_BLOCK */
	uint32_t set, path, root;
	bool again; /* looked at before: only the set is news */
	const struct graph_region *region;
};

static void reach(struct graph *graph, const struct source *source, uint32_t id,
		  const struct graph_block *block, uint64_t offset, bool exact)
{
	uint32_t *state = &graph->state[block->number], class = graph_class_of(*state);

	if (exact)
		*state |= GRAPH_EXACT;
	if (class == 0) {
		graph->path_of[block->number] =
			graph_fold_path(graph, source->root, block->site, source->path, offset, block->size);
		*state = (*state & GRAPH_EXACT) | graph->class << GRAPH_CLASS_SHIFT | GRAPH_QUEUED |
			 source->set;
		graph_push(graph, id);
	} else if (class == graph->class) {
		uint32_t set = graph_fold_union(graph, *state & GRAPH_SET_MASK, source->set);

		if (set == (*state & GRAPH_SET_MASK))
			return;
		*state = (*state & ~GRAPH_SET_MASK) | set;
		if (!(*state & GRAPH_QUEUED)) {
			*state |= GRAPH_QUEUED;
			graph_push(graph, id);
		}
	}
}

static void count_reference(struct graph *graph, const struct graph_block *block)
{
	if (graph->degree[block->number] < 255)
		graph->degree[block->number]++;
}

static void from_block(struct graph *graph, void *argument, uint32_t id, const struct graph_block *block,
		       uint64_t offset, uint64_t target_offset)
{
	const struct source *source = argument;

	offset += graph->part_offset;
	if (graph_is_weak(graph, source->region ? 0 : graph->scanned + offset))
		return;
	if (!source->again) {
		graph_fold_edge(graph, source->site, offset, block->site, target_offset, false);
		if (id != source->id)
			count_reference(graph, block);
	}
	if (id != source->id)
		reach(graph, source, id, block, offset, target_offset == 0);
}

static void other_word(struct graph *graph, void *argument, uint64_t offset, uintptr_t word)
{
	const struct source *source = argument;

	graph_code_note(graph, source->site, offset + graph->part_offset, word);
}

static void from_root(struct graph *graph, void *argument, uint32_t id, const struct graph_block *block,
		      uint64_t offset, uint64_t target_offset)
{
	struct source *source = argument;
	const struct graph_region *region = source->region;
	uintptr_t address = region->start + graph->part_offset + offset;
	uint64_t in_object;

	if (graph_is_weak(graph, address))
		return;
	source->root = region->object != UINT32_MAX ? region->object
						    : graph_roots_object(graph, region, address, &in_object);
	if (region->object != UINT32_MAX)
		in_object = offset + graph->part_offset;
	source->set = graph->objects[source->root].set;
	graph_fold_edge(graph, GRAPH_ROOT_SOURCE | source->root, in_object, block->site, target_offset,
			false);
	count_reference(graph, block);
	reach(graph, source, id, block, in_object, target_offset == 0);
}

static void scan_region(struct graph *graph, const struct graph_region *region)
{
	struct source source = {.id = GRAPH_NO_BLOCK, .path = GRAPH_NO_PATH, .region = region};
	uintptr_t end = region->end;

	graph->report->root_words += (region->end - region->start) / 8;
	if (region->kind == SILT_ROOT_REGISTER) { /* our own note of them */
		graph_scan(graph, region->start, region->end, from_root, NULL, &source);
		return;
	}
	if (!graph_clip(graph, region->start, &end))
		return;
	if (region->sparse)
		scan_touched(graph, region->start, end, from_root, NULL, &source);
	else
		graph_scan(graph, region->start, end, from_root, NULL, &source);
}

static void drain(struct graph *graph)
{
	uint32_t id, done = 0;

	while (graph_pop(graph, &id)) {
		struct graph_block block = graph_index_block(graph, id);
		uint32_t *state = &graph->state[block.number], path = graph->path_of[block.number];
		struct source source = {.site = block.site,
					.id = id,
					.set = *state & GRAPH_SET_MASK,
					.path = path,
					.root = graph->paths[path].root,
					.again = graph->scanned_bits[block.number / 8] >> block.number % 8 &
						 1};

		*state &= ~GRAPH_QUEUED;
		graph->scanned_bits[block.number / 8] |= (uint8_t)(1u << block.number % 8);
		graph->scanned = block.start;
		graph_scan_block(graph, &block, from_block, source.again ? NULL : other_word, &source);
		graph->report->heap_words += block.size / 8;
		if (++done % 1024 == 0)
			graph_check_time(graph);
	}
}

void graph_mark(struct graph *graph)
{
	uint64_t count = graph->index.block_count + 1ul;

	graph->state = graph_alloc(graph, count * sizeof *graph->state);
	graph->path_of = graph_alloc(graph, count * sizeof *graph->path_of);
	graph->degree = graph_alloc(graph, count);
	graph->scanned_bits = graph_alloc(graph, count / 8 + 1);
	graph_fold_start(graph);
	graph_code_start(graph);
	for (graph->class = 1; graph->class <= 4; graph->class ++) {
		for (uint32_t i = 0; i < graph->region_count; i++)
			if (graph_class(graph->regions[i].kind) == graph->class)
				scan_region(graph, &graph->regions[i]);
		drain(graph);
	}
}
