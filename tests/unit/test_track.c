/* preload/record/track.c: sampling is unbiased. */
#include <math.h>
#include <string.h>

#include "record/counters.h"
#include "suites.h"
#include "record/track.h"

/* What control/ has in the library. */
void track_first_use(void)
{
}

/* How many of `blocks` blocks sampling estimates, with one sequence of random numbers. */
static double estimate_blocks(struct track_thread *thread, uint64_t seed, uint64_t size,
			      uint64_t blocks)
{
	uint64_t estimate = 0;

	memset(thread, 0, sizeof *thread);
	track_self.until_sample = 0;
	thread->random = seed * 0x9e3779b97f4a7c15;
	for (uint64_t i = 0; i < blocks; i++)
		if (track_sample(thread, size))
			estimate += track_sample_weight(size).blocks;
	return (double)estimate / COUNTERS_SAMPLED_UNIT;
}

/* The mean of many estimates is within four standard errors of the truth, for small, middling
 * and large blocks. */
START_TEST(sampling_is_unbiased)
{
	static const uint64_t sizes[] = {0, 1, 16, 100, 4096, 65536, 1000000};
	static struct track_thread thread;

	track_sample_bytes = 65536;
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		const int seeds = 200;
		const uint64_t blocks = sizes[s] < 1000 ? 200000 : 2000;
		double sum = 0, squares = 0, truth = (double)blocks, mean, error;

		for (int seed = 1; seed <= seeds; seed++) {
			double estimate =
				estimate_blocks(&thread, (uint64_t)seed, sizes[s], blocks);

			sum += estimate;
			squares += estimate * estimate;
		}
		mean = sum / seeds;
		error = sqrt((squares / seeds - mean * mean) / (seeds - 1));
		ck_assert_msg(fabs(mean - truth) <= 4 * error + 1e-3 * truth,
			      "size %lu: mean %g of %g, standard error %g", (unsigned long)sizes[s],
			      mean, truth, error);
	}
	track_sample_bytes = 0;
}
END_TEST

/*
 * The same through the fast path, for a program that mixes sizes: bytes and blocks of each size,
 * and of all. The standard error over seeds is also what the snapshot's reader derives from one
 * run: see statistics.
 */
START_TEST(sampling_of_mixed_sizes_is_unbiased)
{
	enum { SIZES = 5, SEEDS = 400, ROUNDS = 4000 };
	static const uint64_t sizes[SIZES] = {24, 200, 3000, 40000, 400000};
	static struct track_thread thread;
	double sum[SIZES + 1] = {0}, squares[SIZES + 1] = {0}, truth[SIZES + 1] = {0};

	track_sample_bytes = 65536;
	track_state = 0;
	for (int seed = 1; seed <= SEEDS; seed++) {
		double bytes[SIZES + 1] = {0};

		memset(&thread, 0, sizeof thread);
		thread.random = (uint64_t)seed * 0x9e3779b97f4a7c15;
		track_self.until_sample = 0;
		for (int i = 0; i < ROUNDS; i++) {
			int s = i * 7 % SIZES;

			if (track_unsampled(sizes[s]) || !track_sample(&thread, sizes[s]))
				continue;
			bytes[s] += (double)track_sample_weight(sizes[s]).bytes;
			bytes[SIZES] += (double)track_sample_weight(sizes[s]).bytes;
		}
		for (int s = 0; s <= SIZES; s++) {
			sum[s] += bytes[s];
			squares[s] += bytes[s] * bytes[s];
		}
	}
	for (int s = 0; s <= SIZES; s++) {
		double mean = sum[s] / SEEDS, variance = squares[s] / SEEDS - mean * mean;
		double p = s < SIZES ? -expm1(-(double)sizes[s] / 65536) : 0;

		truth[s] = s < SIZES ? (double)sizes[s] * ROUNDS / SIZES : truth[SIZES];
		truth[SIZES] += s < SIZES ? truth[s] : 0;
		ck_assert_msg(fabs(mean - truth[s]) <= 4 * sqrt(variance / (SEEDS - 1)),
			      "size number %d: mean %g of %g, standard error %g", s, mean, truth[s],
			      sqrt(variance / (SEEDS - 1)));
		/* n blocks of size z, each taken with probability p: n z^2 (1 - p) / p; off by
		 * a third with SEEDS of them would be five standard deviations */
		if (s < SIZES)
			ck_assert_double_eq_tol(
				variance / (truth[s] * (double)sizes[s] * (1 - p) / p), 1, 0.35);
	}
	track_sample_bytes = 0;
}
END_TEST

/* 1 / (1 - exp(-size / mean)) */
START_TEST(weight_is_one_over_the_probability)
{
	track_sample_bytes = 524288;
	for (uint64_t size = 1; size < 100000000; size = size * 3 + 1) {
		double expected = -1 / expm1(-(double)size / 524288);
		struct counters_weight weight = track_sample_weight(size);

		ck_assert_double_eq_tol((double)weight.blocks / COUNTERS_SAMPLED_UNIT, expected,
					expected * 1e-9 + 1e-5);
		ck_assert_double_eq_tol((double)weight.bytes, expected * (double)size,
					expected * (double)size * 1e-9 + 1);
	}
	track_sample_bytes = 0;
}
END_TEST

/* A handler jumped out of the thread's first call, before it had a state. */
START_TEST(thread_whose_first_call_was_left_is_tracked)
{
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);

	ck_assert(track_start());
	track_switch(0, TRACK_NOT_STARTED);
	track_self.thread = NULL;
	track_self.guard = frame - 64;
	ck_assert(track_enter(frame));
	ck_assert(track_self.thread != NULL);
	ck_assert_uint_eq(track_self.guard, frame);
	track_leave();
}
END_TEST

Suite *track_suite(void)
{
	return suite_of("track", (const TTest *const[]){
					 sampling_is_unbiased, sampling_of_mixed_sizes_is_unbiased,
					 weight_is_one_over_the_probability,
					 thread_whose_first_call_was_left_is_tracked, NULL});
}
