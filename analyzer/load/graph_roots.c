/*
 * Reads the sections about threads and roots of the heap graph: see graph.h.
 * Must not: trust a number in the file.
 */
#include "load/graph_inside.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "load/reader.h"
#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

bool graph_read_threads(struct reader *reader)
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

bool graph_read_roots(struct reader *reader)
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
		root->module =
			graph_below_or_none(&v, reader->snapshot->module_count, "no such module");
		root->thread = graph_below_or_none(&v, graph->thread_count, "no such thread");
		root->address = reader_next(&v);
		root->size = reader_next(&v);
		root->pc = graph_below_or_none(&v, reader->snapshot->pc_count, "no such pc");
		root->flags = (uint32_t)reader_next(&v);
	}
	return reader_close(&v);
}

bool graph_read_holders(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader_open(reader, SILT_SECTION_HOLDERS, 3, &v))
		return false;
	graph->holder_count = reader->sections[SILT_SECTION_HOLDERS]->count;
	graph->holders = mem_zeroed(graph->holder_count, sizeof *graph->holders);
	for (; v.record < graph->holder_count && !v.bad; v.record++) {
		struct snapshot_holder *holder = &graph->holders[v.record];

		holder->count = graph_below(&v, 4, "a set of more than three roots");
		for (uint32_t i = 0; i < holder->count; i++)
			holder->roots[i] = graph_below(&v, graph->root_count, "no such root");
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

		frame.pc = graph_below_or_none(v, v->reader->snapshot->pc_count, "no such pc");
		cfa += reader_next(v);
		frame.cfa = cfa;
		MEM_GROW(graph->frames, graph->frame_count, *capacity);
		graph->frames[graph->frame_count++] = frame;
	}
	return !v->bad;
}

bool graph_read_stacks(struct reader *reader)
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

		stack->thread = graph_below(&v, graph->thread_count, "no such thread");
		if (!read_frames(&v, stack, &capacity))
			return false;
	}
	return reader_close(&v);
}

bool graph_read_reaches(struct reader *reader)
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

		reach->site = graph_site(&v);
		members = reader_next(&v);
		if (members >> 1 > sizeof reach->roots / sizeof reach->roots[0])
			return reader_fail_at(&v, "a set of more than four roots");
		reach->count = (uint32_t)(members >> 1);
		reach->more = members & 1;
		for (uint32_t i = 0; i < reach->count; i++)
			reach->roots[i] = graph_below(&v, graph->root_count, "no such root");
		reach->blocks = reader_next(&v);
		reach->bytes = reader_next(&v);
	}
	return reader_close(&v);
}

bool graph_read_anchors(struct reader *reader)
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

		anchor->root = graph_below(&v, graph->root_count, "no such root");
		anchor->site = graph_site(&v);
		anchor->pointers = reader_next(&v);
		anchor->ends = reader_next(&v);
	}
	return reader_close(&v);
}
