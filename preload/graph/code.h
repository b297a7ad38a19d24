/*
 * Function pointers found in blocks, counted by call site and offset (code.c).
 * Path: cold. Threads: the twin. Memory: the twin's.
 */
#ifndef SILT_GRAPH_CODE_H
#define SILT_GRAPH_CODE_H

#include <stdint.h>

struct graph;

#define GRAPH_JUDGED_BITS 14u
/* A cache entry: a word and what it points to. */
struct graph_judged {
	uintptr_t word;
	/* 0: no code; 1: the start of a function; 2: a table of functions */
	uint32_t verdict;
};
/* Learns where the modules' code is. Must precede the first graph_code_note(). */
void graph_code_start(struct graph *graph);
/* Counts `word`, found `offset` bytes into a block of `site`, if it points to the start of a
 * function or to a table of functions. Ignores all other words. */
void graph_code_note(struct graph *graph, uint32_t site, uint64_t offset, uintptr_t word);

#endif
