/*
 * The twin's memory and limits, and sorting (memory.c).
 * Path: cold. Threads: the twin. Memory: anonymous pages, counted against SILT_GRAPH_LIMIT, freed
 * only by graph_free().
 */
#ifndef SILT_GRAPH_MEMORY_H
#define SILT_GRAPH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct graph;

/* Zeroed; gives up if there is none. */
void *graph_alloc(struct graph *graph, size_t size);
/* A larger copy of an array; the old one is given back. */
void *graph_grow(struct graph *graph, void *old, size_t old_size, size_t new_size);
void graph_free(struct graph *graph, void *memory, size_t size);
__attribute__((noreturn)) void graph_give_up(struct graph *graph, uint32_t status);
/* Called now and then: is there time left? */
void graph_check_time(struct graph *graph);

/* Sorts elements of at most 64 bytes. */
void graph_sort(void *array, uint32_t count, size_t size,
		bool (*before)(const void *a, const void *b));

#endif
