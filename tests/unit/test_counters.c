/* preload/record/counters.c: sums over threads, peaks, clearing. */
#include <pthread.h>
#include <stdlib.h>

#include "base/rt.h"
#include "record/counters.h"
#include "record/peak.h"
#include "record/sites.h"
#include "suites.h"

static int grown;

static void note_growth(void)
{
	grown++;
	atomic_store(&counters_growth_mark, INT64_MAX);
}

static struct counters *a, *b;

static void setup(void)
{
	counters_on_growth(note_growth);
	a = rt_map(sizeof *a);
	b = rt_map(sizeof *b);
	counters_register(a);
	counters_register(b);
	ck_assert(sites_start());
}

static void add(struct counters *counters, uint32_t site, uint64_t size)
{
	ck_assert(counters_allocated(counters, site, (struct counters_weight){1, size}, size,
				     1000 + size));
}

static void drop(struct counters *counters, uint32_t site, uint64_t size)
{
	counters_freed(counters, site, (struct counters_weight){1, size}, false, false);
}

START_TEST(sums_are_over_all_threads)
{
	struct counters_sum sums[101] = {0};

	setup();
	add(a, 1, 100);
	add(a, 1, 300);
	drop(b, 1, 100); /* another thread frees */
	add(b, 1, 50);
	add(a, 100, 7);
	drop(a, 100, 7);
	counters_sum(sums, 100);
	ck_assert_uint_eq(sums[1].alloc_blocks, 3);
	ck_assert_uint_eq(sums[1].alloc_bytes, 450);
	ck_assert_uint_eq(sums[1].free_blocks, 1);
	ck_assert_uint_eq(sums[1].free_bytes, 100);
	ck_assert(sums[1].peak_is_bound);
	ck_assert_uint_ge(sums[1].peak_bytes, 400);
	ck_assert_uint_eq(sums[1].min_size, 50);
	ck_assert_uint_eq(sums[1].max_size, 300);
	ck_assert_uint_eq(sums[1].last_ns, 1300);
	ck_assert(!sums[100].peak_is_bound);
	ck_assert_uint_eq(sums[100].peak_bytes, 7);
	ck_assert_uint_eq(sums[2].alloc_blocks, 0);
}
END_TEST

START_TEST(peak_is_the_highest_sum)
{
	uint64_t live, highest;

	setup();
	add(a, 1, 30000);
	drop(a, 1, 30000);
	add(a, 1, 1000);
	counters_totals(&live, &highest);
	ck_assert_uint_eq(live, 1000);
	ck_assert_uint_eq(highest, 30000); /* exact although less than is handed in at a time */
	add(a, 1, 500000);
	drop(a, 1, 500000);
	counters_totals(&live, &highest);
	ck_assert_uint_eq(live, 1000);
	ck_assert_uint_eq(highest, 501000);
	counters_reset_peak();
	counters_totals(&live, &highest);
	ck_assert_uint_eq(highest, 1000);
}
END_TEST

START_TEST(growth_is_told_once_past_the_mark)
{
	setup();
	atomic_store(&counters_growth_mark, 1000000);
	for (int i = 0; i < 9; i++)
		add(a, 1, 100000);
	ck_assert_int_eq(grown, 0);
	add(a, 1, 100000);
	ck_assert_int_eq(grown, 1);
}
END_TEST

START_TEST(peak_is_copied_before_the_fall)
{
	struct peak *peak;

	setup();
	peak_watch();
	add(a, 1, 3u << 20);
	ck_assert_ptr_null(peak_take()); /* it may rise further */
	add(b, 1, 1000);
	drop(b, 1, 3u << 20);
	peak = peak_take();
	ck_assert_ptr_nonnull(peak);
	ck_assert_uint_eq(peak->site_count, sites_count());
	ck_assert_uint_eq(peak->live_bytes, 0); /* of sites that there are: none */
	peak_free(peak);
	ck_assert_ptr_null(peak_take());
}
END_TEST

