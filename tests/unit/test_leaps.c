/* diagnose/leaps.c: a hundred blocks that become larger in leaps, on runs made by hand. A run has
 * 61 intervals; judged are those from the 20th on. */
#include <string.h>

#include "diagnose/finding.h"
#include "history.h"
#include "suites.h"

#define INTERVALS 61
#define LEAST_SIZE 4096u
#define BLOCKS 100
#define DIP 40 /* the interval whose snapshot falls between a free and what follows */

static uint64_t rate, bound, emptied; /* bytes an interval; bytes; intervals, 0: never */
static bool dips;

/* What has been appended so far, and the power of two that holds it. */
static uint64_t size_at(uint64_t now)
{
	uint64_t use = (emptied ? now % emptied : now) * rate, size = LEAST_SIZE;

	use = use < bound ? use : bound;
	while (size < use)
		size *= 2;
	return size;
}

static uint64_t made(uint64_t born)
{
	return born == 0 || size_at(born) != size_at(born - 1) ? BLOCKS : 0;
}

static uint64_t left(uint64_t born, uint64_t now)
{
	if (dips && now == DIP)
		return 0;
	for (uint64_t later = born + 1; later <= now; later++)
		if (made(later))
			return 0;
	return made(born);
}

static uint64_t thousand(uint64_t born)
{
	(void)born;
	return 1000;
}

static uint64_t nothing(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 0;
}

static enum diagnosis_verdict verdict(void)
{
	struct history history = {.sites = {{.size = 1, .made = made, .left = left},
					    {.size = 64, .made = thousand, .left = nothing}},
				  .site_count = 2,
				  .size_at = size_at,
				  .count = INTERVALS,
				  .step = 1};
	struct judged judged = history_judge(&history);
	enum diagnosis_verdict verdict = judged.diagnosis->verdict;

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	if (verdict == DIAGNOSIS_INCONCLUSIVE)
		ck_assert_ptr_nonnull(strstr(judged.diagnosis->notes[0], "larger in leaps"));
	judged_free(&judged);
	return verdict;
}

static void append(uint64_t bytes, uint64_t most)
{
	rate = bytes;
	bound = most;
	emptied = 0;
	dips = false;
}

/* It doubles with the 17th interval and with the 33rd, and would with the 65th. */
START_TEST(array_appended_to_for_ever_is_inconclusive)
{
	append(4096, UINT64_MAX);
	ck_assert_int_eq(verdict(), DIAGNOSIS_INCONCLUSIVE);
	dips = true;
	ck_assert_int_eq(verdict(), DIAGNOSIS_INCONCLUSIVE);
}
END_TEST

/* The last leap is with the 21st interval; the next would have been with the 41st. */
START_TEST(array_that_has_its_size_is_clean)
{
	append(6400, 200000);
	ck_assert_int_eq(verdict(), DIAGNOSIS_CLEAN);
}
END_TEST

START_TEST(array_that_had_its_size_early_is_clean)
{
	append(65536, 200000);
	ck_assert_int_eq(verdict(), DIAGNOSIS_CLEAN);
}
END_TEST

START_TEST(array_emptied_each_time_is_clean)
{
	append(8192, UINT64_MAX);
	emptied = 13;
	ck_assert_int_eq(verdict(), DIAGNOSIS_CLEAN);
}
END_TEST

Suite *leaps_suite(void)
{
	return suite_of("leaps", (const TTest *const[]){array_appended_to_for_ever_is_inconclusive,
							array_that_has_its_size_is_clean,
							array_that_had_its_size_early_is_clean,
							array_emptied_each_time_is_clean, NULL});
}
