/*
 * Counters by site, kept per thread and summed up at a snapshot.
 * Path: hot; every store goes to memory that only this thread writes. Threads: all. A thread that
 * ends leaves its counters to the next that starts, so there are as many as threads at once.
 * Memory: own pages: 72 bytes per site and thread that used it, and 2 KiB a thread per 4,096 sites.
 * Must not: take a lock for a site that the thread has used before.
 */
#ifndef SILT_COUNTERS_H
#define SILT_COUNTERS_H

#include "base/arch.h"
#include "base/rt.h"
#include "record/sites.h"

/* With sampling, blocks are counted in units of 1/65536, so that estimates add up without bias. */
#define COUNTERS_SAMPLED_UNIT 65536u

struct counters_tally {
	uint64_t alloc_blocks, alloc_bytes, free_blocks, free_bytes;
	/* highest alloc_bytes - free_bytes of this tally */
	int64_t peak_bytes;
	/* last allocation, monotonic clock as of track_now() */
	uint64_t last_ns;
	uint64_t min_size, max_size;
};

#define COUNTERS_CHUNK 16u
/* Counters of consecutive sites. `sampled`, blocks recorded and freed, exists only with
 * counters_sampled. */
struct counters_chunk {
	struct counters_tally tallies[COUNTERS_CHUNK];
	/* blocks freed before the thread's next allocation */
	uint64_t temporary[COUNTERS_CHUNK];
	uint64_t sampled[COUNTERS_CHUNK][2];
};

/* Chunks are found by way of these tables, which are made when needed: one table for all sites
 * would take half a MiB. */
#define COUNTERS_TABLE 256u
#define COUNTERS_TABLE_SITES (COUNTERS_TABLE * COUNTERS_CHUNK)
typedef struct counters_chunk *_Atomic counters_table[COUNTERS_TABLE];
/* An empty table, in place of one that has not been made. */
extern RT_HIDDEN counters_table counters_no_chunks;

struct counters {
	counters_table *_Atomic tables[(SITES_MAX + 1) / COUNTERS_TABLE_SITES];
	/* live bytes not yet added to counters_live, and their highest value since the last time */
	int64_t net, net_peak;
	/* memory for further chunks */
	char *pages;
	size_t pages_left;
	/* in the list of all counters */
	struct counters *next;
};

/* Live bytes of the process, without what threads have not yet handed in (64 KiB each at most). */
extern _Atomic int64_t counters_live;
extern _Atomic int64_t counters_peak;
/* When counters_live passes this, counters_hand_in() calls the function of counters_on_growth(). */
extern _Atomic int64_t counters_growth_mark;
/* When live bytes fall from this or more, the function of counters_on_fall() is called. */
extern _Atomic int64_t counters_fall_mark;
#define COUNTERS_HAND_IN 65536

/* What a block counts for: itself, or with sampling all blocks that it stands for. */
struct counters_weight {
	uint64_t blocks, bytes;
};

/* The free that made a thread hand in. `site` 0: an unknown block, below BLOCKS_SIZE_MAX (256 KiB).
 */
struct counters_fall {
	uint32_t site;
	struct counters_weight weight;
};

/* Adds a new thread's counters to those that are summed up, for good. */
void counters_register(struct counters *counters);
/* Cold: makes the chunk with a site's counters. NULL: no memory. */
struct counters_chunk *counters_add_chunk(struct counters *counters, uint32_t site);
/* Adds what the thread has not yet handed in to counters_live. */
void counters_hand_in(struct counters *counters);
/* The same after a free. */
void counters_hand_in_fall(struct counters *counters, const struct counters_fall *fall);
/* Sets the function to call when live bytes pass counters_growth_mark, in the thread that has
 * allocated. Once, before recording begins. */
void counters_on_growth(void (*grown)(void));
/* Sets the function to call when live bytes fall from a level `from` of counters_fall_mark or more,
 * in the thread that frees, before its allocator has the block. Precedes the mark. */
void counters_on_fall(void (*fallen)(int64_t from, const struct counters_fall *fall));

/* The chunk with a site's counters; NULL: none. Its own thread may pass memory_order_relaxed,
 * others pass memory_order_acquire. */
static inline struct counters_chunk *counters_get_chunk(const struct counters *counters,
							uint32_t site, memory_order order)
{
	counters_table *table =
		atomic_load_explicit(&counters->tables[site / COUNTERS_TABLE_SITES], order);

	return atomic_load_explicit(&(*table)[site / COUNTERS_CHUNK % COUNTERS_TABLE], order);
}

static inline struct counters_chunk *counters_chunk_of(struct counters *counters, uint32_t site)
{
	struct counters_chunk *chunk = counters_get_chunk(counters, site, memory_order_relaxed);

	return likely(chunk) ? chunk : counters_add_chunk(counters, site);
}

