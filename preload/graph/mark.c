/*
 * Follows every pointer from the roots, breadth first, one class of roots after the other: finds
 * which blocks are reachable, from which root first, and which roots alone keep blocks alive.
 * Path: cold, but most of the twin's time. Threads: the twin. Memory: 12 bytes a block and a queue.
 * Must not: read unreadable memory, or pages that were never touched.
 *
 * Each block carries the set of root objects that lead to it. A set only grows, up to GRAPH_SET_MAX
 * members and then to "and more", so a block is scanned again at most that often. A root retains
 * the blocks that no other root of its class or a stronger one reaches: this is the dominator tree
 * cut off below the roots, and exact there. Stronger classes are marked first, so that full sets
 * name their members; the program's own globals precede those of its libraries, so that paths begin
 * there.
 */
#include <string.h>

#include "base/arch.h"
#include "base/rt.h"
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
#include "unwind/modules.h"

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

uint32_t graph_peek(const struct graph *graph, uint32_t ahead)
{
	const struct graph_queue_chunk *chunk = graph->queue.first;

	if (!chunk || graph->queue.read + ahead >= chunk->count)
		return GRAPH_NO_BLOCK;
	return chunk->ids[graph->queue.read + ahead];
}

/* -- scanning -- */

void graph_scan(struct graph *graph, uintptr_t start, uintptr_t end,
		const struct graph_visitor *visitor)
{
	const struct graph_index *index = &graph->index;
	uintptr_t low = index->low, span = index->high - low, code = graph->code_low,
		  code_span = visitor->code ? graph->code_high - code : 0;

	for (uintptr_t at = (start + 7) & ~7ul; at + 8 <= end; at += 8) {
		uintptr_t word = arch_untag(*(const uintptr_t *)at);

		/* `word == high` included: an empty array, see graph/index.c. */
		if (word - low <= span && index->leaf_of[word >> GRAPH_LEAF_SHIFT])
			visitor->candidate(graph, visitor->argument,
					   at - start + graph->part_offset, word);
		else if (word - code < code_span)
			visitor->code(graph, visitor->argument, at - start + graph->part_offset,
				      word);
	}
}

#define LARGE (256ul << 10)

/* Scans only pages that were ever touched. Offsets are relative to `origin`. */
static void scan_touched(struct graph *graph, uintptr_t origin, uintptr_t start, uintptr_t end,
			 const struct graph_visitor *visitor)
{
	unsigned char present[64];

	for (uintptr_t page = start & ~(RT_PAGE - 1); page < end;
	     page += sizeof present * RT_PAGE) {
		if (!rt_present((const void *)page, sizeof present * RT_PAGE, present))
			memset(present, 1, sizeof present);
		for (uint32_t i = 0; i < sizeof present && page + i * RT_PAGE < end; i++) {
			uintptr_t low = page + i * RT_PAGE, high = low + RT_PAGE;

			if (!present[i])
				continue;
			low = low < start ? start : low;
			graph->part_offset = low - origin;
			graph_scan(graph, low, high < end ? high : end, visitor);
		}
		graph_check_time(graph);
	}
	graph->part_offset = 0;
}

/* Scans what is between the pieces that pools cut from a block: pieces are scanned on their own. */
static void scan_between_pieces(struct graph *graph, const struct graph_block *block, uintptr_t end,
				const struct graph_visitor *visitor)
{
	const struct graph_index *index = &graph->index;
	uint32_t piece = graph_index_piece(graph, block->start);
	uintptr_t at = block->start;

	for (; at < end; piece++) {
		bool more = piece < index->piece_count && index->pieces[piece].address < end;
		uintptr_t stop = more ? index->pieces[piece].address : end;

		graph->part_offset = at - block->start;
		if (stop > at)
			graph_scan(graph, at, stop, visitor);
		if (!more)
			break;
		at = (stop + index->pieces[piece].size + 7) & ~7ul;
	}
	graph->part_offset = 0;
}

