/* diagnose/: runs made by hand, each with its verdict. */
#include <string.h>

#include "diagnose/finding.h"
#include "history.h"
#include "silt_snapshot.h"
#include "suites.h"

static uint64_t none(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 0;
}
static uint64_t all_of_one(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 1;
}
static uint64_t one(uint64_t born)
{
	(void)born;
	return 1;
}
static uint64_t two_hundred_and_one(uint64_t born)
{
	(void)born;
	return 201;
}
static uint64_t three(uint64_t born)
{
	(void)born;
	return 3;
}

/* What was made in the current interval is there, and one block stays. */
static uint64_t one_among_churn(uint64_t born, uint64_t now)
{
	return born == now ? 201 : 1;
}

/* -- bins wider than a generation -- */

START_TEST(thinned_run_shows_a_leak_among_churn)
{
	struct history history = {.sites = {{1024, two_hundred_and_one, one_among_churn, NULL, 0}},
				  .site_count = 1,
				  .first = 3,
				  .step = 4,
				  .count = 250};
	struct judged judged = history_judge(&history);
	const struct finding *finding;
	uint64_t survivors = 0;

	ck_assert_uint_eq(judged.diagnosis->count, 1);
	finding = judged.diagnosis->findings[0];
	/* 16 generations a bin: the last is not over yet; the warm-up ends in the 334th */
	ck_assert_uint_eq(judged.series->snapshots[249]->process.generation_width, 16);
	ck_assert_uint_eq(finding->generation_count, 41);
	for (size_t i = 0; i < finding->generation_count; i++) {
		ck_assert_uint_eq(finding->generations[i], 16);
		survivors += finding->generations[i];
	}
	ck_assert_uint_eq(survivors, 656);
	ck_assert_ptr_nonnull(strstr(finding->evidence[finding->evidence_count - 1],
				     "blocks from 41 of 41 intervals"));
	judged_free(&judged);
}
END_TEST

/* What is made and freed within an interval is no survivor, however the snapshots lie beside
 * the bins. */
START_TEST(churn_beside_bins_is_not_a_leak)
{
	static const uint64_t steps[] = {1, 2, 3, 4, 5};

	for (uint64_t first = 0; first < 4; first++) {
		for (size_t i = 0; i < 5; i++) {
			struct history history = {
				.sites = {{1024, two_hundred_and_one, one_among_churn, NULL, 0}},
				.site_count = 1,
				.first = first,
				.step = steps[i],
				.count = 250};
			struct judged judged = history_judge(&history);

			ck_assert_uint_eq(judged.diagnosis->count, 1);
			judged_free(&judged);
		}
	}
}
END_TEST

