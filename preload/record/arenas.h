/*
 * Walks the heap of glibc's malloc from outside, to find which chunks are in use. Layouts of glibc
 * 2.28 to 2.41.
 * Path: cold, once an attach. Threads: arenas_find() one of the program's; arenas_walk() while no
 * thread of the program runs. Memory: static.
 * Must not: take a lock, trust a word that does not fit the others.
 *
 * An arena's chunks follow one another, each with its size, up to the arena's top. Whether a chunk
 * is in use is noted in the next one. Blocks in a thread's cache (tcache) are marked as in use,
 * too; they are recognised by a key that free() writes into them, or from the cache's lists. Blocks
 * in fast bins are on the arena's lists. Chunks with a mapping of their own are found at page
 * boundaries, by their size.
 */
#ifndef SILT_ARENAS_H
#define SILT_ARENAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds the main arena, the start of its heap, and the key. Allocates and frees some blocks. False:
 * they are not as expected. */
bool arenas_find(void);

struct arenas_sums {
	/* of all arenas, by their own counts */
	uint64_t system_bytes;
	/* in use as the allocator counts: also what is cached */
	uint64_t used_bytes;
	/* in chunks with a mapping of their own */
	uint64_t mapped_bytes;
	/* blocks in use by the program, and their usable bytes */
	uint64_t blocks, bytes;
};

struct arenas_visitor {
	/* called for a block in use; `size`: usable bytes */
	void (*used)(void *argument, uintptr_t address, uint64_t size);
	/* called for a free block that looks like one in use: in a fast bin, or in a cache without
	 * a key; before all calls of `used` */
	void (*fast)(void *argument, uintptr_t address);
	void *argument;
};

/* Walks all arenas. False: the heap is inconsistent, and not all of it was visited. */
bool arenas_walk(const struct arenas_visitor *visitor, struct arenas_sums *sums);
/* Calls `fast` again for the blocks that arenas_walk() called it for. */
void arenas_walk_fast(const struct arenas_visitor *visitor);
/* Searches a mapping for chunks that have a mapping of their own. */
void arenas_search(uint32_t pid, uintptr_t start, uintptr_t end,
		   const struct arenas_visitor *visitor, struct arenas_sums *sums);

#endif
