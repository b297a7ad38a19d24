/*
 * Live blocks by call site and by the snapshot interval in which they were allocated, and the bytes
 * that the allocator should have in use for them.
 * Path: cold. Threads: one, while others allocate; also the helper process, so no thread-local
 * storage. Memory: own pages, unmapped by survivors_free().
 * Must not: stop a thread, touch a block.
 */
#ifndef SILT_SURVIVORS_H
#define SILT_SURVIVORS_H

#include <stdbool.h>
#include <stdint.h>

/* The most bins a site can have; with more intervals than that each bin covers several. */
#define SURVIVORS_MAX_BINS 64u

struct survivors_bin {
	/* number: generation / width; next: index + 1 of the site's next bin, 0: none */
	uint32_t site, number, next, used;
	uint64_t blocks, bytes;
};

/* A hash table (open addressing) from site and bin to live blocks. */
struct survivors {
	struct survivors_bin *bins;
	uint32_t mask, used;
	/* by site: index + 1 of its first bin; 0: none */
	uint32_t *first;
	uint32_t site_count;
	/* generations in a bin, a power of two */
	uint64_t width;
	/* its binary logarithm */
	uint32_t shift;
	/* a cache: blocks of one site are often adjacent */
	struct survivors_bin *last;
	/* bounds of what the allocator should have in use for the blocks */
	uint64_t least_bytes, most_bytes;
	/* of all blocks found, slightly later than the counters were summed */
	uint64_t bytes, blocks;
	/* no memory: the counts are incomplete */
	bool failed;
};

/* Prepares for sites 1 to `site_count` and generations up to `generation`. False: no memory;
 * survivors_free() must follow all the same. */
bool survivors_start(struct survivors *survivors, uint32_t site_count, uint64_t generation);
/* Counts all blocks and pieces of pools. Sets `failed` if there is no memory. */
void survivors_count(struct survivors *survivors);
void survivors_free(struct survivors *survivors);

#endif
