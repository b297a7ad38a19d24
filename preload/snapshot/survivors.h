/*
 * Live blocks by call site and by the snapshot interval in which they were allocated, and what the
 * allocator should have in use for them.
 * Path: cold. Threads: one, beside threads that go on allocating; also from the helper process, so
 * no thread-local storage. Memory: own pages, unmapped by survivors_free().
 * Must not: stop anybody, touch a block.
 */
#ifndef SILT_SURVIVORS_H
#define SILT_SURVIVORS_H

#include <stdbool.h>
#include <stdint.h>

/* Bins of a site; a bin is wider the more intervals there were. */
#define SURVIVORS_MAX_BINS 64u

struct survivors_bin {
	uint32_t site, number, next, used;
	uint64_t blocks, bytes;
};

/* (site, bin) -> live blocks: open addressing; the bins of a site are also a list from
 * first[site]. */
struct survivors {
	struct survivors_bin *bins;
	uint32_t mask, used;
	/* by site: index + 1 of a bin */
	uint32_t *first;
	uint32_t site_count;
	/* generations in a bin, a power of two */
	uint64_t width;
	/* its binary logarithm */
	uint32_t shift;
	/* blocks of one site often lie together */
	struct survivors_bin *last;
	/* What the allocator should have in use for them. */
	uint64_t least_bytes, most_bytes;
	/* Of all that was met, a moment after the counters were summed. */
	uint64_t bytes, blocks;
	bool failed;
};

/* Room for the sites 1 to `site_count` and the intervals up to `generation`. False: no memory. */
bool survivors_start(struct survivors *survivors, uint32_t site_count, uint64_t generation);
/* Counts all blocks and pieces of pools. `failed` is set if there is no memory. */
void survivors_count(struct survivors *survivors);
void survivors_free(struct survivors *survivors);

#endif
