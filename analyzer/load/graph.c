/*
 * Reads the sections of the heap graph: see graph.h.
 * Must not: trust a number in the file, use memory beyond a small multiple of the file's size.
 */
#include "load/graph.h"

#include <stdlib.h>

#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

static bool read_summary(struct reader *reader)
{
	if (!reader_check_records(reader, SILT_SECTION_GRAPH))
		return false;
	if (reader->sections[SILT_SECTION_GRAPH]->count != 1)
		return reader_damaged(reader, "section graph has no record");
	reader_record(reader, SILT_SECTION_GRAPH, 0, &reader->snapshot->graph.summary,
		      sizeof reader->snapshot->graph.summary);
	return true;
}

static bool read_threads(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	uint64_t budget = reader->size * 16, count;

	if (!reader_check_records(reader, SILT_SECTION_THREADS))
		return false;
	count = reader->sections[SILT_SECTION_THREADS]->count;
	graph->threads = mem_zeroed(count, sizeof *graph->threads);
	while (graph->thread_count < count) {
		struct snapshot_thread *thread = &graph->threads[graph->thread_count];

		reader_record(reader, SILT_SECTION_THREADS, graph->thread_count++, &thread->record,
			      sizeof thread->record);
		if (!reader_within_budget(reader, &budget, thread->record.name.length) ||
		    !reader_string(reader, thread->record.name, "a thread's name", &thread->name))
			return false;
		if (thread->record.start_module > reader->snapshot->module_count)
			return reader_damaged(reader, "section threads: no such module");
	}
	return true;
}

/* Reads a number, which must be below `count`. */
static uint32_t below(struct reader_varints *v, uint64_t count, const char *what)
{
	uint64_t value = reader_next(v);

	if (!v->bad && value >= count)
		reader_fail_at(v, what);
	return v->bad ? 0 : (uint32_t)value;
}

/* Reads a number + 1; 0 stands for UINT32_MAX. */
static uint32_t below_or_none(struct reader_varints *v, uint64_t count, const char *what)
{
	return below(v, count + 1, what) - 1;
}

static uint32_t site(struct reader_varints *v)
{
	return below(v, v->reader->snapshot->site_count, "no such site");
}

static bool read_roots(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_ROOTS, 7, &v))
		return false;
	graph->root_count = reader->sections[SILT_SECTION_ROOTS]->count;
	graph->roots = mem_zeroed(graph->root_count, sizeof *graph->roots);
	for (; v.record < graph->root_count && !v.bad; v.record++) {
		struct snapshot_root *root = &graph->roots[v.record];

		root->kind = (uint32_t)reader_next(&v);
		root->module = below_or_none(&v, reader->snapshot->module_count, "no such module");
		root->thread = below_or_none(&v, graph->thread_count, "no such thread");
		root->address = reader_next(&v);
		root->size = reader_next(&v);
		root->pc = below_or_none(&v, reader->snapshot->pc_count, "no such pc");
		root->flags = (uint32_t)reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_holders(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_HOLDERS, 3, &v))
		return false;
	graph->holder_count = reader->sections[SILT_SECTION_HOLDERS]->count;
	graph->holders = mem_zeroed(graph->holder_count, sizeof *graph->holders);
	for (; v.record < graph->holder_count && !v.bad; v.record++) {
		struct snapshot_holder *holder = &graph->holders[v.record];

		holder->count = below(&v, 4, "a set of more than three roots");
		for (uint32_t i = 0; i < holder->count; i++)
			holder->roots[i] = below(&v, graph->root_count, "no such root");
		holder->blocks = reader_next(&v);
		holder->bytes = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_frames(struct reader_varints *v, struct snapshot_stack *stack, uint64_t *capacity)
{
	struct snapshot_graph *graph = &v->reader->snapshot->graph;
	uint64_t cfa = 0;

	stack->frame_count = reader_next(v);
	stack->first_frame = graph->frame_count;
	if (stack->frame_count > (uint64_t)(v->end - v->at) / 2)
		return reader_fail_at(v, "more frames than bytes");
	for (uint64_t i = 0; i < stack->frame_count && !v->bad; i++) {
		struct snapshot_frame frame;

		frame.pc = below_or_none(v, v->reader->snapshot->pc_count, "no such pc");
		cfa += reader_next(v);
		frame.cfa = cfa;
		MEM_GROW(graph->frames, graph->frame_count, *capacity);
		graph->frames[graph->frame_count++] = frame;
	}
	return !v->bad;
}

static bool read_stacks(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	uint64_t capacity = 0;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_FRAMES])
		return true;
	if (!reader_open(reader, SILT_SECTION_FRAMES, 2, &v))
		return false;
	graph->stack_count = reader->sections[SILT_SECTION_FRAMES]->count;
	graph->stacks = mem_zeroed(graph->stack_count, sizeof *graph->stacks);
	for (; v.record < graph->stack_count && !v.bad; v.record++) {
		struct snapshot_stack *stack = &graph->stacks[v.record];

		stack->thread = below(&v, graph->thread_count, "no such thread");
		if (!read_frames(&v, stack, &capacity))
			return false;
	}
	return reader_close(&v);
}

