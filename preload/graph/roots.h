/*
 * Where pointers from outside the heap are: stacks, registers and thread-local storage (threads.c),
 * variables of modules (symbols.c), other memory (roots.c).
 * Path: cold. Threads: the twin; graph_symbols_places() in the constructor. Memory: the twin's.
 */
#ifndef SILT_GRAPH_ROOTS_H
#define SILT_GRAPH_ROOTS_H

#include "silt_snapshot.h"
#include <stdbool.h>
#include <stdint.h>

struct graph;

struct graph_frame {
	uintptr_t low, cfa;
	/* see rules.h; UINT32_MAX: unknown */
	uint32_t pc;
};

/* Memory to search for pointers. */
struct graph_region {
	uintptr_t start, end;
	/* enum silt_root_kind */
	uint32_t kind;
	/* or MODULES_NONE */
	uint32_t module;
	/* or UINT32_MAX */
	uint32_t thread;
	/* addresses of objects are told from here: the module's bias, the TLS segment's start;
	 * 0: memory */
	uintptr_t origin;
	/* pages never touched are not looked at */
	bool sparse;
	/* of a stack, in order of address */
	const struct graph_frame *frames;
	uint32_t frame_count;
	/* the one object it is, where that is known; or UINT32_MAX */
	uint32_t object;
};

struct graph_object {
	uint32_t kind, module, thread, pc, flags;
	uint64_t address, size;
	/* the set of this root alone */
	uint32_t set;
};

struct graph_symbol {
	uint64_t start, size;
};
/* Variables of a module, sorted. */
struct graph_symbols {
	struct graph_symbol *table, *tls;
	uint32_t count, tls_count;
	/* objects made where no symbol says how large they are */
	uint32_t unknown;
	bool read;
};
/* The variables of a module, once; without a symbol table there are none. */
void graph_symbols_read(struct graph *graph, uint32_t module);
/* The variable that covers the address, told as in the module's file. */
const struct graph_symbol *graph_symbols_find(const struct graph_symbols *symbols, uint64_t address,
					      bool tls);
/* Where the variables of these names are in the module, by the symbol table that its file has; 0:
 * it has none of that name. False: no such table. */
bool graph_symbols_places(uint32_t module, const char *const names[], uintptr_t places[],
			  uint32_t count);

/* What the word at this offset of a thread's control block is: enum silt_root_flag, or 0. */
uint32_t graph_threads_word(uint64_t offset);
/* Regions of all threads: stacks, registers, thread-local storage. */
void graph_threads_find(struct graph *graph);
/* The C library's thread records that lie in [start, end): stacks of its own, which are no root
 * as a whole. */
bool graph_threads_own(const struct graph *graph, uintptr_t start, uintptr_t end);

/* Regions of the program: globals, threads, the program's own roots, other mappings. */
void graph_roots_find(struct graph *graph);
/* A module whose memory is no root: ours, an allocator's of its own. */
bool graph_roots_hidden(uint32_t module);
void graph_roots_add(struct graph *graph, const struct graph_region *region);
/* The root object that a word of a region belongs to; its offset in it goes to *offset. */
uint32_t graph_roots_object(struct graph *graph, const struct graph_region *region,
			    uintptr_t address, uint64_t *offset);
/* Classes of roots, from strong to weak: what a global holds is not taken from it by a stale
 * word on a stack. */
static inline uint32_t graph_class(uint32_t kind)
{
	return kind <= SILT_ROOT_REGION	    ? 1
	       : kind <= SILT_ROOT_REGISTER ? 2
	       : kind == SILT_ROOT_MAPPING  ? 3
					    : 4;
}

#endif