static void scan_between_blocks(struct graph *graph, uintptr_t start, uintptr_t end,
				const struct graph_visitor *visitor)
{
	struct graph_block block;
	uintptr_t at = start;

	/* one may reach in from below */
	if (graph_index_find(graph, start, &block) != GRAPH_NO_BLOCK)
		at = block.start + block.size;
	while (at < end) {
		bool more = graph_index_next(graph, at, end, &block) != GRAPH_NO_BLOCK;
		uintptr_t stop = more ? block.start : end;

		if (stop - at >= LARGE) {
			scan_touched(graph, start, at, stop, visitor);
		} else {
			graph->part_offset = ((at + 7) & ~7ul) - start;
			graph_scan(graph, (at + 7) & ~7ul, stop, visitor);
		}
		at = more ? block.start + (block.size ? block.size : 1) : end;
	}
	graph->part_offset = 0;
}

void graph_scan_block(struct graph *graph, const struct graph_block *block,
		      const struct graph_visitor *visitor)
{
	const struct graph_index *index = &graph->index;
	uintptr_t end = block->start + block->size;

	if (block->size < 8 || !graph_clip_block(graph, block->start, &end))
		return;
	if (unlikely(block->start < index->piece_high && end > index->piece_low) &&
	    block->number < index->block_count - index->piece_count)
		scan_between_pieces(graph, block, end, visitor);
	else if (block->size >= LARGE)
		scan_touched(graph, block->start, block->start, end, visitor);
	else
		graph_scan(graph, block->start, end, visitor);
}

/* -- reaching a block -- */

/* Where a pointer was found: in a block, or in a region of roots. */
struct source {
	/* or GRAPH_ROOT_SOURCE | object */
	uint32_t site;
	/* the block, or GRAPH_NO_BLOCK */
	uint32_t id;
	uint32_t set, path, root;
	/* scanned before: its pointers are counted, only its set has grown */
	bool again;
	/* of the block or region */
	uintptr_t start;
	const struct graph_region *region;
};

/* Pointers are looked up in batches, so that their cache misses overlap. */
#define PENDING 64u
struct graph_pending {
	uintptr_t word;
	uint64_t offset;
	struct source source;
};

static void reach(struct graph *graph, const struct source *source, uint32_t id,
		  const struct graph_block *block, uint64_t offset, bool exact)
{
	struct graph_mark *mark = &graph->marks[block->number];
	uint32_t class = graph_class_of(mark->state), set;

	if (exact)
		mark->state |= GRAPH_EXACT;
	if (class == 0) {
		mark->path = graph_fold_path(graph, source->root, block->site, source->path, offset,
					     block->size);
		mark->state |= graph->class << GRAPH_CLASS_SHIFT | GRAPH_QUEUED | source->set;
		graph_push(graph, id);
		graph->reached++;
	} else if (graph->class != graph_class(SILT_ROOT_IGNORED) &&
		   class != graph_class(SILT_ROOT_IGNORED)) {
		set = graph_fold_union(graph, mark->state & GRAPH_SET_MASK, source->set);
		if (set == (mark->state & GRAPH_SET_MASK))
			return;
		mark->state = (mark->state & ~GRAPH_SET_MASK) | set;
		if (!(mark->state & GRAPH_QUEUED)) {
			mark->state |= GRAPH_QUEUED;
			graph_push(graph, id);
		}
	}
}

static void from_root(struct graph *graph, struct source *source, uint32_t id,
		      const struct graph_block *block, uint64_t offset, uint64_t target_offset)
{
	uint64_t in_object = offset;

	source->root = source->region->object;
	if (source->root == UINT32_MAX)
		source->root = graph_roots_object(graph, source->region, source->start + offset,
						  &in_object);
	source->set = graph->objects[source->root].set;
	graph_fold_edge(graph, GRAPH_ROOT_SOURCE | source->root, in_object, block->site,
			target_offset, false);
	graph_count_pointer(&graph->marks[block->number]);
	GRAPH_ROOM(graph, pointers, pointer_count, pointer_capacity);
	graph->pointers[graph->pointer_count++] =
		(struct graph_pointer){source->root, block->number, block->site};
	reach(graph, source, id, block, in_object, target_offset == 0);
}

