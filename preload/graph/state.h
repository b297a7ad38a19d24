/*
 * The twin's state while it builds the heap graph: what the stages hand to each other.
 * Path: cold. Threads: the twin's one. Memory: graph_alloc().
 * Must not: be used outside the twin.
 */
#ifndef SILT_GRAPH_STATE_H
#define SILT_GRAPH_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "annotations/annotations.h"
#include "graph/code.h"
#include "graph/fold.h"
#include "graph/index.h"
#include "graph/maps.h"
#include "graph/mark.h"
#include "graph/memory.h"
#include "graph/roots.h"
#include "graph/stop.h"
#include "graph/sum.h"

struct silt_graph;
struct snapshot_file;

struct graph {
	/* in memory shared with the helper */
	struct silt_graph *report;
	const struct graph_stop *stop;
	/* monotonic clock */
	uint64_t deadline_ns, started_ns;
	/* bytes: the limit; allocated, an upper bound of what is resident; resident at the start */
	uint64_t budget, used, resident_before;
	/* of blocks born in the interval that this snapshot ends */
	uint32_t generation;

	struct graph_map *maps;
	uint32_t map_count, map_capacity;
	/* the readable mapping that graph_clip_block() found last */
	uintptr_t readable_start, readable_end;
	struct graph_index index;
	/* first the live threads, in the order of stop->threads, then ended ones */
	struct graph_thread *threads;
	uint32_t thread_count, thread_capacity;
	struct graph_region *regions;
	uint32_t region_count, region_capacity;
	/* by module */
	struct graph_symbols *symbols;
	uint32_t module_count;
	/* an address in the first thread's stack */
	uintptr_t stack_end;

	struct graph_object *objects;
	uint32_t object_count, object_capacity;
	struct graph_table object_table;
	struct graph_set *sets;
	uint32_t set_count, set_capacity;
	struct graph_table set_table, union_table;
	struct graph_reach *reaches;
	uint32_t reach_count, reach_capacity;
	struct graph_table reach_table;
	/* pointers from roots */
	struct graph_pointer *pointers;
	uint32_t pointer_count, pointer_capacity;
	struct graph_anchor *anchors;
	uint32_t anchor_count, anchor_capacity;
	struct graph_table anchor_table;
	struct graph_edge *edges;
	uint32_t edge_count, edge_capacity;
	/* number + 1 of the first unused edge, which lists the others by `next`; 0: none */
	uint32_t free_edge;
	/* by source and site: the first edge */
	struct graph_table edge_table;
	/* the edge counted last, and its key */
	uint64_t last_edge_key;
	uint32_t last_edge;
	struct graph_path *paths;
	uint32_t path_count, path_capacity;
	struct graph_table path_table;
	struct graph_link *links;
	uint32_t link_count, link_capacity;
	struct graph_table link_table;
	struct graph_code *codes;
	uint32_t code_count, code_capacity;
	struct graph_table code_table;
	/* all modules lie in [code_low, code_high) */
	uintptr_t code_low, code_high;
	/* a cache, see graph/code.c */
	struct graph_judged *judged;
	struct graph_component *components;
	uint32_t component_count, component_capacity;
	struct graph_table component_table;

	/* by block number */
	struct graph_mark *marks;
	/* offset in the block or region of the part being scanned */
	uint64_t part_offset;
	/* see graph/mark.c */
	struct graph_pending *pending;
	uint32_t pending_count;
	/* blocks reached from any root */
	uint32_t reached;
	/* the program has declared weak pointers */
	bool has_weak;
	struct graph_queue queue;
	/* class of the roots being marked */
	uint32_t class;
	/* see graph/lost.c */
	struct lost *lost;
	uint32_t site_count;
	struct graph_site *sites;
	struct graph_counts *counts;
	uint32_t counts_count, counts_capacity;
	struct graph_matrix *matrices;
	uint32_t matrix_count, matrix_capacity;
	/* end and site of the previous block by address; 0: none */
	uintptr_t block_end;
	uint32_t block_site;
};

#define GRAPH_ROOM(graph, array, count, capacity)                                                  \
	do {                                                                                       \
		if ((graph)->count == (graph)->capacity) {                                         \
			uint32_t room_ = (graph)->capacity ? (graph)->capacity * 2 : 256;          \
			(graph)->array = graph_grow(graph, (graph)->array,                         \
						    (graph)->capacity * sizeof *(graph)->array,    \
						    room_ * sizeof *(graph)->array);               \
			(graph)->capacity = room_;                                                 \
		}                                                                                  \
	} while (0)

/* True if the program has declared the pointer stored at `slot` weak (silt_weak). */
static inline bool graph_is_weak(const struct graph *graph, uintptr_t slot)
{
	return graph->has_weak && annotations_is_weak(slot);
}

/* Writes the graph's sections: see struct snapshot_sections. `argument`: the struct graph. */
void graph_write(void *argument, struct snapshot_file *file, const uint32_t *record_of,
		 uint32_t site_count);

/* Completes graph->report: flags, threads, times, memory. Waits for the program to run again. */
void graph_finish_report(struct graph *graph);

#endif
