/* diagnose/: climbs that are given back, and what several processes prove; load/: which
 * snapshot stands for a run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diagnose/diagnose.h"
#include "diagnose/finding.h"
#include "diagnose/whole.h"
#include "history.h"
#include "load/ended.h"
#include "load/snapshot.h"
#include "model/blame.h"
#include "model/profile.h"
#include "model/series.h"
#include "silt_snapshot.h"
#include "suites.h"

#define INTERVALS 61
#define LATE 59	 /* the last snapshot shows it freed */
#define EARLY 45 /* so do the last quarter of them */

static uint64_t ten(uint64_t born)
{
	(void)born;
	return 10;
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
static uint64_t until_late(uint64_t born, uint64_t now)
{
	(void)born;
	return now > LATE ? 0 : 10;
}
static uint64_t until_early(uint64_t born, uint64_t now)
{
	(void)born;
	return now > EARLY ? 0 : 10;
}
/* Flushed every 15 intervals. */
static uint64_t until_flushed(uint64_t born, uint64_t now)
{
	return born / 15 == now / 15 ? 10 : 0;
}
static uint64_t one_at_first(uint64_t born)
{
	return born == 0;
}
static uint64_t stays(uint64_t born, uint64_t now)
{
	(void)now;
	return one_at_first(born);
}

static struct judged judge(uint64_t (*left)(uint64_t born, uint64_t now), uint64_t flat)
{
	struct history history = {.sites = {{1024, ten, left, NULL, 0},
					    {64, thousand, nothing, NULL, 0}, /* work */
					    {flat ? flat : 16, one_at_first, stays, NULL, 0}},
				  .site_count = 3,
				  .count = INTERVALS,
				  .step = 1};

	return history_judge(&history);
}

static size_t notes(const struct judged *judged)
{
	size_t count = 0;

	for (size_t i = 0; i < judged->diagnosis->note_count; i++)
		count += strstr(judged->diagnosis->notes[i], "freed at once") != NULL;
	return count;
}

START_TEST(leak_that_the_load_ended_is_told)
{
	struct judged judged = judge(until_late, 0);

	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_LEAKING);
	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert_int_eq(judged.diagnosis->findings[0]->kind, FINDING_GROWING);
	ck_assert(judged.diagnosis->findings[0]->freed_seconds > 0);
	ck_assert_uint_eq(notes(&judged), 1);
	judged_free(&judged);
}
END_TEST

/* Beside a heap that is a hundred times as large only its line shows it. */
START_TEST(leak_beside_a_large_heap_is_told)
{
	struct judged judged = judge(until_late, 60ul << 20);

	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert_uint_eq(notes(&judged), 1);
	judged_free(&judged);
}
END_TEST

/* So little in a heap of many blocks: it could be a small cache as well, but it is not passed
 * over. */
static uint64_t two(uint64_t born)
{
	(void)born;
	return 2;
}
static uint64_t two_until_late(uint64_t born, uint64_t now)
{
	return until_late(born, now) ? 2 : 0;
}
static uint64_t five_hundred_at_first(uint64_t born)
{
	return born == 0 ? 500 : 0;
}
static uint64_t five_hundred_stay(uint64_t born, uint64_t now)
{
	(void)now;
	return five_hundred_at_first(born);
}

START_TEST(little_leak_beside_many_blocks_is_told)
{
	struct history history = {
		.sites = {{22, two, two_until_late, NULL, 0},
			  {64, thousand, nothing, NULL, 0},
			  {200, five_hundred_at_first, five_hundred_stay, NULL, 0}},
		.site_count = 3,
		.count = INTERVALS,
		.step = 1};
	struct judged judged = history_judge(&history);

	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	ck_assert_uint_eq(notes(&judged), 1);
	judged_free(&judged);
}
END_TEST

START_TEST(freeing_while_work_goes_on_is_noted_only)
{
	struct judged judged = judge(until_early, 0);

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	ck_assert_uint_eq(notes(&judged), 1);
	judged_free(&judged);
}
END_TEST

START_TEST(flushing_is_not_noted)
{
	struct judged judged = judge(until_flushed, 0);

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	ck_assert_uint_eq(notes(&judged), 0);
	judged_free(&judged);
}
END_TEST