/* The same in a run of which every snapshot is kept, and none thinner than an interval. */
START_TEST(whole_run_shows_a_leak_among_churn)
{
	struct history history = {.sites = {{1024, three, one_among_churn, NULL, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1};
	struct judged judged;

	history.sites[0].left = all_of_one;
	judged = history_judge(&history);
	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert_uint_eq(judged.diagnosis->findings[0]->generation_count, 20);
	for (size_t i = 0; i < 20; i++)
		ck_assert_uint_eq(judged.diagnosis->findings[0]->generations[i], 1);
	judged_free(&judged);
}
END_TEST

START_TEST(nothing_that_stays_is_clean)
{
	struct history history = {.sites = {{1024, one, none, NULL, 0}},
				  .site_count = 1,
				  .first = 3,
				  .step = 4,
				  .count = 250};
	struct judged judged = history_judge(&history);

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	judged_free(&judged);
}
END_TEST

/* -- a burst at the first snapshot that is judged, the eleventh -- */

#define BURST 10

static uint64_t burst_made(uint64_t born)
{
	return born == BURST ? 1001 : 1;
}
static uint64_t burst_left(uint64_t born, uint64_t now)
{
	return born == BURST && now == BURST ? 1001 : 1;
}

START_TEST(rate_leaves_out_a_burst)
{
	struct history history = {.sites = {{1024, burst_made, burst_left, NULL, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1};
	struct judged judged = history_judge(&history);

	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert_double_eq_tol(judged.diagnosis->findings[0]->growth_blocks, 20, 0.1);
	ck_assert_double_eq_tol(judged.diagnosis->findings[0]->growth_bytes, 20 * 1024, 0.1);
	ck_assert_double_eq_tol(judged.diagnosis->findings[0]->bytes_per_second, 10 * 1024, 1);
	judged_free(&judged);
}
END_TEST

static uint64_t early(uint64_t born, uint64_t now)
{
	return born < 5 || born == now ? 1 : 0;
}

/* Live bytes fall, and so does nothing grow: start-up and churn. */
START_TEST(burst_alone_is_clean)
{
	struct history history = {.sites = {{1024, burst_made, early, NULL, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1};
	struct judged judged = history_judge(&history);

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	judged_free(&judged);
}
END_TEST

/* -- a site that loses blocks, while what else it made goes -- */

static uint64_t shrinking_made(uint64_t born)
{
	return born == 0 ? 1001 : 1;
}
static uint64_t shrinking_left(uint64_t born, uint64_t now)
{
	return born == 0 ? 1001 - 20 * now : 1;
}

START_TEST(loss_is_told_beside_what_goes)
{
	struct history history = {.sites = {{1024, shrinking_made, shrinking_left, all_of_one, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1,
				  .graph = true};
	struct judged judged = history_judge(&history);
	const struct finding *finding;

	ck_assert_uint_eq(judged.diagnosis->count, 1);
	finding = judged.diagnosis->findings[0];
	ck_assert_int_eq(finding->kind, FINDING_LOST);
	ck_assert(finding->lost);
	ck_assert_uint_eq(finding->live_blocks, 31);
	ck_assert_uint_eq(finding->live_bytes, 31 * 1024);
	ck_assert_double_eq_tol(finding->growth_blocks, 20, 0.1);
	ck_assert_double_eq_tol(finding->growth_bytes, 20 * 1024, 0.1);
	judged_free(&judged);
}
END_TEST

/* Where all is lost the figures are those of the site. */
START_TEST(figures_of_all_lost_are_those_of_the_site)
{
	struct history history = {.sites = {{1000, one, all_of_one, all_of_one, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1,
				  .graph = true};
	struct judged judged = history_judge(&history);

	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert_uint_eq(judged.diagnosis->findings[0]->live_blocks, 31);
	ck_assert_double_eq_tol(judged.diagnosis->findings[0]->growth_bytes, 20000, 0.1);
	judged_free(&judged);
}
END_TEST

/* -- what stands still at the end, from the 48th interval on: for nearly the last third of the
 * time that is judged -- */

#define STILL 48

static uint64_t filling(uint64_t born)
{
	return born < STILL ? 100 : 0;
}
static uint64_t filling_left(uint64_t born, uint64_t now)
{
	(void)now;
	return filling(born);
}
static uint64_t filling_before(uint64_t born)
{
	return born < STILL - 3 ? 100 : 0;
}
static uint64_t filling_before_left(uint64_t born, uint64_t now)
{
	(void)now;
	return filling_before(born);
}
static uint64_t ten_thousand(uint64_t born)
{
	(void)born;
	return 10000;
}
static uint64_t ten_thousand_at_first(uint64_t born)
{
	return born < STILL ? 10000 : 0;
}
static uint64_t works_on(uint64_t now)
{
	return now * 10;
}
static uint64_t works_at_first(uint64_t now)
{
	return (now < STILL ? now : STILL) * 10;
}

static struct judged stands_still(uint64_t (*churn)(uint64_t), uint64_t (*iterations)(uint64_t))
{
	struct history history = {
		.sites = {{100, filling, filling_left, NULL, 0}, {100, churn, none, NULL, 0}},
		.site_count = 2,
		.count = 61,
		.step = 1,
		.iterations = iterations};

	return history_judge(&history);
}

static bool says(char *const *lines, size_t count, const char *words)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(lines[i], words))
			return true;
	return false;
}

static void expect_full(struct judged judged)
{
	ck_assert_uint_eq(judged.diagnosis->count, 0);
	ck_assert(says(judged.diagnosis->notes, judged.diagnosis->note_count, "full by now"));
	judged_free(&judged);
}

static void expect_idle(struct judged judged, const char *words)
{
	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert(says(judged.diagnosis->findings[0]->evidence,
		       judged.diagnosis->findings[0]->evidence_count, words));
	judged_free(&judged);
}

START_TEST(cache_full_at_last_is_clean)
{
	expect_full(stands_still(ten_thousand, NULL));
	expect_full(stands_still(ten_thousand_at_first, works_on));
}
END_TEST

/* It slowed down earlier still: survivors of older age only see that later. */
START_TEST(cache_full_before_is_clean)
{
	struct history history = {.sites = {{100, filling_before, filling_before_left, NULL, 0},
					    {100, ten_thousand, none, NULL, 0}},
				  .site_count = 2,
				  .count = 61,
				  .step = 1};
	struct judged judged = history_judge(&history);

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	judged_free(&judged);
}
END_TEST

/* What is made in an interval when each one makes so many percent of the one before. */
static uint64_t ever_fewer(uint64_t born, uint64_t percent)
{
	uint64_t thousandths = 1000000;

	for (; born > 20; born--)
		thousandths = thousandths * percent / 100;
	return thousandths / 1000;
}
static uint64_t hardly_rising(uint64_t born)
{
	return ever_fewer(born, 90);
}
static uint64_t hardly_rising_left(uint64_t born, uint64_t now)
{
	(void)now;
	return hardly_rising(born);
}
static uint64_t still_rising(uint64_t born)
{
	return ever_fewer(born, 95);
}
static uint64_t still_rising_left(uint64_t born, uint64_t now)
{
	(void)now;
	return still_rising(born);
}

static enum diagnosis_verdict fill(size_t sites)
{
	struct history history = {.sites = {{100, ten_thousand, none, NULL, 0},
					    {10000, hardly_rising, hardly_rising_left, NULL, 0},
					    {10, still_rising, still_rising_left, NULL, 0}},
				  .site_count = sites,
				  .count = 61,
				  .step = 1};
	struct judged judged = history_judge(&history);
	enum diagnosis_verdict verdict = judged.diagnosis->verdict;

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	ck_assert(says(judged.diagnosis->notes, judged.diagnosis->note_count, "ever more slowly"));
	judged_free(&judged);
	return verdict;
}

/* What still rises is looked at, though more bytes are in what hardly does. */
START_TEST(little_that_fills_beside_much_is_inconclusive)
{
	ck_assert_int_eq(fill(2), DIAGNOSIS_CLEAN);
	ck_assert_int_eq(fill(3), DIAGNOSIS_INCONCLUSIVE);
}
END_TEST

START_TEST(idle_program_is_still_leaking)
{
	expect_idle(stands_still(ten_thousand_at_first, NULL),
		    "it did not grow in the last 1.3 s, in which the program allocated hardly "
		    "anything");
	expect_idle(stands_still(ten_thousand, works_at_first),
		    "in which the program did hardly anything");
}
END_TEST

/* -- a list under one block with eight functions -- */

static uint64_t one_at_first(uint64_t born)
{
	return born == 0;
}
static uint64_t first_stays(uint64_t born, uint64_t now)
{
	(void)now;
	return born == 0;
}
static uint64_t twenty(uint64_t born)
{
	(void)born;
	return 20;
}
static uint64_t all_of_twenty(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 20;
}

static const uint64_t one_global[] = {SILT_ROOT_GLOBAL, 1, 0, 0x4000, 64, 0, SILT_ROOT_SYMBOL};
/* the root leads to site 0, that to site 1 */
static const uint64_t two_paths[] = {0, 0, 1, 1024, 1, 0, 0, 1, 0, 1, 600, 60000, 1, 1, 64, 600};
static const uint64_t eight_functions[] = {
	0, 0,  0, 1, 0x100, 1, 0, 8,  0, 1, 0x200, 1, 0, 16, 0, 1, 0x300, 1, 0, 24, 0, 1, 0x400, 1,
	0, 32, 0, 1, 0x500, 1, 0, 40, 0, 1, 0x600, 1, 0, 48, 0, 1, 0x700, 1, 0, 56, 0, 1, 0x800, 1};
static const uint64_t many_functions[] = {0, 0, 0, 1, 0x100, 600};
/* one pointer to a list; or one to each of its elements */
static const uint64_t one_pointer[] = {0 << 1, 64, 0, 0, 1, 1, 1, 0, 0};
static const uint64_t many_pointers[] = {0 << 1, 8, 16, 9584, 1, 1, 600, 0, 0};

#define RECORDS(list, each)                                                                        \
	{                                                                                          \
		list, sizeof list / sizeof list[0], sizeof list / sizeof list[0] / (each)          \
	}

static enum finding_kind kind_under(struct history_records edges, struct history_records code)
{
	struct history history = {.sites = {{16384, one_at_first, first_stays, NULL, 0},
					    {100, twenty, all_of_twenty, NULL, 0}},
				  .site_count = 2,
				  .count = 31,
				  .step = 1,
				  .graph = true,
				  .roots = RECORDS(one_global, 7),
				  .edges = edges,
				  .paths = {two_paths, sizeof two_paths / sizeof two_paths[0], 2},
				  .code = code};
	struct judged judged = history_judge(&history);
	enum finding_kind kind;

	ck_assert_uint_eq(judged.diagnosis->count, 1);
	kind = judged.diagnosis->findings[0]->kind;
	judged_free(&judged);
	return kind;
}

START_TEST(callbacks_above_make_a_listener)
{
	const struct history_records one_edge = RECORDS(one_pointer, 9),
				     array = RECORDS(many_pointers, 9);
	const struct history_records context = RECORDS(eight_functions, 6),
				     pairs = RECORDS(many_functions, 6);

	ck_assert_int_eq(kind_under(one_edge, context), FINDING_GROWING_CACHE);
	ck_assert_int_eq(kind_under(array, pairs), FINDING_LISTENER_LEAK);
	ck_assert_int_eq(kind_under(array, context), FINDING_GROWING_CACHE);
	/* a table of functions, and one list among others */
	ck_assert_int_eq(kind_under(one_edge, pairs), FINDING_GROWING_CACHE);
}
END_TEST

/* -- memory beside malloc, and threads -- */

static uint32_t mapping_kind, mappings_a_step;

static void megabyte_more(struct silt_mapping *mapping, uint64_t now)
{
	mapping->kind = mapping_kind;
	mapping->count = 10 + (uint32_t)now * mappings_a_step;
	mapping->size = mapping->resident = (now + 1) << 20;
}
static void one_more_thread(struct silt_process *process, uint64_t now)
{
	process->threads = now < 20 ? 3 : 4;
}
static void ever_more_threads(struct silt_process *process, uint64_t now)
{
	process->threads = (uint32_t)now + 1;
}

static size_t mapping_findings(uint32_t kind, uint32_t count_step,
			       void (*threads)(struct silt_process *, uint64_t))
{
	struct history history = {.sites = {{100, one, none, NULL, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1,
				  .process = threads,
				  .mapping = megabyte_more};
	struct judged judged;
	size_t count;

	mapping_kind = kind;
	mappings_a_step = count_step;
	judged = history_judge(&history);
	count = judged.diagnosis->count;
	judged_free(&judged);
	return count;
}

START_TEST(mappings_of_threads_are_not_told)
{
	ck_assert_uint_eq(mapping_findings(SILT_MAPPING_ANONYMOUS, 1, NULL), 1);
	ck_assert_uint_eq(mapping_findings(SILT_MAPPING_ANONYMOUS, 1, one_more_thread), 1);
	/* what lies side by side is one mapping */
	ck_assert_uint_eq(mapping_findings(SILT_MAPPING_ANONYMOUS, 0, one_more_thread), 1);
	ck_assert_uint_eq(mapping_findings(SILT_MAPPING_ANONYMOUS, 2, ever_more_threads), 0);
	ck_assert_uint_eq(mapping_findings(SILT_MAPPING_ANONYMOUS, 3, ever_more_threads), 1);
	ck_assert_uint_eq(mapping_findings(SILT_MAPPING_FILE, 1, ever_more_threads), 1);
}
END_TEST

/* -- free memory within the allocator's arenas -- */

static uint64_t free_chunks;
static uint32_t threads_at_first;

static void mostly_free(struct silt_process *process, uint64_t now)
{
	process->threads = now == 0 ? threads_at_first : 1;
	process->heap_arena_bytes = 100 << 20;
	process->heap_free_bytes = 80 << 20;
	process->heap_trimmable_bytes = 1 << 20;
	process->heap_free_chunks = free_chunks;
}

static size_t findings_with_chunks(uint64_t chunks, uint32_t threads)
{
	struct history history = {.sites = {{100, one, none, NULL, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1,
				  .process = mostly_free};
	struct judged judged;
	size_t count;

	free_chunks = chunks;
	threads_at_first = threads;
	judged = history_judge(&history);
	count = judged.diagnosis->count;
	if (count)
		ck_assert(says(judged.diagnosis->findings[0]->evidence,
			       judged.diagnosis->findings[0]->evidence_count,
			       "pinned between live blocks"));
	judged_free(&judged);
	return count;
}

/* A few large pieces may be the tops of threads' arenas. */
START_TEST(many_free_pieces_are_fragmentation)
{
	ck_assert_uint_eq(findings_with_chunks(10000, 2), 1);
	ck_assert_uint_eq(findings_with_chunks(64, 2), 0);
	ck_assert_uint_eq(findings_with_chunks(0, 2), 0);
	ck_assert_uint_eq(findings_with_chunks(8, 1), 1);
}
END_TEST

static uint64_t footprint_kib;	/* what the heap comes to rest at, */
static uint64_t footprint_pace; /* intervals in which it comes half as near */

/* 10 MiB are live; the rest of the footprint is free between them, and becomes more ever more
 * slowly. */
static void slowing(struct silt_process *process, uint64_t now)
{
	double left = 1;

	for (uint64_t i = 0; i < now; i++)
		left *= 1 - 0.7 / (double)footprint_pace;
	process->live_bytes = process->peak_live_bytes = 10 << 20;
	process->heap_arena_bytes =
		(uint64_t)((double)(footprint_kib << 10) * (1 - left)) + (11 << 20);
	process->heap_free_bytes = process->heap_arena_bytes - process->live_bytes;
	process->heap_free_chunks = 10000;
}

static enum diagnosis_verdict verdict_slowing(uint64_t kib, uint64_t pace)
{
	struct history history = {.sites = {{100, one, none, NULL, 0}},
				  .site_count = 1,
				  .count = 31,
				  .step = 1,
				  .process = slowing};
	struct judged judged;
	enum diagnosis_verdict verdict;

	footprint_kib = kib;
	footprint_pace = pace;
	judged = history_judge(&history);
	verdict = judged.diagnosis->verdict;
	judged_free(&judged);
	return verdict;
}

/* A footprint that rises to the end is not clean because it does so ever more slowly: while it
 * is above all need it leaks; where it has come to rest it does not. */
START_TEST(footprint_above_all_need_is_a_leak)
{
	ck_assert_uint_eq(verdict_slowing(20 << 10, 8), DIAGNOSIS_LEAKING);
	ck_assert_uint_eq(verdict_slowing(6 << 10, 8), DIAGNOSIS_INCONCLUSIVE);
	ck_assert_uint_eq(verdict_slowing(6 << 10, 2), DIAGNOSIS_CLEAN);
}
END_TEST

Suite *diagnose_suite(void)
{
	return suite_of(
		"diagnose",
		(const TTest *const[]){
			thinned_run_shows_a_leak_among_churn, churn_beside_bins_is_not_a_leak,
			whole_run_shows_a_leak_among_churn, nothing_that_stays_is_clean,
			rate_leaves_out_a_burst, burst_alone_is_clean,
			loss_is_told_beside_what_goes, figures_of_all_lost_are_those_of_the_site,
			cache_full_at_last_is_clean, cache_full_before_is_clean,
			little_that_fills_beside_much_is_inconclusive,
			idle_program_is_still_leaking, callbacks_above_make_a_listener,
			mappings_of_threads_are_not_told, many_free_pieces_are_fragmentation,
			footprint_above_all_need_is_a_leak, NULL});
}
