/* diagnose/confidence.c: what a cache that fills would explain as well, on runs made by hand.
 * Judged are the intervals from the 20th on. */
#include "diagnose/finding.h"
#include "history.h"
#include "silt_snapshot.h"
#include "suites.h"

#define INTERVALS 61
#define KIB 1024u

static uint64_t none(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 0;
}
static uint64_t nothing(uint64_t born)
{
	(void)born;
	return 0;
}
static uint64_t thousand(uint64_t born)
{
	(void)born;
	return 1000;
}

/* The confidence of the only finding in hundredths; 0: there is none. */
static int confidence(const struct history_site *site, uint64_t (*size_at)(uint64_t),
		      uint64_t (*churn)(uint64_t))
{
	struct history history = {.sites = {*site, {10, churn, none, NULL, 0}},
				  .site_count = 2,
				  .size_at = size_at,
				  .count = INTERVALS,
				  .step = 1,
				  .graph = true};
	struct judged judged = history_judge(&history);
	int hundredths = 0;

	ck_assert_uint_le(judged.diagnosis->count, 1);
	if (judged.diagnosis->count)
		hundredths = (int)(judged.diagnosis->findings[0]->confidence * 100 + 0.5);
	judged_free(&judged);
	return hundredths;
}

/* -- one array, which realloc makes larger in each interval -- */

static uint64_t each;

static uint64_t larger(uint64_t now)
{
	return (now + 1) * each;
}
static uint64_t one(uint64_t born)
{
	(void)born;
	return 1;
}
static uint64_t last_one(uint64_t born, uint64_t now)
{
	return born == now;
}

static int confidence_of_array(uint64_t bytes)
{
	static const struct history_site array = {1, one, last_one, NULL, 0};

	each = bytes;
	return confidence(&array, larger, thousand);
}

/* Its growth in 40 intervals: buffers of 256 KiB are common. */
START_TEST(array_is_judged_by_its_bytes)
{
	ck_assert_int_eq(confidence_of_array(KIB), 75);
	ck_assert_int_eq(confidence_of_array(6 * KIB), 75);
	ck_assert_int_eq(confidence_of_array(7 * KIB), 90);
}
END_TEST

/* -- what stands still at the end, and nothing else is done -- */

#define STILL 54u

static uint64_t until_still(uint64_t born)
{
	return born < STILL ? 100 : 0;
}
static uint64_t stays(uint64_t born, uint64_t now)
{
	(void)now;
	return until_still(born);
}

/* It may be full, unless others show that there was no work. */
START_TEST(standstill_without_work_is_no_proof)
{
	static const struct history_site cache = {64, until_still, stays, NULL, 0};

	ck_assert_int_eq(confidence(&cache, NULL, nothing), 55);
	ck_assert_int_eq(confidence(&cache, NULL, until_still), 65);
}
END_TEST

/* -- entries of three blocks each -- */

#define FEW_INTERVALS 31 /* of which 20 are judged */

static uint64_t entries; /* in the judged time */

static uint64_t entry(uint64_t born)
{
	return (born + 1) * entries / 20 - born * entries / 20;
}
static uint64_t entry_stays(uint64_t born, uint64_t now)
{
	(void)now;
	return entry(born);
}

static const uint64_t table[] = {SILT_ROOT_GLOBAL, 1, 0, 0x4000, 8000, 0, SILT_ROOT_SYMBOL};
/* the root leads to the first block of each entry, and that to the others */
static const uint64_t edges[] = {0 << 1 | 1, 0,	 8, 480, 0,	 1,  60, 0, 0, 0 << 1, 16, 0, 0, 1,
				 1,	     60, 0, 0,	 0 << 1, 24, 0,	 0, 2, 1,      60, 0, 0};
static const uint64_t paths[] = {0, 0, 60, 300000, 1, 0, 0,  60,     0, 1, 60, 240000,
				 1, 1, 16, 60,	   0, 2, 60, 180000, 1, 1, 24, 60};

