/*
 * Pointers to functions that blocks hold (code.c).
 * Path: cold. Threads: the twin. Memory: the twin's.
 */
#ifndef SILT_GRAPH_CODE_H
#define SILT_GRAPH_CODE_H

#include <stdint.h>

struct graph;

#define GRAPH_JUDGED_BITS 14u
struct graph_judged {
	uintptr_t word;
	uint32_t verdict;
};
/* Learns where the modules have code. Before the first note. */
void graph_code_start(struct graph *graph);
/* A word of a block of that site, `offset` bytes into it: counted, if it leads to code. */
void graph_code_note(struct graph *graph, uint32_t site, uint64_t offset, uintptr_t word);

#endif