static inline bool counters_has_chunk(const struct counters *counters, uint32_t site)
{
	return counters_get_chunk(counters, site, memory_order_relaxed) != NULL;
}

/* The counters of a site, which never move. NULL: no memory. */
static inline struct counters_tally *counters_tally_of(struct counters *counters, uint32_t site)
{
	struct counters_chunk *chunk = counters_chunk_of(counters, site);

	return likely(chunk) ? &chunk->tallies[site % COUNTERS_CHUNK] : NULL;
}

/* Counts an allocated block. `first`: it may be the tally's first. Returns true if
 * counters_hand_in() is due. */
static RT_HOT bool counters_count(struct counters *counters, struct counters_tally *tally,
				  bool first, struct counters_weight weight, uint64_t size,
				  uint64_t now)
{
	int64_t live;

	/* `first` does not suffice: a signal handler may have jumped out (siglongjmp) before an
	 * earlier block of the tally was counted. */
	if (unlikely(first && tally->alloc_blocks == 0)) {
		tally->min_size = size;
		tally->max_size = size;
	}
	if (unlikely(size < tally->min_size))
		tally->min_size = size;
	if (unlikely(size > tally->max_size))
		tally->max_size = size;
	arch_add(&tally->alloc_bytes, weight.bytes);
	arch_add_last(&tally->alloc_blocks, weight.blocks);
	live = (int64_t)(tally->alloc_bytes - tally->free_bytes);
	if (unlikely(live > tally->peak_bytes))
		tally->peak_bytes = live;
	tally->last_ns = now;
	counters->net += (int64_t)weight.bytes;
	if (likely(counters->net <= counters->net_peak))
		return false; /* below COUNTERS_HAND_IN, since net_peak is */
	counters->net_peak = counters->net;
	return counters->net >= COUNTERS_HAND_IN;
}

/* Counts an allocated block. False: no memory for the tally. */
static inline bool counters_allocated(struct counters *counters, uint32_t site,
				      struct counters_weight weight, uint64_t size, uint64_t now)
{
	struct counters_tally *tally = counters_tally_of(counters, site);

	if (unlikely(!tally))
		return false;
	if (counters_count(counters, tally, true, weight, size, now))
		counters_hand_in(counters);
	return true;
}

/* Counts a freed block, whose site's counters are in `chunk`. Returns true if counters_hand_in() is
 * due. */
static RT_HOT bool counters_count_freed(struct counters *counters, struct counters_chunk *chunk,
					uint32_t site, struct counters_weight weight,
					bool temporary)
{
	struct counters_tally *tally = &chunk->tallies[site % COUNTERS_CHUNK];

	/* Release: a thread that sees this free also sees its allocation counted, also on machines
	 * that reorder stores. */
	arch_add_last(&tally->free_blocks, weight.blocks);
	arch_add(&tally->free_bytes, weight.bytes);
	if (temporary)
		arch_add(&chunk->temporary[site % COUNTERS_CHUNK], weight.blocks);
	counters->net -= (int64_t)weight.bytes;
	return unlikely(counters->net <= -COUNTERS_HAND_IN);
}

/* The same, with the chunk looked up. `nested`: in a signal handler, perhaps under a lock of ours,
 * so counters_on_fall()'s function is not called. False: no memory for the chunk. */
static inline bool counters_freed(struct counters *counters, uint32_t site,
				  struct counters_weight weight, bool temporary, bool nested)
{
	struct counters_chunk *chunk = counters_chunk_of(counters, site);

	if (unlikely(!chunk))
		return false;
	if (!counters_count_freed(counters, chunk, site, weight, temporary))
		return true;
	if (nested)
		counters_hand_in(counters);
	else
		counters_hand_in_fall(counters, &(struct counters_fall){site, weight});
	return true;
}

/* What all threads have counted for one site. */
struct counters_sum {
	uint64_t alloc_blocks, alloc_bytes, free_blocks, free_bytes;
	uint64_t peak_bytes;
	/* several threads used the site */
	bool peak_is_bound;
	uint64_t last_ns, min_size, max_size;
	uint64_t sampled, sampled_freed, temporary;
};

/* Sums up sites 1 to `count` into sums[1] to sums[count]. A free that is counted has its allocation
 * counted, too. */
void counters_sum(struct counters_sum *sums, uint32_t count);
/* Starts counting anew: later sums leave out what was counted so far. False: no memory. */
bool counters_clear(void);

/* Live bytes and their peak, including what threads have not yet handed in. */
void counters_totals(uint64_t *live, uint64_t *peak);
/* Sets the peak to the present live bytes. Inexact while other threads count. */
void counters_reset_peak(void);

/* Chunks include `sampled`: with sampling, or if a later attach may sample. Set once, before the
 * first chunk is made. */
extern bool counters_sampled;

#endif
