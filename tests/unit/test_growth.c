/* diagnose/growth.c: what grows without bound, and what only looks like it. */
#include <math.h>

#include "diagnose/growth.h"
#include "suites.h"

#define COUNT 40

static double seconds[COUNT], values[COUNT];

static enum growth_verdict judge(double (*figure)(double time))
{
	size_t start;

	for (int i = 0; i < COUNT; i++) {
		seconds[i] = i * 0.25;
		values[i] = figure(seconds[i]);
	}
	start = growth_start(seconds, COUNT, -1);
	ck_assert_uint_eq(start, 13);
	return growth_judge(values, seconds, start, COUNT).verdict;
}

/* The same noise every time, between -1 and 1. */
static double noise(double time)
{
	return sin(time * 12.9898) * cos(time * 78.233 + 1);
}

static double linear(double time)
{
	return 1000 + 50 * time;
}
static double slow_beside_much(double time)
{
	return 1e6 + 4 * time;
}
static double noisy_leak(double time)
{
	return 500 + 100 * time + 60 * noise(time);
}
static double steps(double time)
{
	return 100 * floor(time / 0.8);
}
static double accelerating(double time)
{
	return time * time * 10;
}
static double flat(double time)
{
	(void)time;
	return 12345;
}
static double noisy_flat(double time)
{
	return 5000 + 500 * noise(time);
}
static double saturating(double time)
{
	return 10000 * (1 - exp(-time / 2));
}
static double filled(double time)
{
	return time < 6 ? 1000 * time : 6000;
}
static double filled_late(double time)
{
	return time < 7.9 ? 1000 * time : 7900;
}
static double sawtooth(double time)
{
	return 300 * fmod(time, 1.7);
}
static double start_up(double time)
{
	return time < 2 ? 4000 * time : 8000;
}
static double one_step(double time)
{
	return time < 5 ? 1000 : 9000;
}
static double doubling(double time)
{
	return exp2(floor(log2(16 + time))) * 100;
}
static double falling(double time)
{
	return 10000 - 100 * time;
}

START_TEST(leaks_are_steady)
{
	ck_assert_int_eq(judge(linear), GROWTH_STEADY);
	ck_assert_int_eq(judge(slow_beside_much), GROWTH_STEADY);
	ck_assert_int_eq(judge(noisy_leak), GROWTH_STEADY);
	ck_assert_int_eq(judge(steps), GROWTH_STEADY);
	ck_assert_int_eq(judge(accelerating), GROWTH_STEADY);
}
END_TEST

START_TEST(what_is_no_leak_is_not_steady)
{
	ck_assert_int_ne(judge(flat), GROWTH_STEADY);
	ck_assert_int_ne(judge(noisy_flat), GROWTH_STEADY);
	ck_assert_int_eq(judge(saturating), GROWTH_SATURATING);
	ck_assert_int_eq(judge(filled), GROWTH_SATURATING);
	ck_assert_int_ne(judge(sawtooth), GROWTH_STEADY);
	ck_assert_int_ne(judge(start_up), GROWTH_STEADY);
	ck_assert_int_ne(judge(one_step), GROWTH_STEADY);
	ck_assert_int_ne(judge(doubling), GROWTH_STEADY);
	ck_assert_int_ne(judge(falling), GROWTH_STEADY);
}
END_TEST

/* What is seen seldom for a while has risen meanwhile as at other times; and what rose only then
 * has not. */
START_TEST(gap_between_values_is_no_leap)
{
	double at[COUNT], seen[COUNT];
	size_t count = 0;

	judge(linear);
	for (size_t i = 13; i < COUNT; i++) {
		if (i > 15 && i < 28)
			continue;
		at[count] = seconds[i];
		seen[count++] = values[i];
	}
	ck_assert_int_eq(growth_judge_seldom(seen, at, count).verdict, GROWTH_STEADY);
	/* beside the places at which segments begin */
	count = 0;
	for (size_t i = 13; i < COUNT; i += i == 21 ? 12 : 2) {
		at[count] = seconds[i];
		seen[count++] = values[i];
	}
	ck_assert_int_eq(growth_judge_seldom(seen, at, count).verdict, GROWTH_STEADY);
	for (size_t i = 0; i < count; i++)
		seen[i] = at[i] < 5 ? 1000 : 9000;
	ck_assert_int_ne(growth_judge_seldom(seen, at, count).verdict, GROWTH_STEADY);
}
END_TEST

START_TEST(rate_is_the_slope)
{
	struct growth growth;

	judge(linear);
	growth = growth_judge(values, seconds, 13, COUNT);
	ck_assert(fabs(growth.rate - 50) < 10);
	ck_assert_uint_eq(growth.rising, growth.segments);
	ck_assert(growth.weakest > 0.5 && growth.weakest <= 1);
}
END_TEST

static bool flat_at_end(double (*figure)(double time))
{
	judge(figure);
	return growth_judge(values, seconds, 13, COUNT).flat;
}

/* Full at last, or a leak in a program that has come to rest: both rise to the end, but for
 * that. */
START_TEST(plateau_at_the_end_is_seen)
{
	ck_assert_int_eq(judge(filled_late), GROWTH_STEADY);
	ck_assert(flat_at_end(filled_late));
	ck_assert(!flat_at_end(linear));
	ck_assert(!flat_at_end(noisy_leak));
	ck_assert(!flat_at_end(accelerating));
	ck_assert(!flat_at_end(steps));
	ck_assert(!flat_at_end(flat));
}
END_TEST

/* A damaged file may say anything. */
START_TEST(axis_that_runs_backwards_does_no_harm)
{
	for (int i = 0; i < COUNT; i++) {
		seconds[i] = i % 2 ? 1e300 : -1e300;
		values[i] = i;
	}
	seconds[COUNT - 1] = 1e10;
	seconds[0] = 0;
	growth_judge(values, seconds, 0, COUNT);
}
END_TEST

START_TEST(too_few_intervals_give_no_verdict)
{
	judge(linear);
	ck_assert_int_eq(growth_judge(values, seconds, COUNT - GROWTH_INTERVALS, COUNT).verdict,
			 GROWTH_NONE);
	ck_assert_int_eq(growth_judge(values, seconds, COUNT - GROWTH_INTERVALS - 1, COUNT).verdict,
			 GROWTH_STEADY);
	ck_assert_uint_eq(growth_start(seconds, COUNT, 5), 20);
	ck_assert_uint_eq(growth_start(seconds, COUNT, 0), 0);
	ck_assert_uint_eq(growth_start(seconds, 0, -1), 0);
}
END_TEST

Suite *growth_suite(void)
{
	return suite_of("growth",
			(const TTest *const[]){leaks_are_steady, gap_between_values_is_no_leap,
					       what_is_no_leak_is_not_steady, rate_is_the_slope,
					       plateau_at_the_end_is_seen,
					       axis_that_runs_backwards_does_no_harm,
					       too_few_intervals_give_no_verdict, NULL});
}