static bool read_reaches(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_REACH])
		return true;
	if (!reader_open(reader, SILT_SECTION_REACH, 4, &v))
		return false;
	graph->reach_count = reader->sections[SILT_SECTION_REACH]->count;
	graph->reaches = mem_zeroed(graph->reach_count, sizeof *graph->reaches);
	for (; v.record < graph->reach_count && !v.bad; v.record++) {
		struct snapshot_reach *reach = &graph->reaches[v.record];
		uint64_t members;

		reach->site = site(&v);
		members = reader_next(&v);
		if (members >> 1 > sizeof reach->roots / sizeof reach->roots[0])
			return reader_fail_at(&v, "a set of more than four roots");
		reach->count = (uint32_t)(members >> 1);
		reach->more = members & 1;
		for (uint32_t i = 0; i < reach->count; i++)
			reach->roots[i] = below(&v, graph->root_count, "no such root");
		reach->blocks = reader_next(&v);
		reach->bytes = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_anchors(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_ANCHORS])
		return true;
	if (!reader_open(reader, SILT_SECTION_ANCHORS, 4, &v))
		return false;
	graph->anchor_count = reader->sections[SILT_SECTION_ANCHORS]->count;
	graph->anchors = mem_zeroed(graph->anchor_count, sizeof *graph->anchors);
	for (; v.record < graph->anchor_count && !v.bad; v.record++) {
		struct snapshot_anchor *anchor = &graph->anchors[v.record];

		anchor->root = below(&v, graph->root_count, "no such root");
		anchor->site = site(&v);
		anchor->pointers = reader_next(&v);
		anchor->ends = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_edges(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_EDGES, 9, &v))
		return false;
	graph->edge_count = reader->sections[SILT_SECTION_EDGES]->count;
	graph->edges = mem_zeroed(graph->edge_count, sizeof *graph->edges);
	for (; v.record < graph->edge_count && !v.bad; v.record++) {
		struct snapshot_edge *edge = &graph->edges[v.record];
		uint64_t source = reader_next(&v), target_offset;

		edge->from_root = source & 1;
		edge->source = (uint32_t)(source >> 1);
		if (!v.bad && source >> 1 >= (edge->from_root ? graph->root_count
							      : reader->snapshot->site_count))
			return reader_fail_at(&v, "no such source");
		edge->offset = reader_next(&v);
		edge->stride = reader_next(&v);
		edge->span = reader_next(&v);
		edge->target = site(&v);
		target_offset = reader_next(&v);
		edge->target_varies = target_offset == 0;
		edge->target_offset = target_offset ? target_offset - 1 : 0;
		edge->count = reader_next(&v);
		edge->lost = reader_next(&v);
		edge->interior = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_links(struct reader_varints *v, struct snapshot_path *path, uint64_t *capacity)
{
	struct snapshot_graph *graph = &v->reader->snapshot->graph;

	path->link_count = reader_next(v);
	path->first_link = graph->link_count;
	if (path->link_count > (uint64_t)(v->end - v->at) / 3)
		return reader_fail_at(v, "more parents than bytes");
	for (uint64_t i = 0; i < path->link_count && !v->bad; i++) {
		struct snapshot_link link;

		link.parent = below_or_none(v, graph->path_count, "no such path");
		link.offset = reader_next(v);
		link.blocks = reader_next(v);
		MEM_GROW(graph->links, graph->link_count, *capacity);
		graph->links[graph->link_count++] = link;
	}
	return !v->bad;
}

static bool read_paths(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	uint64_t capacity = 0;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_PATHS, 5, &v))
		return false;
	graph->path_count = reader->sections[SILT_SECTION_PATHS]->count;
	graph->paths = mem_zeroed(graph->path_count, sizeof *graph->paths);
	for (; v.record < graph->path_count && !v.bad; v.record++) {
		struct snapshot_path *path = &graph->paths[v.record];

		path->root = below(&v, graph->root_count, "no such root");
		path->site = site(&v);
		path->blocks = reader_next(&v);
		path->bytes = reader_next(&v);
		if (!read_links(&v, path, &capacity))
			return false;
	}
	return reader_close(&v);
}