static int confidence_of_entries(uint64_t count)
{
	struct history history = {.sites = {{5000, entry, entry_stays, NULL, 0},
					    {4000, entry, entry_stays, NULL, 0},
					    {3000, entry, entry_stays, NULL, 0},
					    {10, thousand, none, NULL, 0}},
				  .site_count = 4,
				  .count = FEW_INTERVALS,
				  .step = 1,
				  .graph = true,
				  .roots = {table, 7, 1},
				  .edges = {edges, 27, 3},
				  .paths = {paths, 24, 3}};
	struct judged judged;
	int hundredths;

	entries = count;
	judged = history_judge(&history);
	ck_assert_uint_eq(judged.diagnosis->count, 1);
	hundredths = (int)(judged.diagnosis->findings[0]->confidence * 100 + 0.5);
	judged_free(&judged);
	return hundredths;
}

START_TEST(few_entries_of_many_blocks_prove_nothing)
{
	ck_assert_int_eq(confidence_of_entries(20), 55);
	ck_assert_int_eq(confidence_of_entries(24), 75);
}
END_TEST

/* -- a leak in a program that stands still for half of the time -- */

#define STILL_FROM 28u
#define STILL_TO 48u

static bool is_still(uint64_t born)
{
	return born >= STILL_FROM && born < STILL_TO;
}
static uint64_t works(uint64_t born)
{
	return is_still(born) ? 0 : 1000;
}
static uint64_t leaks(uint64_t born)
{
	return is_still(born) ? 0 : 3;
}
static uint64_t leaks_left(uint64_t born, uint64_t now)
{
	(void)now;
	return leaks(born);
}

START_TEST(stall_is_no_interval_without_survivors)
{
	static const struct history_site leak = {1000, leaks, leaks_left, NULL, 0};

	ck_assert_int_ge(confidence(&leak, NULL, works), 75);
	ck_assert_int_lt(confidence(&leak, NULL, thousand), DIAGNOSIS_SURE * 100);
}
END_TEST

/* -- entries of which the oldest goes at the end, each with parts that come and go -- */

#define FULL_AT 58u

static uint64_t hundred(uint64_t born)
{
	(void)born;
	return 100;
}
static uint64_t oldest_goes(uint64_t born, uint64_t now)
{
	return born + FULL_AT > now ? 100 : 0;
}
static uint64_t few_stay(uint64_t born, uint64_t now)
{
	return born == now ? 1000 : 10;
}

static const uint64_t full_edges[] = {0 << 1 | 1, 0,  8, 43192, 0, 1, 5400, 0, 0,
				      0 << 1,	  16, 0, 0,	1, 1, 1500, 0, 0};
static const uint64_t full_paths[] = {0, 0, 5400, 27000000, 1, 0, 0,  5400,
				      0, 1, 1500, 96000,    1, 1, 16, 1500};

START_TEST(full_cache_is_seen_beside_what_comes_and_goes)
{
	struct history history = {
		.sites = {{5000, hundred, oldest_goes, NULL, 0}, {64, thousand, few_stay, NULL, 0}},
		.site_count = 2,
		.count = INTERVALS,
		.step = 1,
		.graph = true,
		.roots = {table, 7, 1},
		.edges = {full_edges, 18, 2},
		.paths = {full_paths, 16, 2}};
	struct judged judged = history_judge(&history);

	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert_uint_eq(judged.diagnosis->findings[0]->part_count, 2);
	ck_assert_double_lt(judged.diagnosis->findings[0]->confidence, DIAGNOSIS_SURE);
	judged_free(&judged);
}
END_TEST

Suite *confidence_suite(void)
{
	return suite_of("confidence",
			(const TTest *const[]){
				array_is_judged_by_its_bytes, standstill_without_work_is_no_proof,
				few_entries_of_many_blocks_prove_nothing,
				stall_is_no_interval_without_survivors,
				full_cache_is_seen_beside_what_comes_and_goes, NULL});
}
