/*
 * Counters by site, kept per thread and summed up at a snapshot: see counters.h.
 * Path: cold here. Threads: all. Memory: own pages.
 */
#include "record/counters.h"

#include "base/rt.h"
#include "silt_assert.h"

#define PAGES_PIECE (64ul << 10)

_Atomic int64_t counters_live, counters_peak;
_Atomic int64_t counters_growth_mark = INT64_MAX, counters_fall_mark = INT64_MAX;
bool counters_sampled;

static struct {
	/* never removed from */
	struct counters *_Atomic all;
	/* by site: what was counted before counters_clear() */
	struct counters_sum *base;
	uint32_t base_count;
} totals;

counters_table counters_no_chunks;

void counters_register(struct counters *counters)
{
	struct counters *first = atomic_load(&totals.all);

	for (size_t i = 0; i < sizeof counters->tables / sizeof counters->tables[0]; i++)
		atomic_store_explicit(&counters->tables[i], &counters_no_chunks,
				      memory_order_relaxed);
	do
		counters->next = first;
	while (!atomic_compare_exchange_weak(&totals.all, &first, counters));
}

static void *take_pages(struct counters *counters, size_t size)
{
	char *pages;

	if (counters->pages_left < size) {
		pages = rt_map(PAGES_PIECE);
		if (!pages)
			return NULL;
		counters->pages = pages;
		counters->pages_left = PAGES_PIECE;
	}
	pages = counters->pages;
	counters->pages += size;
	counters->pages_left -= size;
	return pages;
}

struct counters_chunk *counters_add_chunk(struct counters *counters, uint32_t site)
{
	size_t size = counters_sampled ? sizeof(struct counters_chunk)
				       : offsetof(struct counters_chunk, sampled);
	counters_table *_Atomic *entry = &counters->tables[site / COUNTERS_TABLE_SITES];
	counters_table *table = atomic_load_explicit(entry, memory_order_relaxed);
	struct counters_chunk *chunk;

	if (table == &counters_no_chunks) {
		table = take_pages(counters, sizeof *table);
		if (!table)
			return NULL;
		atomic_store_explicit(entry, table, memory_order_release);
	}
	chunk = take_pages(counters, size);
	if (chunk)
		atomic_store_explicit(&(*table)[site / COUNTERS_CHUNK % COUNTERS_TABLE], chunk,
				      memory_order_release);
	return chunk;
}

static void raise_to(_Atomic int64_t *peak, int64_t value)
{
	int64_t old = atomic_load(peak);

	while (value > old && !atomic_compare_exchange_weak(peak, &old, value))
		;
}

/* Not called until their marks are set. */
static void (*on_growth)(void);
static void (*on_fall)(int64_t from, const struct counters_fall *fall);

void counters_on_growth(void (*grown)(void))
{
	on_growth = grown;
}

void counters_on_fall(void (*fallen)(int64_t from, const struct counters_fall *fall))
{
	on_fall = fallen;
}

void counters_hand_in(struct counters *counters)
{
	int64_t before = atomic_fetch_add(&counters_live, counters->net);

	raise_to(&counters_peak, before + counters->net_peak);
	if (before + counters->net >=
	    atomic_load_explicit(&counters_growth_mark, memory_order_relaxed))
		on_growth();
	counters->net = 0;
	counters->net_peak = 0;
}

void counters_hand_in_fall(struct counters *counters, const struct counters_fall *fall)
{
	int64_t from = atomic_load_explicit(&counters_live, memory_order_relaxed);

	counters_hand_in(counters);
	if (unlikely(from >= atomic_load_explicit(&counters_fall_mark, memory_order_relaxed)))
		on_fall(from, fall);
}

void counters_totals(uint64_t *live, uint64_t *peak)
{
	int64_t base = atomic_load(&counters_live), now = base,
		highest = atomic_load(&counters_peak);

	for (const struct counters *c = atomic_load(&totals.all); c; c = c->next) {
		int64_t net_peak = __atomic_load_n(&c->net_peak, __ATOMIC_RELAXED);

		if (base + net_peak > highest)
			highest = base + net_peak;
		now += __atomic_load_n(&c->net, __ATOMIC_RELAXED);
	}
	*live = now > 0 ? (uint64_t)now : 0;
	*peak = highest > now ? (uint64_t)highest : *live;
}