static bool read_verdicts(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_VERDICTS, 16 + SILT_DEGREES, &v))
		return false;
	graph->verdict_count = reader->sections[SILT_SECTION_VERDICTS]->count;
	graph->verdicts = mem_zeroed(graph->verdict_count, sizeof *graph->verdicts);
	for (; v.record < graph->verdict_count && !v.bad; v.record++) {
		struct snapshot_verdict *verdict = &graph->verdicts[v.record];

		verdict->site = site(&v);
		for (int i = 0; i < SILT_VERDICTS; i++) {
			verdict->blocks[i] = reader_next(&v);
			verdict->bytes[i] = reader_next(&v);
		}
		verdict->old_blocks = reader_next(&v);
		verdict->old_bytes = reader_next(&v);
		verdict->through_blocks = reader_next(&v);
		verdict->through_bytes = reader_next(&v);
		verdict->interior = reader_next(&v);
		for (int i = 0; i < SILT_DEGREES; i++)
			verdict->degrees[i] = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_fills(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_FILL])
		return true;
	if (!reader_open(reader, SILT_SECTION_FILL, 4, &v))
		return false;
	graph->has_fill = true;
	graph->fill_count = reader->sections[SILT_SECTION_FILL]->count;
	graph->fills = mem_zeroed(graph->fill_count, sizeof *graph->fills);
	for (; v.record < graph->fill_count && !v.bad; v.record++) {
		struct snapshot_fill *fill = &graph->fills[v.record];

		fill->site = site(&v);
		fill->blocks = reader_next(&v);
		fill->bytes = reader_next(&v);
		fill->used = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_pins(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_PINS])
		return true;
	if (!reader_open(reader, SILT_SECTION_PINS, 3, &v))
		return false;
	graph->pin_count = reader->sections[SILT_SECTION_PINS]->count;
	graph->pins = mem_zeroed(graph->pin_count, sizeof *graph->pins);
	for (; v.record < graph->pin_count && !v.bad; v.record++) {
		graph->pins[v.record].site = site(&v);
		graph->pins[v.record].blocks = reader_next(&v);
		graph->pins[v.record].bytes = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_codes(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_CODE, 6, &v))
		return false;
	graph->code_count = reader->sections[SILT_SECTION_CODE]->count;
	graph->codes = mem_zeroed(graph->code_count, sizeof *graph->codes);
	for (; v.record < graph->code_count && !v.bad; v.record++) {
		struct snapshot_code *code = &graph->codes[v.record];

		code->site = site(&v);
		code->offset = reader_next(&v);
		code->table = reader_next(&v) != 0;
		code->module = below_or_none(&v, reader->snapshot->module_count, "no such module");
		code->address = reader_next(&v);
		code->count = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_refcounts(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_REFCOUNTS, 6 + 2 * SILT_REFERENCES, &v))
		return false;
	graph->refcount_count = reader->sections[SILT_SECTION_REFCOUNTS]->count;
	graph->refcounts = mem_zeroed(graph->refcount_count, sizeof *graph->refcounts);
	for (; v.record < graph->refcount_count && !v.bad; v.record++) {
		struct snapshot_refcount *refcount = &graph->refcounts[v.record];

		refcount->site = site(&v);
		refcount->offset = reader_next(&v);
		refcount->equal = reader_next(&v);
		refcount->above = reader_next(&v);
		refcount->below = reader_next(&v);
		refcount->excess = reader_next(&v);
		for (int i = 0; i < SILT_REFERENCES; i++)
			refcount->compared[i] = reader_next(&v);
		for (int i = 0; i < SILT_REFERENCES; i++)
			refcount->equal_at[i] = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_counts(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_COUNTS])
		return true;
	if (!reader_open(reader, SILT_SECTION_COUNTS, 2 + SILT_REFERENCES * SILT_COUNTED, &v))
		return false;
	graph->count_count = reader->sections[SILT_SECTION_COUNTS]->count;
	graph->counts = mem_zeroed(graph->count_count, sizeof *graph->counts);
	for (; v.record < graph->count_count && !v.bad; v.record++) {
		struct snapshot_count *count = &graph->counts[v.record];

		count->site = site(&v);
		count->offset = reader_next(&v);
		for (int degree = 0; degree < SILT_REFERENCES; degree++)
			for (int value = 0; value < SILT_COUNTED; value++)
				count->seen[degree][value] = reader_next(&v);
	}
	return reader_close(&v);
}

