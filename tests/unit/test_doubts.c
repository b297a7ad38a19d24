/* diagnose/doubts.c: large blocks that are added one by one, on runs made by hand. Judged are the
 * intervals from the 20th on. */
#include "diagnose/finding.h"
#include "history.h"
#include "suites.h"

#define INTERVALS 61
#define APART 11u

static uint64_t until; /* no block is added after this interval */

static uint64_t chunk(uint64_t born)
{
	return born % APART == 0 && born <= until;
}
static uint64_t chunk_left(uint64_t born, uint64_t now)
{
	(void)now;
	return chunk(born);
}
static uint64_t churn(uint64_t born)
{
	(void)born;
	return 1000;
}
static uint64_t none(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 0;
}

static enum diagnosis_verdict verdict(void)
{
	struct history history = {
		.sites = {{20000, chunk, chunk_left, NULL, 0}, {10, churn, none, NULL, 0}},
		.site_count = 2,
		.count = INTERVALS,
		.step = 1};
	struct judged judged = history_judge(&history);
	enum diagnosis_verdict verdict = judged.diagnosis->verdict;

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	judged_free(&judged);
	return verdict;
}

START_TEST(large_blocks_one_by_one_to_the_end_are_inconclusive)
{
	until = INTERVALS;
	ck_assert_int_eq(verdict(), DIAGNOSIS_INCONCLUSIVE);
}
END_TEST

START_TEST(large_blocks_that_become_no_more_are_clean)
{
	until = 2 * APART;
	ck_assert_int_eq(verdict(), DIAGNOSIS_CLEAN);
}
END_TEST

Suite *doubts_suite(void)
{
	return suite_of("doubts",
			(const TTest *const[]){large_blocks_one_by_one_to_the_end_are_inconclusive,
					       large_blocks_that_become_no_more_are_clean, NULL});
}
