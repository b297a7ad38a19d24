/*
 * Reads the sections of the heap graph: see graph.h.
 * Must not: trust a number in the file, use memory beyond a small multiple of the file's size.
 */
#include "load/graph.h"

#include <stdlib.h>

#include "load/graph_inside.h"
#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "util/mem.h"

uint32_t graph_below(struct reader_varints *v, uint64_t count, const char *what)
{
	uint64_t value = reader_next(v);

	if (!v->bad && value >= count)
		reader_fail_at(v, what);
	return v->bad ? 0 : (uint32_t)value;
}

uint32_t graph_below_or_none(struct reader_varints *v, uint64_t count, const char *what)
{
	return graph_below(v, count + 1, what) - 1;
}

uint32_t graph_site(struct reader_varints *v)
{
	return graph_below(v, v->reader->snapshot->site_count, "no such site");
}

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
		edge->target = graph_site(&v);
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

		link.parent = graph_below_or_none(v, graph->path_count, "no such path");
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

		path->root = graph_below(&v, graph->root_count, "no such root");
		path->site = graph_site(&v);
		path->blocks = reader_next(&v);
		path->bytes = reader_next(&v);
		if (!read_links(&v, path, &capacity))
			return false;
	}
	return reader_close(&v);
}

static bool read_chains(struct reader *reader)
{
	struct snapshot_graph *graph = &reader->snapshot->graph;
	struct reader_varints v;

	if (!reader->sections[SILT_SECTION_CHAINS])
		return true;
	if (!reader_open(reader, SILT_SECTION_CHAINS, 3, &v))
		return false;
	graph->chain_count = reader->sections[SILT_SECTION_CHAINS]->count;
	graph->chains = mem_zeroed(graph->chain_count, sizeof *graph->chains);
	for (; v.record < graph->chain_count && !v.bad; v.record++) {
		struct snapshot_chain *chain = &graph->chains[v.record];

		chain->path = graph_below(&v, graph->path_count, "no such path");
		chain->offset = reader_next(&v);
		chain->blocks = reader_next(&v);
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

			triple.from = graph_site(&v);
			triple.offset = reader_next(&v);
			triple.to = graph_site(&v);
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
		return graph_read_threads(reader) && graph_read_verdicts(reader) &&
		       graph_read_fills(reader);
	return graph_read_threads(reader) && graph_read_roots(reader) &&
	       graph_read_stacks(reader) && graph_read_holders(reader) &&
	       graph_read_reaches(reader) && graph_read_anchors(reader) && read_edges(reader) &&
	       read_paths(reader) && read_chains(reader) && graph_read_verdicts(reader) &&
	       graph_read_fills(reader) && graph_read_pins(reader) && graph_read_codes(reader) &&
	       graph_read_refcounts(reader) && graph_read_counts(reader) && read_components(reader);
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
	free(graph->chains);
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