void counters_reset_peak(void)
{
	struct counters *c;

	/* inexact if a thread counts at the same time */
	for (c = atomic_load(&totals.all); c; c = c->next)
		__atomic_store_n(&c->net_peak, __atomic_load_n(&c->net, __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
	atomic_store(&counters_peak, atomic_load(&counters_live));
}

typedef void add_function(struct counters_sum *sum, const struct counters_chunk *chunk, uint32_t i);

static void add_freed(struct counters_sum *sum, const struct counters_chunk *chunk, uint32_t i)
{
	const struct counters_tally *tally = &chunk->tallies[i];

	sum->free_blocks += __atomic_load_n(&tally->free_blocks, __ATOMIC_ACQUIRE);
	sum->free_bytes += __atomic_load_n(&tally->free_bytes, __ATOMIC_RELAXED);
	sum->temporary += __atomic_load_n(&chunk->temporary[i], __ATOMIC_RELAXED);
	if (counters_sampled)
		sum->sampled_freed += chunk->sampled[i][1];
}

static void add_allocated(struct counters_sum *sum, const struct counters_chunk *chunk, uint32_t i)
{
	const struct counters_tally *tally = &chunk->tallies[i];
	uint64_t blocks = __atomic_load_n(&tally->alloc_blocks, __ATOMIC_ACQUIRE);

	if (blocks == 0)
		return;
	sum->peak_is_bound |= sum->alloc_blocks > 0;
	if (sum->alloc_blocks == 0 || tally->min_size < sum->min_size)
		sum->min_size = tally->min_size;
	if (tally->max_size > sum->max_size)
		sum->max_size = tally->max_size;
	if (tally->last_ns > sum->last_ns)
		sum->last_ns = tally->last_ns;
	sum->alloc_blocks += blocks;
	sum->alloc_bytes += __atomic_load_n(&tally->alloc_bytes, __ATOMIC_RELAXED);
	sum->peak_bytes += (uint64_t)tally->peak_bytes;
	if (counters_sampled)
		sum->sampled += chunk->sampled[i][0];
}

static void for_all(struct counters_sum *sums, uint32_t count, add_function *add)
{
	for (struct counters *c = atomic_load(&totals.all); c; c = c->next) {
		for (uint32_t site = 0; site <= count; site += COUNTERS_CHUNK) {
			const struct counters_chunk *chunk =
				counters_get_chunk(c, site, memory_order_acquire);

			for (uint32_t i = 0; chunk && i < COUNTERS_CHUNK && site + i <= count; i++)
				add(&sums[site + i], chunk, i);
		}
	}
}

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void leave_out(struct counters_sum *sum, const struct counters_sum *base)
{
	sum->peak_is_bound |= base->alloc_blocks > 0; /* the peak may be from before */
	sum->peak_bytes = minus(sum->peak_bytes, base->alloc_bytes - base->free_bytes);
	sum->alloc_blocks = minus(sum->alloc_blocks, base->alloc_blocks);
	sum->alloc_bytes = minus(sum->alloc_bytes, base->alloc_bytes);
	sum->free_blocks = minus(sum->free_blocks, base->free_blocks);
	sum->free_bytes = minus(sum->free_bytes, base->free_bytes);
	sum->sampled = minus(sum->sampled, base->sampled);
	sum->sampled_freed = minus(sum->sampled_freed, base->sampled_freed);
	sum->temporary = minus(sum->temporary, base->temporary);
}

/* Frees first: a free that is read here had its allocation counted before, so the second pass finds
 * that allocation. */
static void sum_all(struct counters_sum *sums, uint32_t count)
{
	for_all(sums, count, add_freed);
	atomic_thread_fence(memory_order_seq_cst);
	for_all(sums, count, add_allocated);
}

void counters_sum(struct counters_sum *sums, uint32_t count)
{
	sum_all(sums, count);
	for (uint32_t i = 1; i <= count && i < totals.base_count; i++)
		leave_out(&sums[i], &totals.base[i]);
	for (uint32_t i = 1; i <= count; i++) {
		struct counters_sum *sum = &sums[i];

		SILT_ASSERT(sum->free_blocks <= sum->alloc_blocks); /* see sum_all() */
		/* Bytes are stored slightly later than blocks. */
		if (sum->free_bytes > sum->alloc_bytes)
			sum->free_bytes = sum->alloc_bytes;
		if (sum->peak_bytes < sum->alloc_bytes - sum->free_bytes)
			sum->peak_bytes = sum->alloc_bytes - sum->free_bytes;
	}
}

bool counters_clear(void)
{
	uint32_t count = sites_count();
	struct counters_sum *base = rt_map_for(RT_NEEDED, (count + 1ul) * sizeof *base),
			    *old = totals.base;
	uint32_t old_count = totals.base_count;
	struct counters *c;

	if (!base)
		return false;
	sum_all(base, count);
	totals.base = base;
	totals.base_count = count + 1;
	if (old)
		rt_unmap(old, old_count * sizeof *old);
	atomic_store(&counters_live, 0);
	atomic_store(&counters_peak, 0);
	for (c = atomic_load(&totals.all); c; c = c->next) {
		__atomic_store_n(&c->net, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&c->net_peak, 0, __ATOMIC_RELAXED);
	}
	return true;
}
