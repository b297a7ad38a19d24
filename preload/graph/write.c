/*
 * Writes the graph's sections of a snapshot (include/silt_snapshot.h): threads, roots, holders,
 * edges, paths, components; write_sites.c has those about each site's blocks.
 * Path: cold. Threads: the twin. Memory: the file's.
 * Must not: write contents of the heap, except addresses of functions and counts of small values.
 */
#include <string.h>

#include "base/bytes.h"
#include "graph/fold.h"
#include "graph/roots.h"
#include "graph/state.h"
#include "graph/stop.h"
#include "graph/sum.h"
#include "graph/write.h"
#include "silt_snapshot.h"
#include "unwind/modules.h"
#include "snapshot/file.h"

static void write_threads(struct graph_writer *writer)
{
	const struct graph *graph = writer->graph;

	snapshot_file_begin(writer->file, SILT_SECTION_THREADS, sizeof(struct silt_thread));
	for (uint32_t i = 0; i < graph->thread_count; i++) {
		const struct graph_thread *thread = &graph->threads[i];
		struct silt_thread silt_thread = {.tid = thread->tid,
						  .flags = thread->flags & (GRAPH_THREAD_ASKER - 1),
						  .syscall = thread->syscall,
						  .start_address = thread->start_routine,
						  .stack_bytes = thread->stack_bytes,
						  .stack_used = thread->stack_used};

		silt_thread.name = snapshot_file_bytes(writer->file, thread->name,
						       strnlen(thread->name, sizeof thread->name));
		silt_thread.start_module = graph_write_place(graph, &silt_thread.start_address);
		bytes_add(&writer->file->bytes, &silt_thread, sizeof silt_thread);
	}
	snapshot_file_end(writer->file, graph->thread_count);
}

static void write_roots(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_ROOTS);
	for (uint32_t i = 0; i < writer->graph->object_count; i++) {
		const struct graph_object *object = &writer->graph->objects[i];

		graph_write_number(writer, object->kind);
		graph_write_number(writer,
				   object->module == MODULES_NONE ? 0 : object->module + 1ul);
		graph_write_number(writer, object->thread == UINT32_MAX ? 0 : object->thread + 1ul);
		graph_write_number(writer, object->address);
		graph_write_number(writer, object->size);
		graph_write_number(writer, object->pc == UINT32_MAX ? 0 : object->pc + 1ul);
		graph_write_number(writer, object->flags);
		writer->count++;
	}
	graph_write_end(writer);
}

static void write_frames(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_FRAMES);
	for (uint32_t i = 0; i < writer->graph->region_count; i++) {
		const struct graph_region *region = &writer->graph->regions[i];
		uintptr_t before = 0;

		if (!region->frame_count || region->thread == UINT32_MAX)
			continue;
		graph_write_number(writer, region->thread);
		graph_write_number(writer, region->frame_count);
		for (uint32_t f = 0; f < region->frame_count; f++) {
			const struct graph_frame *frame = &region->frames[f];

			graph_write_number(writer, frame->pc == UINT32_MAX ? 0 : frame->pc + 1ul);
			graph_write_number(writer, frame->cfa - before);
			before = frame->cfa;
		}
		writer->count++;
	}
	graph_write_end(writer);
}

static void write_holders(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_HOLDERS);
	for (uint32_t i = 0; i < writer->graph->set_count; i++) {
		const struct graph_set *set = &writer->graph->sets[i];

		if (!set->blocks)
			continue;
		graph_write_number(writer, set->count);
		for (uint32_t member = 0; member < set->count; member++)
			graph_write_number(writer, set->members[member]);
		graph_write_number(writer, set->blocks);
		graph_write_number(writer, set->bytes);
		writer->count++;
	}
	graph_write_end(writer);
}

static void write_reach(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_REACH);
	for (uint32_t i = 0; i < writer->graph->reach_count; i++) {
		const struct graph_reach *reach = &writer->graph->reaches[i];
		const struct graph_set *set = &writer->graph->sets[reach->set];

		if (!graph_write_recorded(writer, reach->site))
			continue;
		graph_write_number(writer, graph_write_record(writer, reach->site));
		graph_write_number(writer, (uint64_t)set->count << 1 | set->more);
		for (uint32_t member = 0; member < set->count; member++)
			graph_write_number(writer, set->members[member]);
		graph_write_number(writer, reach->blocks);
		graph_write_number(writer, reach->bytes);
		writer->count++;
	}
	graph_write_end(writer);
}

