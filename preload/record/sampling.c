/*
 * Sampling (--sample): which allocations are recorded, and how many blocks each of them stands for.
 * Path: hot where a block is sampled. Threads: each with its own state. Memory: none.
 * Must not: call libm, which the library would have to be linked to.
 *
 * Poisson sampling by bytes: every allocated byte is a sample with probability 1 / mean. A block is
 * sampled if one of its bytes is, which has the probability p = 1 - exp(-size / mean). It then
 * stands for 1 / p blocks (Horvitz-Thompson), which makes all sums unbiased. The distance to the
 * next sample is exponentially distributed: -mean * ln(u).
 */
#include "record/blocks.h"
#include "record/counters.h"
#include "record/track.h"
#include "unwind/capture.h"

/* exp(-x) for x >= 0: halves the argument until its series converges in a few terms, then
 * squares. */
static double exp_minus(double x)
{
	double term = 1, sum = 1;
	int halvings = 0;

	if (x > 700)
		return 0;
	for (; x > 0.5; x /= 2)
		halvings++;
	for (int i = 1; i < 14; i++) {
		term *= -x / i;
		sum += term;
	}
	for (; halvings > 0; halvings--)
		sum *= sum;
	return sum;
}

/* 1 - exp(-x), exact for small x, too. */
static double probability(double x)
{
	double term = 1, sum = 0;

	if (x > 0.5)
		return 1 - exp_minus(x);
	for (int i = 1; i < 14; i++) {
		term *= -x / i;
		sum -= term;
	}
	return sum;
}

/* ln(u), 0 < u <= 1: u = m * 2^e; ln m = 2 artanh((m - 1) / (m + 1)). */
static double logarithm(double u)
{
	double z, square, power, sum = 0;
	int exponent = 0;

	for (; u < 0.7; u *= 2)
		exponent--;
	z = (u - 1) / (u + 1);
	square = z * z;
	power = z;
	for (int i = 1; i < 24; i += 2) {
		sum += power / i;
		power *= square;
	}
	return 2 * sum + exponent * 0.69314718055994530942;
}

static uint64_t next_distance(struct track_thread *thread)
{
	uint64_t x = thread->random;

	x ^= x << 13; /* xorshift64 (Marsaglia 2003) */
	x ^= x >> 7;
	x ^= x << 17;
	thread->random = x;
	return (uint64_t)(-logarithm(((double)(x >> 11) + 0.5) / 9007199254740992.0) *
			  (double)track_sample_bytes) +
	       1;
}

bool track_sample(struct track_thread *thread, uint64_t size)
{
	if (track_self.until_sample == 0 || track_self.sampled_every != track_sample_bytes) {
		track_self.sampled_every = track_sample_bytes;
		track_self.until_sample = next_distance(thread);
	}
	size += size == 0; /* as in track_unsampled() */
	if (size < track_self.until_sample) {
		track_self.until_sample -= size;
		return false;
	}
	/* Distances are memoryless: the next one is counted from the end of the sampled block. */
	track_self.until_sample = next_distance(thread);
	return true;
}

struct counters_weight track_sample_weight(uint64_t size)
{
	double blocks = 1 / probability((double)(size ? size : 1) / (double)track_sample_bytes);

	return (struct counters_weight){(uint64_t)(blocks * COUNTERS_SAMPLED_UNIT + 0.5),
					(uint64_t)(blocks * (double)size + 0.5)};
}

void track_count_sample(struct track_thread *thread, uint32_t site, unsigned which)
{
	struct counters_chunk *chunk = counters_chunk_of(&thread->counters, site);

	if (chunk)
		chunk->sampled[site % COUNTERS_CHUNK][which]++;
}

void track_allocated_sampled(const void *block, uint64_t size, const struct unwind_start *start)
{
	struct track_thread *thread = track_self.thread;
	uint32_t site;

	thread->last = NULL;
	if (!track_sample(thread, size))
		return;
	thread->last = block;
	thread->last_until = track_self.until_sample;
	site = track_site(thread, start);
	if (track_record(thread, block, size, site, track_sample_weight(size)))
		track_count_sample(thread, site, 0);
	else
		track_not_recorded(thread, block);
}

void track_count_freed_sampled(struct block block, bool temporary, bool nested)
{
	struct track_thread *thread = track_self.thread;

	/* Allocations that were not sampled have passed since `last` if the distance has
	 * changed. */
	temporary = temporary && thread->last_until == track_self.until_sample;
	counters_freed(&thread->counters, block.site, track_sample_weight(block.size), temporary,
		       nested);
	track_count_sample(thread, block.site, 1);
}