static bool read_components(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	uint64_t capacity = 0;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_COMPONENTS, 4, &v))
		return false;
	graph->component_count = reader->sections[SILT_SECTION_COMPONENTS]->count;
	graph->components = mem_zeroed(graph->component_count, sizeof *graph->components);
	for (; v.record < graph->component_count && !v.bad; v.record++) {
		struct snapshot_component *component = &graph->components[v.record];

		component->components = reader_next(&v);
		component->blocks = reader_next(&v);
		component->bytes = reader_next(&v);
		component->triple_count = reader_next(&v);
		component->first_triple = graph->triple_count;
		if (component->triple_count > (uint64_t)(v.end - v.at) / 3)
			return reader_fail_at(&v, "more edges than bytes");
		for (uint64_t i = 0; i < component->triple_count && !v.bad; i++) {
			struct snapshot_triple triple;

			triple.from = site(&v);
			triple.offset = reader_next(&v);
			triple.to = site(&v);
			MEM_GROW(graph->triples, graph->triple_count, capacity);
			graph->triples[graph->triple_count++] = triple;
		}
	}
	return reader_close(&v);
}

bool graph_sections_read(struct reader *reader, enum snapshot_extent extent)
{
	if (!reader->sections[SILT_SECTION_GRAPH])
		return true; /* the snapshot was taken without a graph */
	if (!read_summary(reader))
		return false;
	if (reader->snapshot->graph.summary.status != SILT_GRAPH_DONE)
		return true;
	for (uint32_t kind = SILT_SECTION_THREADS; kind <= SILT_SECTION_COMPONENTS; kind++)
		if (!reader->sections[kind])
			return reader_damaged(reader, "it has no section %s",
					      reader_section_name(kind));
	if (extent == SNAPSHOT_COUNTERS)
		return read_threads(reader) && read_verdicts(reader) && read_fills(reader);
	return read_threads(reader) && read_roots(reader) && read_stacks(reader) &&
	       read_holders(reader) && read_reaches(reader) && read_anchors(reader) &&
	       read_edges(reader) && read_paths(reader) && read_verdicts(reader) &&
	       read_fills(reader) && read_pins(reader) && read_codes(reader) &&
	       read_refcounts(reader) && read_counts(reader) && read_components(reader);
}

void graph_sections_shed(struct snapshot_graph *graph)
{
	struct snapshot_graph left = {.summary = graph->summary,
				      .has_fill = graph->has_fill,
				      .threads = graph->threads,
				      .thread_count = graph->thread_count};

	free(graph->roots);
	free(graph->stacks);
	free(graph->frames);
	free(graph->holders);
	free(graph->reaches);
	free(graph->anchors);
	free(graph->fills);
	free(graph->pins);
	free(graph->counts);
	free(graph->edges);
	free(graph->paths);
	free(graph->links);
	free(graph->verdicts);
	free(graph->codes);
	free(graph->refcounts);
	free(graph->components);
	free(graph->triples);
	*graph = left;
}

void graph_sections_free(struct snapshot_graph *graph)
{
	graph_sections_shed(graph);
	for (uint64_t i = 0; i < graph->thread_count; i++)
		free(graph->threads[i].name);
	free(graph->threads);
}