static void write_anchors(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_ANCHORS);
	for (uint32_t i = 0; i < writer->graph->anchor_count; i++) {
		const struct graph_anchor *anchor = &writer->graph->anchors[i];

		if (!graph_write_recorded(writer, anchor->site))
			continue;
		graph_write_number(writer, anchor->root);
		graph_write_number(writer, graph_write_record(writer, anchor->site));
		graph_write_number(writer, anchor->pointers);
		graph_write_number(writer, anchor->ends);
		writer->count++;
	}
	graph_write_end(writer);
}

static void write_edges(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_EDGES);
	for (uint32_t i = 0; i < writer->graph->edge_count; i++) {
		const struct graph_edge *edge = &writer->graph->edges[i];
		uint32_t source = (uint32_t)(edge->key >> 40),
			 target = (uint32_t)edge->key & 0xfffff;
		bool is_root = source & GRAPH_ROOT_SOURCE;

		if (!edge->count || !graph_write_recorded(writer, target) ||
		    (!is_root && !graph_write_recorded(writer, source)))
			continue;
		source = is_root ? source & ~GRAPH_ROOT_SOURCE : graph_write_record(writer, source);
		graph_write_number(writer, (uint64_t)source << 1 | is_root);
		graph_write_number(writer, edge->first);
		graph_write_number(writer, edge->stride);
		graph_write_number(writer, edge->stride ? edge->last - edge->first : 0);
		graph_write_number(writer, graph_write_record(writer, target));
		graph_write_number(writer, edge->target_offset);
		graph_write_number(writer, edge->count);
		graph_write_number(writer, edge->lost);
		graph_write_number(writer, edge->interior);
		writer->count++;
	}
	graph_write_end(writer);
}

static void write_paths(struct graph_writer *writer)
{
	const struct graph *graph = writer->graph;

	graph_write_begin(writer, SILT_SECTION_PATHS);
	for (uint32_t i = 0; i < graph->path_count; i++) {
		const struct graph_path *path = &graph->paths[i];
		uint64_t links = 0;

		for (uint32_t link = path->first_link; link; link = graph->links[link - 1].next)
			links++;
		graph_write_number(writer, path->root);
		graph_write_number(writer, graph_write_recorded(writer, path->site)
						   ? graph_write_record(writer, path->site)
						   : 0);
		graph_write_number(writer, path->blocks);
		graph_write_number(writer, path->bytes);
		graph_write_number(writer, links);
		for (uint32_t link = path->first_link; link; link = graph->links[link - 1].next) {
			graph_write_number(writer, graph->links[link - 1].parent);
			graph_write_number(writer, graph->links[link - 1].offset);
			graph_write_number(writer, graph->links[link - 1].blocks);
		}
		writer->count++;
	}
	graph_write_end(writer);
}

static void write_chains(struct graph_writer *writer)
{
	const struct graph *graph = writer->graph;

	graph_write_begin(writer, SILT_SECTION_CHAINS);
	for (uint32_t i = 0; i < graph->path_count; i++)
		for (uint32_t chain = 0; chain < graph->paths[i].chain_count; chain++) {
			graph_write_number(writer, i);
			graph_write_number(writer, graph->paths[i].chains[chain].offset);
			graph_write_number(writer, graph->paths[i].chains[chain].blocks);
			writer->count++;
		}
	graph_write_end(writer);
}

static void write_components(struct graph_writer *writer)
{
	graph_write_begin(writer, SILT_SECTION_COMPONENTS);
	for (uint32_t i = 0; i < writer->graph->component_count; i++) {
		const struct graph_component *component = &writer->graph->components[i];

		graph_write_number(writer, component->components);
		graph_write_number(writer, component->blocks);
		graph_write_number(writer, component->bytes);
		graph_write_number(writer, component->count);
		for (uint32_t t = 0; t < component->count; t++) {
			graph_write_number(writer,
					   graph_write_record(writer, component->triples[t].from));
			graph_write_number(writer, component->triples[t].offset);
			graph_write_number(writer,
					   graph_write_record(writer, component->triples[t].to));
		}
		writer->count++;
	}
	graph_write_end(writer);
}

void graph_write(void *argument, struct snapshot_file *file, const uint32_t *record_of,
		 uint32_t site_count)
{
	struct graph *graph = argument;
	struct graph_writer writer = {graph, file, record_of, site_count, 0};

	write_threads(&writer);
	write_roots(&writer);
	write_frames(&writer);
	write_holders(&writer);
	write_reach(&writer);
	write_anchors(&writer);
	write_edges(&writer);
	write_paths(&writer);
	write_chains(&writer);
	graph_write_sites(&writer);
	write_components(&writer);
	graph_finish_report(graph);
	snapshot_file_begin(file, SILT_SECTION_GRAPH, sizeof *graph->report);
	bytes_add(&file->bytes, graph->report, sizeof *graph->report);
	snapshot_file_end(file, 1);
}