START_TEST(idle_program_is_inconclusive)
{
	struct history history = {.sites = {{1024, one_at_first, stays, NULL, 0}},
				  .site_count = 1,
				  .count = INTERVALS,
				  .step = 1};
	struct judged judged = history_judge(&history);

	ck_assert(judged.diagnosis->idle);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	judged_free(&judged);
}
END_TEST

START_TEST(whole_verdict_weighs_all_processes)
{
	static const struct {
		struct whole whole;
		enum diagnosis_verdict verdict;
	} cases[] = {
		{{.clean = 1}, DIAGNOSIS_CLEAN},
		{{.clean = 1, .idle = 200}, DIAGNOSIS_CLEAN},
		{{.clean = 1, .inconclusive = 1}, DIAGNOSIS_CLEAN},
		{{.clean = 1, .inconclusive = 243}, DIAGNOSIS_INCONCLUSIVE},
		{{.idle = 3}, DIAGNOSIS_INCONCLUSIVE},
		{{.clean = 100, .unrecorded = 1}, DIAGNOSIS_INCONCLUSIVE},
		{{.clean = 100, .inconclusive = 1, .cut_short = 1}, DIAGNOSIS_INCONCLUSIVE},
		{{.leaking = 1, .inconclusive = 243, .unrecorded = 1}, DIAGNOSIS_LEAKING},
		{{0}, DIAGNOSIS_INCONCLUSIVE},
	};
	char *text = whole_sentence(&cases[3].whole);

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_int_eq(whole_verdict(&cases[i].whole), cases[i].verdict);
	ck_assert_str_eq(text, "1 of 244 processes could be judged, 243 inconclusive");
	free(text);
}
END_TEST

/* -- a heap that rises in the last two intervals only, and what ended the process then -- */

static uint64_t thousand_at_last(uint64_t born)
{
	return born + 3 > INTERVALS ? 1000 : 0;
}
static uint64_t all_at_last(uint64_t born, uint64_t now)
{
	(void)now;
	return thousand_at_last(born);
}

