/*
 * Roots, the places outside the heap that may hold pointers: stacks, registers and thread-local
 * storage (threads.c), variables of modules (symbols.c), other memory (roots.c).
 * Path: cold. Threads: the twin; graph_symbols_addresses() in the constructor. Memory: the twin's.
 */
#ifndef SILT_GRAPH_ROOTS_H
#define SILT_GRAPH_ROOTS_H

#include "silt_snapshot.h"
#include <stdbool.h>
#include <stdint.h>

struct graph;

/* A stack frame: [low, cfa). */
struct graph_frame {
	uintptr_t low, cfa;
	/* number of the program counter, see rules.h; UINT32_MAX: unknown */
	uint32_t pc;
};

/* Memory to search for pointers. */
struct graph_region {
	uintptr_t start, end;
	/* enum silt_root_kind */
	uint32_t kind;
	/* or MODULES_NONE */
	uint32_t module;
	/* number of the thread, or UINT32_MAX */
	uint32_t thread;
	/* what addresses of root objects are relative to: the module's bias, or the start of the
	 * thread's block; 0: addresses are absolute */
	uintptr_t origin;
	/* skip pages that were never touched */
	bool sparse;
	/* the allocator's memory: scan only what lies between recorded blocks */
	bool between;
	/* of a stack, by ascending address */
	const struct graph_frame *frames;
	uint32_t frame_count;
	/* the root object, if the region is just one; else UINT32_MAX */
	uint32_t object;
};

/* What is named as a root: a variable, a stack frame, a word. */
struct graph_object {
	uint32_t kind, module, thread, pc, flags;
	uint64_t address, size;
	/* the set with this root alone */
	uint32_t set;
};

struct graph_symbol {
	uint64_t start, size;
};
/* Variables of a module, sorted by address. */
struct graph_symbols {
	struct graph_symbol *table, *tls;
	uint32_t count, tls_count;
	/* root objects of the module whose size no symbol gives */
	uint32_t unknown;
	/* graph_symbols_read() was called; there may be no symbol table */
	bool read;
};
/* Reads the variables of a module, at the first call. */
void graph_symbols_read(struct graph *graph, uint32_t module);
/* The variable that contains the address, which is relative to the module's file, or, with `tls`,
 * to its thread-local block. NULL: none. */
const struct graph_symbol *graph_symbols_find(const struct graph_symbols *symbols, uint64_t address,
					      bool tls);
/* Sets places[i] to the address in memory of the variable names[i], from the symbol table in the
 * module's file; a name that is not found leaves it unchanged. False: there is no such table. */
bool graph_symbols_addresses(uint32_t module, const char *const names[], uintptr_t places[],
			     uint32_t count);

/* What the word at this offset of a thread's record is: enum silt_root_flag, or 0. */
uint32_t graph_threads_word(uint64_t offset);
/* Adds the regions of all threads: stacks, registers, thread-local storage. */
void graph_threads_find(struct graph *graph);
/* True if a thread's record lies in [start, end): the mapping is a stack that the C library
 * allocated, which is not a root as a whole. */
bool graph_threads_own_mapping(const struct graph *graph, uintptr_t start, uintptr_t end);

/* Adds all regions: globals, those of threads, roots named by the program, other mappings. */
void graph_roots_find(struct graph *graph);
/* True if the module's memory is no root: it is silt's own, or a replacement allocator's. */
bool graph_roots_is_hidden(uint32_t module);
/* Adds one region. */
void graph_roots_add(struct graph *graph, const struct graph_region *region);
/* The number of the root object that a word of a region belongs to; sets *offset to the word's
 * offset in that object. */
uint32_t graph_roots_object(struct graph *graph, const struct graph_region *region,
			    uintptr_t address, uint64_t *offset);
/* The class of a kind of root (enum silt_root_kind), 1 the strongest: a stale word on a stack does
 * not count beside a global that holds the same block. */
static inline uint32_t graph_class(uint32_t kind)
{
	return kind <= SILT_ROOT_REGION	    ? 1
	       : kind <= SILT_ROOT_REGISTER ? 2
	       : kind == SILT_ROOT_MAPPING  ? 3
					    : 4;
}

#endif
