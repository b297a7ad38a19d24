/* diagnose/steps.c, doubts.c: few blocks that are added one by one, or become larger, on runs made
 * by hand. Judged are the intervals from the 20th on. */
#include <string.h>

#include "diagnose/finding.h"
#include "history.h"
#include "silt_snapshot.h"
#include "suites.h"

#define INTERVALS 61
#define APART 11u
#define STALL 38u  /* the interval in which nothing is done, */
#define STALLED 20 /* which lasts as long as so many others */

static uint64_t apart; /* intervals between two blocks from interval 2 * APART on, */
static uint64_t until; /* to this one */
static uint64_t gone;  /* the interval in which the first block is freed; 0: it is not */
static bool stalls;

static uint64_t chunk(uint64_t born)
{
	return born < 2 * APART ? born % APART == 0
				: born <= until && (born - 2 * APART) % apart == 0;
}
static uint64_t chunk_left(uint64_t born, uint64_t now)
{
	return born == 0 && gone && now >= gone ? 0 : chunk(born);
}
static uint64_t churn(uint64_t born)
{
	return stalls && born == STALL ? 0 : 1000;
}
static uint64_t none(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 0;
}
static void stall(struct silt_process *process, uint64_t now)
{
	if (stalls && now >= STALL)
		process->uptime_ns += STALLED * (process->uptime_ns / (now + 1));
}

static enum diagnosis_verdict verdict(void)
{
	struct history history = {
		.sites = {{20000, chunk, chunk_left, NULL, 0}, {10, churn, none, NULL, 0}},
		.site_count = 2,
		.count = INTERVALS,
		.step = 1,
		.process = stall};
	struct judged judged = history_judge(&history);
	enum diagnosis_verdict verdict = judged.diagnosis->verdict;

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	judged_free(&judged);
	return verdict;
}

static void add_chunks(uint64_t each, uint64_t last)
{
	apart = each;
	until = last;
	gone = 0;
	stalls = false;
}

START_TEST(large_blocks_one_by_one_to_the_end_are_inconclusive)
{
	add_chunks(APART, INTERVALS);
	ck_assert_int_eq(verdict(), DIAGNOSIS_INCONCLUSIVE);
}
END_TEST

/* Three are added in 40 intervals: the fourth is not expected before the last one, or it is. */
START_TEST(large_blocks_that_become_no_more_are_clean)
{
	add_chunks(10, 42);
	ck_assert_int_eq(verdict(), DIAGNOSIS_INCONCLUSIVE);
	add_chunks(8, 38);
	ck_assert_int_eq(verdict(), DIAGNOSIS_CLEAN);
}
END_TEST

START_TEST(stall_between_large_blocks_is_no_standstill)
{
	add_chunks(APART, INTERVALS);
	stalls = true;
	ck_assert_int_eq(verdict(), DIAGNOSIS_INCONCLUSIVE);
}
END_TEST

/* In the judged time, or before. */
START_TEST(one_large_block_freed_is_no_turnover)
{
	add_chunks(APART, INTERVALS);
	gone = 35;
	ck_assert_int_eq(verdict(), DIAGNOSIS_INCONCLUSIVE);
	gone = 10;
	ck_assert_int_eq(verdict(), DIAGNOSIS_INCONCLUSIVE);
}
END_TEST

/* -- one array, which doubles with the 17th interval, the 33rd, and would with the 65th -- */

static uint64_t doubled(uint64_t now)
{
	uint64_t size = 4096;

	while (size < now * 4096)
		size *= 2;
	return size;
}
static uint64_t array(uint64_t born)
{
	return born == 0 || doubled(born) != doubled(born - 1);
}
static uint64_t array_left(uint64_t born, uint64_t now)
{
	return array(born) && doubled(born) == doubled(now);
}

/* It leaps with the work, too: that is no other doubt. */
START_TEST(one_array_is_one_doubt)
{
	struct history history = {
		.sites = {{1, array, array_left, NULL, 0}, {10, churn, none, NULL, 0}},
		.site_count = 2,
		.size_at = doubled,
		.count = INTERVALS,
		.step = 1};
	struct judged judged;

	stalls = false;
	judged = history_judge(&history);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	ck_assert_uint_eq(judged.diagnosis->note_count, 1);
	ck_assert_ptr_nonnull(strstr(judged.diagnosis->notes[0], "again and again"));
	judged_free(&judged);
}
END_TEST

Suite *doubts_suite(void)
{
	return suite_of("doubts",
			(const TTest *const[]){large_blocks_one_by_one_to_the_end_are_inconclusive,
					       large_blocks_that_become_no_more_are_clean,
					       stall_between_large_blocks_is_no_standstill,
					       one_large_block_freed_is_no_turnover,
					       one_array_is_one_doubt, NULL});
}