static void from_block(struct graph *graph, const struct source *source, uint32_t id,
		       const struct graph_block *block, uint64_t offset, uint64_t target_offset)
{
	if (!source->again)
		graph_fold_edge(graph, source->site, offset, block->site, target_offset, false);
	if (id == source->id)
		return;
	if (!source->again)
		graph_count_pointer(&graph->marks[block->number]);
	reach(graph, source, id, block, offset, target_offset == 0);
}

/* With so few pointers at once the queue is empty, as in a list, or nearly. */
#define FEW 4u

static void flush(struct graph *graph)
{
	struct graph_block block;
	uint32_t ids[PENDING], count = graph->pending_count;

	graph->pending_count = 0;
	/* The blocks themselves are scanned next: their cache misses and those of the index
	 * overlap. */
	for (uint32_t i = 0; i < count && count <= FEW; i++)
		__builtin_prefetch((const void *)graph->pending[i].word);
	for (uint32_t i = 0; i < count; i++) {
		ids[i] = graph_index_near(graph, graph->pending[i].word);
		if (ids[i] != GRAPH_NO_BLOCK)
			__builtin_prefetch(&graph->marks[graph_index_number(graph, ids[i])], 1);
	}
	for (uint32_t i = 0; i < count; i++) {
		struct graph_pending *pending = &graph->pending[i];

		if (ids[i] != GRAPH_NO_BLOCK)
			ids[i] = graph_index_check(graph, ids[i], pending->word, &block);
		if (ids[i] == GRAPH_NO_BLOCK ||
		    graph_is_weak(graph, pending->source.start + pending->offset))
			continue;
		if (pending->source.region)
			from_root(graph, &pending->source, ids[i], &block, pending->offset,
				  pending->word - block.start);
		else
			from_block(graph, &pending->source, ids[i], &block, pending->offset,
				   pending->word - block.start);
	}
}

static void candidate(struct graph *graph, void *argument, uint64_t offset, uintptr_t word)
{
	graph_index_prefetch(&graph->index, word);
	graph->pending[graph->pending_count++] =
		(struct graph_pending){word, offset, *(const struct source *)argument};
	if (graph->pending_count == PENDING)
		flush(graph);
}

static void code(struct graph *graph, void *argument, uint64_t offset, uintptr_t word)
{
	graph_code_note(graph, ((const struct source *)argument)->site, offset, word);
}

static void scan_frames(struct graph *graph, const struct graph_region *region,
			const struct graph_visitor *visitor);

static void search_region(struct graph *graph, const struct graph_region *region,
			  const struct graph_visitor *visitor)
{
	uintptr_t end = region->end;

	if (region->kind == SILT_ROOT_REGISTER) { /* in memory of our own */
		graph_scan(graph, region->start, region->end, visitor);
		return;
	}
	if (!graph_clip(graph, region->start, &end))
		return;
	if (region->frame_count)
		scan_frames(graph, region, visitor);
	else if (region->between)
		scan_between_blocks(graph, region->start, end, visitor);
	else if (region->sparse)
		scan_touched(graph, region->start, region->start, end, visitor);
	else
		graph_scan(graph, region->start, end, visitor);
}

static void scan_region(struct graph *graph, const struct graph_region *region)
{
	struct source source = {.id = GRAPH_NO_BLOCK,
				.path = GRAPH_NO_PATH,
				.start = region->start,
				.region = region};

	graph->report->root_words += (region->end - region->start) / 8;
	search_region(graph, region, &(struct graph_visitor){candidate, NULL, &source});
}

/* Scans outer frames first: of several frames that lead to a block, the one that lives longest is
 * to be named. */
static void scan_frames(struct graph *graph, const struct graph_region *region,
			const struct graph_visitor *visitor)
{
	uintptr_t end = region->end, limit = region->end;

	if (!graph_clip(graph, region->start, &limit))
		return;
	for (uint32_t i = region->frame_count; i > 0; i--) {
		uintptr_t start = region->frames[i - 1].cfa;

		if (start < region->start || start > end)
			continue;
		graph->part_offset = start - region->start;
		graph_scan(graph, start, end < limit ? end : limit, visitor);
		end = start;
	}
	graph->part_offset = 0;
	graph_scan(graph, region->start, end < limit ? end : limit, visitor);
}