/* The verdict of a run directory with that note of its end (NULL: none). */
static enum diagnosis_verdict verdict_after(const struct history *history, const char *ended,
					    const char *says)
{
	static const struct blame blame = {0};
	const struct diagnosis_options options = {-1, -1, &blame};
	char directory[] = "/tmp/silt-unit.XXXXXX", paths[INTERVALS][64], *list[INTERVALS];
	char note[64], command[100];
	struct snapshot_error error;
	struct judged judged = {.context = profile_context_new()};
	enum diagnosis_verdict verdict;
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	history_write(history, directory);
	snprintf(note, sizeof note, "%s/" ENDED_FILE, directory);
	file = ended ? fopen(note, "we") : NULL;
	if (file) {
		fputs(ended, file);
		fclose(file);
	}
	for (size_t i = 0; i < history->count; i++) {
		snprintf(paths[i], sizeof paths[i], "%s/%04zu.silt", directory, i + 1);
		list[i] = paths[i];
	}
	judged.series = series_read(list, history->count, false, &error);
	ck_assert_msg(judged.series != NULL, "%s", error.text);
	judged.diagnosis = diagnosis_new(judged.series, judged.context, &options);
	verdict = judged.diagnosis->verdict;
	ck_assert_int_eq(judged.diagnosis->cut_short, says != NULL);
	if (says)
		ck_assert_ptr_nonnull(strstr(diagnosis_reason(judged.diagnosis), says));
	judged_free(&judged);
	snprintf(command, sizeof command, "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
	return verdict;
}

START_TEST(run_cut_short_while_it_grows_is_not_clean)
{
	struct history history = {.sites = {{1024, thousand_at_last, all_at_last, NULL, 0},
					    {64, thousand, nothing, NULL, 0}, /* work */
					    {4096, one_at_first, stays, NULL, 0}},
				  .site_count = 3,
				  .count = INTERVALS,
				  .step = 1};

	ck_assert_int_eq(verdict_after(&history, "9 1 1\n", "signal 9 (Killed) ended it while"),
			 DIAGNOSIS_INCONCLUSIVE);
	ck_assert_int_eq(verdict_after(&history, "11 1 0\n", "signal 11"), DIAGNOSIS_INCONCLUSIVE);
	ck_assert_int_eq(verdict_after(&history, "6 1 0\n", "signal 6"), DIAGNOSIS_INCONCLUSIVE);
	/* a stop signal, or an end that nothing is known of */
	ck_assert_int_eq(verdict_after(&history, "15 1 0\n", NULL), DIAGNOSIS_CLEAN);
	ck_assert_int_eq(verdict_after(&history, NULL, NULL), DIAGNOSIS_CLEAN);
	/* what did not grow in any snapshot may have grown after the last */
	history.sites[0].left = nothing;
	ck_assert_int_eq(verdict_after(&history, "9 1 1\n", "out of memory"),
			 DIAGNOSIS_INCONCLUSIVE);
	ck_assert_int_eq(verdict_after(&history, "9 1 0\n", NULL), DIAGNOSIS_CLEAN);
	history.count = 1;
	ck_assert_int_eq(verdict_after(&history, "9 1 1\n", "out of memory"),
			 DIAGNOSIS_INCONCLUSIVE);
	ck_assert_int_eq(verdict_after(&history, "9 1 0\n", NULL), DIAGNOSIS_INCONCLUSIVE);
}
END_TEST

/* In three intervals to many times what it was, by call stacks of which none stays the same. */
static uint64_t much_at_last(uint64_t born)
{
	return born + 4 > INTERVALS ? 1000 : 0;
}
static uint64_t all_much_at_last(uint64_t born, uint64_t now)
{
	(void)now;
	return much_at_last(born);
}

START_TEST(heap_that_doubles_at_last_is_inconclusive)
{
	struct history history = {.sites = {{4096, much_at_last, all_much_at_last, NULL, 0},
					    {64, thousand, nothing, NULL, 0}, /* work */
					    {4096, one_at_first, stays, NULL, 0}},
				  .site_count = 3,
				  .count = INTERVALS,
				  .step = 1};
	struct judged judged = history_judge(&history);

	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	ck_assert(!judged.diagnosis->cut_short);
	ck_assert_ptr_nonnull(strstr(diagnosis_reason(judged.diagnosis), "at last the live heap"));
	judged_free(&judged);
}
END_TEST

/* From silt_process to whether the snapshot shows the program at its work. */
START_TEST(snapshots_of_the_end_show_no_work)
{
	static const struct {
		uint32_t trigger, cause;
		uint64_t end_ns;
		bool works;
	} cases[] = {
		{SILT_TRIGGER_INTERVAL, 0, 0, true},
		{SILT_TRIGGER_INTERVAL, SILT_END_EXIT, 1, false},
		{SILT_TRIGGER_REQUEST, SILT_END_STOP, 1, false},
		{SILT_TRIGGER_ENDING, SILT_END_STOP, 1, true},
		{SILT_TRIGGER_EXIT, SILT_END_EXIT, 1, false},
		{SILT_TRIGGER_EXIT, SILT_END_SUDDEN, 1, true},
		{SILT_TRIGGER_EXIT, 0, 0, false}, /* written before there were marks */
		{SILT_TRIGGER_KILLED, SILT_END_KILLED, 1, false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct silt_process process = {.trigger = cases[i].trigger,
					       .end_cause = cases[i].cause,
					       .end_ns = cases[i].end_ns};

		ck_assert_msg(snapshot_shows_work(&process) == cases[i].works, "case %zu", i);
	}
}
END_TEST

Suite *ends_suite(void)
{
	return suite_of("ends",
			(const TTest *const[]){
				leak_that_the_load_ended_is_told, leak_beside_a_large_heap_is_told,
				little_leak_beside_many_blocks_is_told,
				freeing_while_work_goes_on_is_noted_only, flushing_is_not_noted,
				run_cut_short_while_it_grows_is_not_clean,
				heap_that_doubles_at_last_is_inconclusive,
				idle_program_is_inconclusive, whole_verdict_weighs_all_processes,
				snapshots_of_the_end_show_no_work, NULL});
}
