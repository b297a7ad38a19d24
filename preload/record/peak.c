/*
 * The highest live bytes with their call stacks: see peak.h.
 * Path: cold. Threads: any that frees; who writes snapshots. Memory: own pages.
 */
#include "record/peak.h"

#include "base/rt.h"
#include "record/sites.h"
#include "record/track.h"

static struct {
	/* one copy at a time, which others do not wait for */
	struct rt_lock lock;
	struct peak *_Atomic newest;
	/* live bytes of the last copy */
	_Atomic int64_t live;
	/* until then only a leap is copied */
	_Atomic uint64_t leaps_until_ns;
} peaks = {.lock = RT_LOCK(RT_RANK_NONE)};

/* The block that was freed is counted as freed by now. */
static void put_back(struct peak *peak, const struct counters_fall *fall)
{
	struct counters_sum *sum = &peak->sums[fall->site];

	if (!fall->site || fall->site > peak->site_count || sum->free_bytes < fall->weight.bytes ||
	    sum->free_blocks < fall->weight.blocks)
		return;
	sum->free_bytes -= fall->weight.bytes;
	sum->free_blocks -= fall->weight.blocks;
}

static struct peak *copy_sums(const struct counters_fall *fall)
{
	uint32_t count = sites_count();
	size_t size = sizeof(struct peak) + (count + 1ul) * sizeof(struct counters_sum);
	struct peak *peak = rt_map(size);

	if (!peak)
		return NULL;
	*peak = (struct peak){.size = size,
			      .site_count = count,
			      .ns = rt_monotonic_ns(),
			      .unix_ns = rt_unix_ns(),
			      .iterations = atomic_load(&track_iterations),
			      .generation = atomic_load(&track_generation)};
	counters_sum(peak->sums, count);
	put_back(peak, fall);
	for (uint32_t i = 1; i <= count; i++)
		peak->live_bytes += peak->sums[i].alloc_bytes - peak->sums[i].free_bytes;
	return peak;
}

static void set_mark(int64_t live)
{
	int64_t mark = live + live / PEAK_STEP;

	atomic_store(&peaks.live, live);
	atomic_store(&counters_fall_mark, mark > PEAK_LEAST ? mark : PEAK_LEAST);
}

static bool is_due(int64_t from)
{
	int64_t live = atomic_load(&peaks.live);

	return from >= atomic_load(&counters_fall_mark) &&
	       (from >= live + live / PEAK_LEAP ||
		rt_monotonic_ns() >= atomic_load(&peaks.leaps_until_ns));
}

static void make_copy(int64_t from, const struct counters_fall *fall)
{
	uint64_t start = rt_monotonic_ns();
	struct peak *peak = copy_sums(fall);

	set_mark(peak && (int64_t)peak->live_bytes > from ? (int64_t)peak->live_bytes : from);
	if (peak)
		peak_free(atomic_exchange(&peaks.newest, peak));
	atomic_store(&peaks.leaps_until_ns, start + PEAK_SHARE * (rt_monotonic_ns() - start));
}

/* A signal handler that comes in between is kept out of here by the guard. */
static void fallen(int64_t from, const struct counters_fall *fall)
{
	uintptr_t guard = track_self.guard;

	if (!is_due(from))
		return;
	track_self.guard = 1;
	if (rt_trylock(&peaks.lock)) {
		if (is_due(from))
			make_copy(from, fall);
		rt_unlock(&peaks.lock);
	}
	track_self.guard = guard;
}

void peak_ignore(void)
{
	rt_lock(&peaks.lock);
	/* under the lock: a copy that was being made has set the mark */
	atomic_store(&counters_fall_mark, INT64_MAX);
	peak_free(atomic_exchange(&peaks.newest, NULL));
	rt_unlock(&peaks.lock);
}

void peak_watch(void)
{
	peak_ignore();
	counters_on_fall(fallen);
	atomic_store(&peaks.leaps_until_ns, 0);
	set_mark(0);
}

struct peak *peak_take(void)
{
	return atomic_exchange(&peaks.newest, NULL);
}

void peak_give_back(struct peak *peak)
{
	struct peak *none = NULL;

	if (!atomic_compare_exchange_strong(&peaks.newest, &none, peak))
		peak_free(peak);
}

void peak_free(struct peak *peak)
{
	if (peak)
		rt_unmap(peak, peak->size);
}