START_TEST(peak_is_copied_again_when_higher)
{
	struct peak *peak;

	setup();
	peak_watch();
	add(a, 1, PEAK_LEAST / 2);
	drop(a, 1, PEAK_LEAST / 2);
	ck_assert_ptr_null(peak_take()); /* too low */
	add(a, 1, 4 * PEAK_LEAST);
	drop(a, 1, 4 * PEAK_LEAST);
	peak = peak_take();
	ck_assert_ptr_nonnull(peak);
	add(a, 1, 4 * PEAK_LEAST + 4 * PEAK_LEAST / PEAK_STEP - 1);
	drop(a, 1, 4 * PEAK_LEAST + 4 * PEAK_LEAST / PEAK_STEP - 1);
	ck_assert_ptr_null(peak_take()); /* within the step */
	peak_give_back(peak);
	ck_assert_ptr_eq(peak_take(), peak);
	add(a, 1, 8 * PEAK_LEAST); /* a leap, whatever the last copy cost */
	drop(a, 1, 8 * PEAK_LEAST);
	peak_give_back(peak); /* there is a newer one */
	ck_assert_uint_eq(atomic_load(&counters_fall_mark),
			  8 * PEAK_LEAST + 8 * PEAK_LEAST / PEAK_STEP);
	peak_ignore();
	ck_assert_ptr_null(peak_take());
	add(a, 1, 80 * PEAK_LEAST);
	drop(a, 1, 80 * PEAK_LEAST);
	ck_assert_ptr_null(peak_take());
}
END_TEST

START_TEST(peak_keeps_within_the_memory_limit)
{
	setup();
	peak_watch();
	add(a, 1, 3u << 20);
	rt_memory_limit = 1; /* more is in use */
	drop(a, 1, 3u << 20);
	ck_assert_ptr_null(peak_take());
	rt_memory_limit = UINT64_MAX;
	add(a, 1, 9u << 20);
	drop(a, 1, 9u << 20);
	ck_assert_ptr_nonnull(peak_take());
}
END_TEST

static _Atomic bool stop_falling;

static void *rise_and_fall(void *unused)
{
	while (!atomic_load(&stop_falling))
		for (uint64_t size = 2 * PEAK_LEAST; size < 1ul << 40; size *= 2) {
			add(a, 1, size);
			drop(a, 1, size);
		}
	return unused;
}

/* What counters_clear() relies on, which unmaps what sums begin from. */
START_TEST(no_peak_is_copied_once_peaks_are_ignored)
{
	pthread_t thread;
	int noted = 0;

	setup();
	ck_assert_int_eq(pthread_create(&thread, NULL, rise_and_fall, NULL), 0);
	for (int i = 0; i < 300000; i++) {
		peak_watch();
		for (volatile int spin = i % 500; spin > 0; spin--)
			;
		peak_ignore();
		noted += atomic_load(&counters_fall_mark) != INT64_MAX;
	}
	atomic_store(&stop_falling, true);
	pthread_join(thread, NULL);
	ck_assert_int_eq(noted, 0);
}
END_TEST

/* A handler jumped out of the site's first allocation, between its two sizes. */
START_TEST(half_counted_allocation_is_summed)
{
	struct counters_sum sums[2] = {0};

	setup();
	counters_add_chunk(a, 1)->tallies[1].min_size = 7;
	add(a, 1, 7);
	counters_sum(sums, 1);
	ck_assert_uint_eq(sums[1].min_size, 7);
	ck_assert_uint_eq(sums[1].max_size, 7);
}
END_TEST

Suite *counters_suite(void)
{
	return suite_of("counters",
			(const TTest *const[]){sums_are_over_all_threads, peak_is_the_highest_sum,
					       growth_is_told_once_past_the_mark,
					       peak_is_copied_before_the_fall,
					       peak_is_copied_again_when_higher,
					       peak_keeps_within_the_memory_limit,
					       no_peak_is_copied_once_peaks_are_ignored,
					       half_counted_allocation_is_summed, NULL});
}
