/*
 * The twin's memory, its limits of memory and time, and sorting (memory.c).
 * Path: cold. Threads: the twin. Memory: anonymous pages, counted against SILT_GRAPH_LIMIT, freed
 * only by graph_free().
 */
#ifndef SILT_GRAPH_MEMORY_H
#define SILT_GRAPH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct graph;

/* Returns `size` zeroed bytes. Gives up the graph if there is no memory, or the limit is
 * reached. */
void *graph_alloc(struct graph *graph, size_t size);
/* Returns a larger copy of an array, and frees the old one (may be NULL). */
void *graph_grow(struct graph *graph, void *old, size_t old_size, size_t new_size);
/* `size` must be the size it was allocated with. */
void graph_free(struct graph *graph, void *memory, size_t size);
/* Ends the twin; `status` (enum silt_graph_status) says why. */
__attribute__((noreturn)) void graph_give_up(struct graph *graph, uint32_t status);
/* Gives up the graph if its time is up. To be called every few milliseconds of work. */
void graph_check_time(struct graph *graph);

/* Sorts an array of elements of at most 64 bytes, in place. Not stable. */
void graph_sort(void *array, uint32_t count, size_t size,
		bool (*before)(const void *a, const void *b));

#endif
