/*
 * The heap of glibc's malloc, looked through from outside: which chunks are in use. Layouts as in
 * glibc 2.28 to 2.41.
 * Path: cold, once an attach. Threads: arenas_find() one of the program's; arenas_walk() while no
 * thread of the program runs. Memory: static.
 * Must not: take a lock, believe a word that does not fit the others.
 *
 * An arena's chunks lie one behind the other, each with its size, up to its top; a chunk is in use
 * if the one behind says so. What is kept in a thread's cache (tcache) says so, too, and is told by
 * a key that free() writes into it, or by the cache's lists; what is in a fast bin, by the
 * arena's. Chunks with a mapping of their own are found at the start of pages, by their size.
 */
#ifndef SILT_ARENAS_H
#define SILT_ARENAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds the main arena, the start of its heap, and the key. Allocates and frees some blocks.
 * False: they are not as they should be. */
bool arenas_find(void);

struct arenas_sums {
	/* of all arenas, by their own counts */
	uint64_t system_bytes;
	/* as the allocator counts: chunks in use and cached ones */
	uint64_t used_bytes;
	/* in chunks with a mapping of their own */
	uint64_t mapped_bytes;
	/* in use by the program; what can be used of them */
	uint64_t blocks, bytes;
};

struct arenas_visitor {
	/* A block in use. */
	void (*used)(void *argument, uintptr_t address, uint64_t size);
	/* A free one that looks like one in use, in a fast bin or a cache without a key: before all
	 * that are in use. */
	void (*fast)(void *argument, uintptr_t address);
	void *argument;
};

/* Looks through all arenas. False: it does not add up; then not all were visited. */
bool arenas_walk(const struct arenas_visitor *visitor, struct arenas_sums *sums);
/* Visits the free ones only, where they were visited before. */
void arenas_walk_fast(const struct arenas_visitor *visitor);
/* Looks through a mapping for chunks with one of their own. */
void arenas_search(uint32_t pid, uintptr_t start, uintptr_t end,
		   const struct arenas_visitor *visitor, struct arenas_sums *sums);

#endif