/* Prefetches blocks that will be scanned soon. */
static void prefetch_ahead(const struct graph *graph)
{
	uint32_t far = graph_peek(graph, 24), near = graph_peek(graph, 8);

	if (far != GRAPH_NO_BLOCK && !graph_is_piece(far)) {
		const struct graph_leaf *leaf = &graph->index.leaves[far >> 21];

		__builtin_prefetch(
			(const void *)(leaf->base + (far & (GRAPH_LEAF_SLOTS - 1)) * 32ul + 16));
	}
	if (near != GRAPH_NO_BLOCK)
		__builtin_prefetch(&graph->marks[graph_index_number(graph, near)]);
}

static bool next(struct graph *graph, uint32_t *id)
{
	if (graph_pop(graph, id))
		return true;
	flush(graph);
	return graph_pop(graph, id);
}

/* A piece keeps the block alive that it was cut from. */
static void keep_pool(struct graph *graph, const struct source *source,
		      const struct graph_block *piece)
{
	struct graph_block block;
	uint32_t id = graph_index_enclosing(graph, piece->start, &block);

	if (id != GRAPH_NO_BLOCK)
		reach(graph, source, id, &block, 0, true);
}

static void drain(struct graph *graph)
{
	uint32_t id, done = 0;

	while (next(graph, &id)) {
		struct graph_block block = graph_index_block(graph, id);
		struct graph_mark *mark = &graph->marks[block.number];
		struct source source = {.site = block.site,
					.id = id,
					.set = mark->state & GRAPH_SET_MASK,
					.path = mark->path,
					.root = graph->paths[mark->path].root,
					.again = mark->state & GRAPH_SCANNED,
					.start = block.start};

		prefetch_ahead(graph);
		mark->state = (mark->state & ~GRAPH_QUEUED) | GRAPH_SCANNED;
		graph_scan_block(
			graph, &block,
			&(struct graph_visitor){candidate, source.again ? NULL : code, &source});
		if (unlikely(graph_is_piece(id)))
			keep_pool(graph, &source, &block);
		graph->report->heap_words += block.size / 8;
		if (++done % 1024 == 0)
			graph_check_time(graph);
	}
}

/* Excused blocks are marked before all others but scanned after them: what only they lead to is
 * excused, too. */
static void set_aside(struct graph *graph, uint32_t id, const struct graph_block *block)
{
	static const struct graph_object excused = {.kind = SILT_ROOT_IGNORED,
						    .module = MODULES_NONE,
						    .thread = UINT32_MAX,
						    .pc = UINT32_MAX};
	struct graph_mark *mark = &graph->marks[block->number];
	uint32_t root;

	(void)id;
	if (!block->ignored)
		return;
	root = graph_fold_object(graph, &excused);
	graph->reached++;
	mark->path = graph_fold_path(graph, root, block->site, GRAPH_NO_PATH, 0, block->size);
	mark->state |=
		graph_class(SILT_ROOT_IGNORED) << GRAPH_CLASS_SHIFT | graph->objects[root].set;
}

static void push_ignored(struct graph *graph, uint32_t id, const struct graph_block *block)
{
	if (block->ignored)
		graph_push(graph, id);
}

#define RANKS 5u

/* The order in which regions are scanned: by class; within class 1 the program's own globals
 * first. */
static uint32_t rank_of(const struct graph_region *region)
{
	uint32_t class = graph_class(region->kind);
	bool is_own = region->module == MODULES_PROGRAM || region->kind == SILT_ROOT_REGION;

	return class > 1 || !is_own ? class : 0;
}

void graph_mark(struct graph *graph)
{
	graph->pending = graph_alloc(graph, PENDING * sizeof *graph->pending);
	graph_fold_start(graph);
	graph_code_start(graph);
	if (graph->index.ignored_count)
		graph_index_each(graph, set_aside);
	for (uint32_t rank = 0; rank < RANKS; rank++) {
		graph->class = rank ? rank : 1;
		for (uint32_t i = 0; i < graph->region_count; i++)
			if (rank_of(&graph->regions[i]) == rank)
				scan_region(graph, &graph->regions[i]);
		if (graph->class == graph_class(SILT_ROOT_IGNORED) && graph->index.ignored_count)
			graph_index_each(graph, push_ignored);
		drain(graph);
	}
}
