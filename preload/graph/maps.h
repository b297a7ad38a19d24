/*
 * The mappings of the process, and which memory is readable (maps.c).
 * Path: cold. Threads: the twin, the helper. Memory: the twin's.
 */
#ifndef SILT_GRAPH_MAPS_H
#define SILT_GRAPH_MAPS_H

#include <stdbool.h>
#include <stdint.h>

struct graph;

enum graph_map_flag {
	GRAPH_READ = 1,
	GRAPH_WRITE = 2,
	GRAPH_EXECUTE = 4,
	GRAPH_SHARED = 8,
	GRAPH_FILE = 16,
	GRAPH_DEVICE = 32, /* reading may have side effects */
	GRAPH_HEAP = 64,   /* the break */
};
struct graph_map {
	uintptr_t start, end;
	/* enum graph_map_flag */
	uint32_t flags;
};
/* Calls `visit` for every mapping of this process, by ascending address. False: /proc/self/maps
 * cannot be read. */
bool graph_maps_each(void (*visit)(void *argument, const struct graph_map *map), void *argument);
/* Fills graph->maps; gives up the graph if the mappings cannot be read. */
void graph_maps_read(struct graph *graph);
/* The mapping that contains the address; NULL: none. */
const struct graph_map *graph_map_of(const struct graph *graph, uintptr_t address);
/* Lowers *end to where readable memory from `start` on ends. False: nothing is readable at
 * `start`. */
bool graph_clip(const struct graph *graph, uintptr_t start, uintptr_t *end);
/* The same, faster if it is in the mapping that was asked for last, as most blocks are. */
bool graph_clip_block(struct graph *graph, uintptr_t start, uintptr_t *end);

#endif
