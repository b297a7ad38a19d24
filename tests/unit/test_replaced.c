/* diagnose/replaced.c: a thousand blocks of one line, replaced one after the other by those of
 * another, on runs made by hand. */
#include "diagnose/finding.h"
#include "history.h"
#include "silt_snapshot.h"
#include "suites.h"

#define INTERVALS 61
#define LOADED 1000u
#define EACH 10u /* replaced in an interval */

static uint64_t loaded(uint64_t born)
{
	return born == 0 ? LOADED : 0;
}
static uint64_t loaded_left(uint64_t born, uint64_t now)
{
	return born == 0 ? LOADED - EACH * now : 0;
}
static uint64_t each(uint64_t born)
{
	return born ? EACH : 0;
}
static uint64_t each_left(uint64_t born, uint64_t now)
{
	(void)now;
	return each(born);
}

static uint64_t beyond; /* so many more than are replaced, in an interval */

static uint64_t each_and_more(uint64_t born)
{
	return born ? EACH + beyond : 0;
}
static uint64_t each_and_more_left(uint64_t born, uint64_t now)
{
	(void)now;
	return each_and_more(born);
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

static const uint64_t table[] = {SILT_ROOT_GLOBAL, 1, 0, 0x4000, 8000, 0, SILT_ROOT_SYMBOL,
				 SILT_ROOT_GLOBAL, 1, 0, 0x8000, 8000, 0, SILT_ROOT_SYMBOL};
/* the root leads to both */
static const uint64_t paths[] = {0, 0, 500, 50000, 1, 0, 0, 500, 0, 1, 500, 50000, 1, 0, 0, 500};
static const uint64_t same_table[] = {0 << 1 | 1, 0,  8, 7992, 0, 1, 500, 0, 0,
				      0 << 1 | 1, 16, 8, 7960, 1, 1, 500, 0, 0};
static const uint64_t other_table[] = {0 << 1 | 1, 0, 8, 7992, 0, 1, 500, 0, 0,
				       1 << 1 | 1, 0, 8, 3992, 1, 1, 500, 0, 0};

/* records of 16 bytes: two fields of them; one */
static const uint64_t two_fields[] = {0 << 1 | 1, 0, 16, 7984, 0, 1, 500, 0, 0,
				      0 << 1 | 1, 8, 16, 7984, 1, 1, 500, 0, 0};
static const uint64_t one_field[] = {0 << 1 | 1, 8,   16, 7936, 0, 1, 500, 0, 0,
				     0 << 1 | 1, 104, 16, 7888, 1, 1, 500, 0, 0};

static enum diagnosis_verdict verdict(const uint64_t *edges, uint64_t more)
{
	struct history history = {
		.sites = {{100, loaded, loaded_left, NULL, 0},
			  {100, each_and_more, each_and_more_left, NULL, 0},
			  {10, churn, none, NULL, 0}},
		.site_count = 3,
		.count = INTERVALS,
		.step = 1,
		.graph = true,
		.roots = {table, 14, 2},
		.edges = {edges, 18, 2},
		.paths = {paths, 16, 2},
	};
	struct judged judged;
	enum diagnosis_verdict verdict;

	beyond = more;
	judged = history_judge(&history);
	verdict = judged.diagnosis->verdict;
	judged_free(&judged);
	return verdict;
}

/* It may be restored sessions that expire, beside new ones that never do. */
START_TEST(what_replaces_another_line_is_inconclusive)
{
	ck_assert_int_eq(verdict(same_table, 0), DIAGNOSIS_INCONCLUSIVE);
}
END_TEST

/* What gives way to it is kept elsewhere: a budget of which a leak takes ever more. */
START_TEST(what_takes_the_place_of_others_elsewhere_leaks)
{
	ck_assert_int_eq(verdict(other_table, 0), DIAGNOSIS_LEAKING);
}
END_TEST

START_TEST(other_field_of_the_records_is_another_place)
{
	ck_assert_int_eq(verdict(one_field, 0), DIAGNOSIS_INCONCLUSIVE);
	ck_assert_int_eq(verdict(two_fields, 0), DIAGNOSIS_LEAKING);
}
END_TEST

/* By far, by a half, or by one: all of them together grow. */
START_TEST(more_than_is_replaced_leaks)
{
	ck_assert_int_eq(verdict(same_table, 10), DIAGNOSIS_LEAKING);
	ck_assert_int_eq(verdict(same_table, 5), DIAGNOSIS_LEAKING);
	ck_assert_int_eq(verdict(same_table, 1), DIAGNOSIS_LEAKING);
}
END_TEST

/* -- the same where pointers are hidden from the graph, which calls all of it lost -- */

static uint64_t all_left(uint64_t born, uint64_t now)
{
	(void)now;
	return loaded(born);
}

/* Ten born in an interval, each lives for twenty of them: as many as before. */
static uint64_t each_for_twenty(uint64_t born, uint64_t now)
{
	return now - born < 20 ? each(born) : 0;
}
static uint64_t half_left(uint64_t born, uint64_t now)
{
	(void)now;
	return each(born) / 2;
}
static uint64_t half(uint64_t born)
{
	return each(born) / 2;
}

static enum diagnosis_verdict verdict_of_lost(const struct history_site *lost, size_t count)
{
	struct history history = {.sites = {{10, churn, none, NULL, 0}},
				  .site_count = count + 1,
				  .count = INTERVALS,
				  .step = 1,
				  .graph = true};
	struct judged judged;
	enum diagnosis_verdict verdict;

	for (size_t i = 0; i < count; i++)
		history.sites[i + 1] = lost[i];
	judged = history_judge(&history);
	verdict = judged.diagnosis->verdict;
	judged_free(&judged);
	return verdict;
}

START_TEST(what_replaces_others_that_were_freed_is_not_lost)
{
	struct history_site sites[] = {{100, loaded, loaded_left, loaded_left, 0},
				       {100, each, each_left, each_left, 0}};

	ck_assert_int_eq(verdict_of_lost(sites, 2), DIAGNOSIS_INCONCLUSIVE);
	sites[0].left = sites[0].lost = all_left;
	ck_assert_int_eq(verdict_of_lost(sites, 2), DIAGNOSIS_LEAKING);
}
END_TEST

/* Blocks that come and go, as many as before, make room for none. */
START_TEST(what_stays_as_many_is_replaced_by_itself)
{
	const struct history_site sites[] = {{100, each, each_for_twenty, each_for_twenty, 0},
					     {100, half, half_left, half_left, 0}};

	ck_assert_int_eq(verdict_of_lost(sites, 2), DIAGNOSIS_LEAKING);
}
END_TEST

START_TEST(one_block_is_replaced_by_one)
{
	const struct history_site sites[] = {{100, loaded, loaded_left, loaded_left, 0},
					     {100, each, each_left, each_left, 0},
					     {100, each, each_left, each_left, 0}};

	ck_assert_int_eq(verdict_of_lost(sites, 3), DIAGNOSIS_LEAKING);
}
END_TEST

Suite *replaced_suite(void)
{
	return suite_of("replaced",
			(const TTest *const[]){what_replaces_another_line_is_inconclusive,
					       what_takes_the_place_of_others_elsewhere_leaks,
					       other_field_of_the_records_is_another_place,
					       more_than_is_replaced_leaks,
					       what_replaces_others_that_were_freed_is_not_lost,
					       what_stays_as_many_is_replaced_by_itself,
					       one_block_is_replaced_by_one, NULL});
}
