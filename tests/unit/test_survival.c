/* diagnose/: what grows, by lines and by work, on runs made by hand. A run has 61 intervals;
 * judged are those from the 20th on. */
#include <string.h>

#include "diagnose/finding.h"
#include "history.h"
#include "suites.h"

#define INTERVALS 61
#define STACKS 150

/* -- births and deaths -- */

static uint64_t nothing(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 0;
}
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
static uint64_t all_ten(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 10;
}

static bool says(char *const *lines, size_t count, const char *words)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(lines[i], words))
			return true;
	return false;
}

static struct judged judge(struct history *history)
{
	history->count = INTERVALS;
	history->step = 1;
	return history_judge(history);
}

static size_t findings_of(struct history *history)
{
	struct judged judged = judge(history);
	size_t count = judged.diagnosis->count;

	judged_free(&judged);
	return count;
}

/* -- a leak spread over the call stacks of one line: each has a block in three intervals of the
 * run, at most -- */

static uint64_t scattered(uint64_t born)
{
	return (born * 7 + history_current) % 50 == 0;
}
static uint64_t scattered_stays(uint64_t born, uint64_t now)
{
	(void)now;
	return scattered(born);
}

static void fill_stacks(struct history *history, const struct history_site *site)
{
	for (size_t i = 0; i < STACKS; i++)
		history->sites[i] = *site;
	history->site_count = STACKS;
}

START_TEST(leak_over_many_stacks_is_one_finding)
{
	static const struct history_site leak = {64, scattered, scattered_stays, NULL, 1};
	struct history history = {.graph = true};
	struct judged judged;
	const struct finding *finding;

	fill_stacks(&history, &leak);
	judged = judge(&history);
	ck_assert_uint_eq(judged.diagnosis->count, 1);
	finding = judged.diagnosis->findings[0];
	ck_assert_uint_eq(finding->part_count, 1);
	ck_assert_uint_eq(finding->stacks, STACKS);
	ck_assert_uint_le(finding->site_count, 8);
	ck_assert_double_eq_tol(finding->growth_blocks, 120, 12);
	judged_free(&judged);
}
END_TEST

/* -- a table of 60 entries: the oldest goes for each new one, which another call stack makes -- */

static uint64_t entry_made(uint64_t born)
{
	return history_current == 0 ? (born == 0 ? 60 : 0)
				    : born > 0 && (born - 1) % (STACKS - 1) + 1 == history_current;
}
static uint64_t entry_left(uint64_t born, uint64_t now)
{
	return history_current == 0 ? (born == 0 ? 60 - now : 0) : entry_made(born);
}

START_TEST(entry_that_moves_between_stacks_is_clean)
{
	static const struct history_site table = {64, entry_made, entry_left, NULL, 1};
	struct history history = {.graph = true};

	fill_stacks(&history, &table);
	ck_assert_uint_eq(findings_of(&history), 0);
}
END_TEST

/* -- one caller of a line keeps what it gets, the others' blocks come and go -- */

static uint64_t kept_by_first(uint64_t born, uint64_t now)
{
	return history_current == 0 ? 10
	       : born + 2 > now	    ? 5 + (born * 29 + history_current * 13) % 6
				    : 0;
}

START_TEST(one_caller_that_keeps_is_found)
{
	static const struct history_site site = {64, ten, kept_by_first, NULL, 1};
	struct history history = {.graph = true};

	fill_stacks(&history, &site);
	ck_assert_uint_eq(findings_of(&history), 1);
}
END_TEST

/* -- every line keeps a block now and then: none grows, the heap does; or each gives back what
 * the one before had -- */

static uint64_t handed_on(uint64_t born, uint64_t now)
{
	return scattered(born) && (born * 7 + history_current + 50 > now * 7);
}

START_TEST(leak_that_only_the_whole_shows_is_told)
{
	static const struct history_site line = {640, scattered, scattered_stays, NULL, 0};
	struct history history = {.graph = true};
	struct judged judged;

	fill_stacks(&history, &line);
	judged = judge(&history);
	ck_assert_int_ne(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert_int_eq(judged.diagnosis->findings[0]->kind, FINDING_GROWING);
	ck_assert_uint_eq(judged.diagnosis->findings[0]->stacks, STACKS);
	judged_free(&judged);
	for (size_t i = 0; i < STACKS; i++)
		history.sites[i].left = handed_on;
	judged = judge(&history);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	judged_free(&judged);
}
END_TEST

/* -- work stands still for a third of what is judged -- */

static bool stalls(uint64_t born)
{
	return born >= 30 && born < 44;
}
static uint64_t ten_unless_stalled(uint64_t born)
{
	return stalls(born) ? 0 : 10;
}
static uint64_t all_but_stalled(uint64_t born, uint64_t now)
{
	(void)now;
	return ten_unless_stalled(born);
}
static uint64_t thousand_unless_stalled(uint64_t born)
{
	return stalls(born) ? 0 : 1000;
}
static bool ended(uint64_t born)
{
	return born >= 42;
}
static uint64_t ten_until_end(uint64_t born)
{
	return ended(born) ? 0 : 10;
}
static uint64_t all_until_end(uint64_t born, uint64_t now)
{
	(void)now;
	return ten_until_end(born);
}
static uint64_t thousand_until_end(uint64_t born)
{
	return ended(born) ? 0 : 1000;
}

START_TEST(stall_changes_no_verdict)
{
	struct history history = {.sites = {{64, ten_unless_stalled, all_but_stalled, NULL, 0},
					    {64, thousand_unless_stalled, nothing, NULL, 0}},
				  .site_count = 2};

	ck_assert_uint_eq(findings_of(&history), 1);
	/* the same where the stall is at the end; but what is full while the program works on
	 * is no leak */
	history.sites[0] = (struct history_site){64, ten_until_end, all_until_end, NULL, 0};
	history.sites[1].made = thousand_until_end;
	ck_assert_uint_eq(findings_of(&history), 1);
	history.sites[1].made = thousand;
	ck_assert_uint_eq(findings_of(&history), 0);
}
END_TEST

/* Two lines fill one cache and are full together: neither's end is the end of the program's
 * work. */
START_TEST(two_lines_full_in_step_are_clean)
{
	struct history history = {.sites = {{64, ten_until_end, all_until_end, NULL, 0},
					    {32, ten_until_end, all_until_end, NULL, 0},
					    {64, thousand, nothing, NULL, 0}},
				  .site_count = 3};

	ck_assert_uint_eq(findings_of(&history), 0);
}
END_TEST

/* -- a sweep every ten intervals frees nine tenths of what there is; or all but what is new -- */

#define SWEEP 10

static uint64_t swept_to_floor(uint64_t born, uint64_t now)
{
	return now / SWEEP > born / SWEEP ? 1 : 10;
}
static uint64_t swept_away(uint64_t born, uint64_t now)
{
	return now / SWEEP > born / SWEEP ? 0 : 10;
}

START_TEST(leak_below_sweeps_is_found)
{
	struct history history = {.sites = {{64, ten, swept_to_floor, NULL, 0}}, .site_count = 1};

	ck_assert_uint_eq(findings_of(&history), 1);
	history.sites[0].left = swept_away;
	ck_assert_uint_eq(findings_of(&history), 0);
}
END_TEST

/* The swings are longer than what the time is cut into: the least of a part of the time says
 * nothing then, those that stayed do. */
#define LONG_SWEEP 17

static uint64_t swept_seldom_to_floor(uint64_t born, uint64_t now)
{
	return now / LONG_SWEEP > born / LONG_SWEEP ? 20 : 100;
}
static uint64_t swept_seldom(uint64_t born, uint64_t now)
{
	return now / LONG_SWEEP > born / LONG_SWEEP ? 0 : 100;
}
static uint64_t hundred(uint64_t born)
{
	(void)born;
	return 100;
}

START_TEST(leak_below_long_sweeps_is_found)
{
	struct history history = {.sites = {{64, hundred, swept_seldom_to_floor, NULL, 0}},
				  .site_count = 1};

	ck_assert_uint_eq(findings_of(&history), 1);
	history.sites[0].left = swept_seldom;
	ck_assert_uint_eq(findings_of(&history), 0);
}
END_TEST

/* A queue of which the oldest go, ever longer, while the program stands still for a while. */
static uint64_t stall; /* intervals */

static uint64_t worked(uint64_t interval)
{
	return interval < 25 ? interval : interval < 25 + stall ? 25 : interval - stall;
}
static uint64_t queued(uint64_t born)
{
	return born >= 25 && born < 25 + stall ? 1 : 20;
}
static uint64_t waiting(uint64_t born, uint64_t now)
{
	return (worked(now) - worked(born)) * 3 < worked(now) ? queued(born) : 0;
}
static uint64_t waiting_alike(uint64_t born, uint64_t now)
{
	return worked(now) - worked(born) < 12 ? queued(born) : 0;
}

START_TEST(too_long_a_stall_makes_a_backlog_inconclusive)
{
	struct history history = {.sites = {{64, queued, waiting, NULL, 0}}, .site_count = 1};
	struct judged judged;

	stall = 9;
	ck_assert_uint_eq(findings_of(&history), 1);
	stall = 14; /* too long to be sure */
	judged = judge(&history);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	ck_assert(says(judged.diagnosis->notes, judged.diagnosis->note_count, "replaced in time"));
	judged_free(&judged);
	history.sites[0].left = waiting_alike;
	ck_assert_uint_eq(findings_of(&history), 0);
}
END_TEST

/* Two sweeps only, each of which leaves but the newest, and the second one more of them. */
static uint64_t twice_more(uint64_t born, uint64_t now)
{
	return born >= (now < 30 ? 20 : now < 46 ? 28 : 40) ? 20 : 0;
}
static uint64_t twice_alike(uint64_t born, uint64_t now)
{
	return born >= (now < 30 ? 20 : now < 46 ? 28 : 44) ? 20 : 0;
}
/* Each leaves a few more, and what comes after the second is more than either found. */
static uint64_t twice_highest(uint64_t born, uint64_t now)
{
	bool stays = born == 22 || born == 32;

	return stays || born >= (now < 30 ? 14 : now < 52 ? 30 : 52) ? (born < 52 ? 20 : 60) : 0;
}
static uint64_t twenty(uint64_t born)
{
	(void)born;
	return 20;
}

/* Nothing is ever freed, and the program, or its machine, becomes slower and slower; or it has all
 * that it keeps. */
static uint64_t slower(uint64_t born)
{
	return born < 30 ? 40 : born < 45 ? 4 : 3;
}
static uint64_t all_slower(uint64_t born, uint64_t now)
{
	(void)now;
	return slower(born);
}
static uint64_t slower_and_done(uint64_t born)
{
	return born < 45 ? slower(born) : 0;
}
static uint64_t all_slower_and_done(uint64_t born, uint64_t now)
{
	(void)now;
	return slower_and_done(born);
}

START_TEST(leak_that_slows_with_the_program_is_inconclusive)
{
	struct history history = {.sites = {{64, slower, all_slower, NULL, 0}}, .site_count = 1};
	struct judged judged = judge(&history);

	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	ck_assert(says(judged.diagnosis->notes, judged.diagnosis->note_count, "still rise"));
	judged_free(&judged);
	history.sites[0].made = slower_and_done;
	history.sites[0].left = all_slower_and_done;
	judged = judge(&history);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	judged_free(&judged);
}
END_TEST

/* A queue that becomes longer and longer, of which each block is gone after an interval; or one
 * that has its length from the middle on. */
static uint64_t ever_more(uint64_t born)
{
	return 100 + 5 * born;
}
static uint64_t ever_more_young(uint64_t born, uint64_t now)
{
	return born == now ? ever_more(born) : 0;
}
static uint64_t more_at_first(uint64_t born)
{
	return ever_more(born < 35 ? born : 35);
}
static uint64_t more_at_first_young(uint64_t born, uint64_t now)
{
	return born == now ? more_at_first(born) : 0;
}

START_TEST(queue_of_young_blocks_that_grows_is_not_clean)
{
	struct history history = {.sites = {{64, ever_more, ever_more_young, NULL, 0}},
				  .site_count = 1};
	struct judged judged = judge(&history);

	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	ck_assert(says(judged.diagnosis->notes, judged.diagnosis->note_count, "replaced in time"));
	judged_free(&judged);
	history.sites[0] = (struct history_site){64, more_at_first, more_at_first_young, NULL, 0};
	judged = judge(&history);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	judged_free(&judged);
}
END_TEST

/* An array that doubles, and what comes and goes at the same line. */
static uint64_t once_enlarged(uint64_t born)
{
	return born % 9 == 0;
}
static uint64_t last_enlarged(uint64_t born, uint64_t now)
{
	return born == now / 9 * 9;
}
static uint64_t doubled(uint64_t now)
{
	return 1024u << now / 9;
}
static uint64_t some_young(uint64_t born, uint64_t now)
{
	return born == now ? born * 7 % 13 * 50 : 0;
}

START_TEST(array_within_a_busy_line_is_inconclusive)
{
	struct history history = {.sites = {{1024, once_enlarged, last_enlarged, NULL, 1},
					    {64, thousand, some_young, NULL, 1}},
				  .site_count = 2,
				  .size_at = doubled};
	struct judged judged = judge(&history);

	ck_assert_int_ne(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	judged_free(&judged);
	history.size_at = NULL;
	judged = judge(&history);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	judged_free(&judged);
}
END_TEST

/* The last sixth of the time has a tenth of the work; nothing is ever freed. */
static uint64_t slow_at_last(uint64_t born)
{
	return born < 54 ? 50 : 5;
}
static uint64_t all_slow_at_last(uint64_t born, uint64_t now)
{
	(void)now;
	return slow_at_last(born);
}

START_TEST(leak_that_slows_at_last_is_not_full)
{
	struct history history = {.sites = {{64, slow_at_last, all_slow_at_last, NULL, 0}},
				  .site_count = 1};
	struct judged judged = judge(&history);

	ck_assert_int_ne(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	ck_assert(!says(judged.diagnosis->notes, judged.diagnosis->note_count, "worked on"));
	judged_free(&judged);
}
END_TEST

START_TEST(few_sweeps_are_inconclusive)
{
	struct history history = {.sites = {{64, twenty, twice_more, NULL, 0}}, .site_count = 1};
	struct judged judged = judge(&history);

	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	ck_assert(says(judged.diagnosis->notes, judged.diagnosis->note_count,
		       "each sweep left more"));
	judged_free(&judged);
	history.sites[0].made = hundred;
	history.sites[0].left = twice_highest;
	judged = judge(&history);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	ck_assert(says(judged.diagnosis->notes, judged.diagnosis->note_count,
		       "each sweep left more"));
	judged_free(&judged);
	history.sites[0].made = twenty;
	history.sites[0].left = twice_alike;
	judged = judge(&history);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	judged_free(&judged);
}
END_TEST

/* -- what begins to grow late -- */

static uint64_t begins; /* interval */

static uint64_t ten_from_late_on(uint64_t born)
{
	return born >= begins ? 10 : 0;
}
static uint64_t all_from_late_on(uint64_t born, uint64_t now)
{
	(void)now;
	return ten_from_late_on(born);
}
/* A load that comes, of which each block is replaced within eight intervals. */
static uint64_t replaced_from_late_on(uint64_t born, uint64_t now)
{
	return now - born < 8 ? ten_from_late_on(born) : 0;
}
/* A ring of 200 blocks, of which ever fewer are replaced from then on: they only grow old. */
static uint64_t ring_made(uint64_t born)
{
	return born == 0	    ? 200
	       : born < begins	    ? 100
	       : born < begins + 12 ? 100 - (born - begins) * 8
				    : 4;
}
static uint64_t ring_left(uint64_t born, uint64_t now)
{
	uint64_t younger = 0;

	for (uint64_t later = born + 1; later <= now; later++)
		younger += ring_made(later);
	return younger >= 200			 ? 0
	       : younger + ring_made(born) > 200 ? 200 - younger
						 : ring_made(born);
}
/* All at once. */
static uint64_t once_late(uint64_t born)
{
	return born == begins ? 200 : 0;
}
static uint64_t all_once_late(uint64_t born, uint64_t now)
{
	(void)now;
	return once_late(born);
}

START_TEST(leak_that_begins_late_is_inconclusive)
{
	struct history history = {.site_count = 2};
	static const struct history_site leak = {64, ten_from_late_on, all_from_late_on, NULL, 0},
					 load = {64, ten_from_late_on, replaced_from_late_on, NULL,
						 0},
					 ring = {64, ring_made, ring_left, NULL, 0},
					 once = {64, once_late, all_once_late, NULL, 0};

	for (begins = 44; begins < 54; begins++) {
		struct judged judged;

		history.sites[0] = leak;
		history.sites[1] = (struct history_site){64, thousand, nothing, NULL, 0};
		judged = judge(&history);
		ck_assert_int_ne(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
		ck_assert(judged.diagnosis->count ||
			  says(judged.diagnosis->notes, judged.diagnosis->note_count,
			       "only in the last part of the run"));
		judged_free(&judged);
		history.sites[0] = once;
		judged = judge(&history);
		ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
		judged_free(&judged);
		history.sites[0] = ring;
		judged = judge(&history);
		ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
		judged_free(&judged);
		history.sites[0] = load;
		judged = judge(&history);
		/* what came last may be either */
		ck_assert(judged.diagnosis->verdict == DIAGNOSIS_CLEAN || begins >= 50);
		judged_free(&judged);
	}
}
END_TEST

/* -- all is freed before the program says that it ends -- */

static uint64_t freed_at_last(uint64_t born, uint64_t now)
{
	(void)born;
	return now >= INTERVALS - 2 ? 0 : 10;
}

START_TEST(freeing_at_the_end_is_still_a_leak)
{
	struct history history = {
		.sites = {{64, ten, freed_at_last, NULL, 0}}, .site_count = 1, .ends = true};
	struct judged judged = judge(&history);

	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert(says(judged.diagnosis->notes, judged.diagnosis->note_count,
		       "freed as the program ended"));
	judged_free(&judged);
	history.ends = false;
	judged = judge(&history);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	judged_free(&judged);
}
END_TEST

/* -- ten entries, each replaced at its own pace, and ever more slowly: old ones become more,
 * all of them do not -- */

static uint64_t replaced(uint64_t born)
{
	return born == 0 ? 200 : born < 40 ? 200 - born * 5 : 0;
}
static uint64_t replaced_left(uint64_t born, uint64_t now)
{
	/* a block makes room for each new one, the youngest first */
	return born == now ? replaced(born) : replaced(born) - replaced(born + 1);
}

START_TEST(blocks_that_only_grow_old_are_clean)
{
	struct history history = {
		.sites = {{64, replaced, replaced_left, NULL, 0}, {64, thousand, nothing, NULL, 0}},
		.site_count = 2};

	ck_assert_uint_eq(findings_of(&history), 0);
}
END_TEST

/* -- what becomes full at the end of the run, or has only just begun to give back -- */

#define FULL_AT 56

static uint64_t hundred_until_full(uint64_t born)
{
	return born < FULL_AT ? 100 : 0;
}
static uint64_t stays_until_full(uint64_t born, uint64_t now)
{
	(void)now;
	return hundred_until_full(born);
}
static uint64_t oldest_goes(uint64_t born, uint64_t now)
{
	return born + FULL_AT > now ? 100 : 0;
}

START_TEST(cache_full_only_just_is_told_low)
{
	struct history history = {.sites = {{64, hundred_until_full, stays_until_full, NULL, 0},
					    {64, thousand, nothing, NULL, 0}},
				  .site_count = 2};
	struct judged judged = judge(&history);

	ck_assert(judged.diagnosis->count == 0 || judged.diagnosis->findings[0]->confidence < 0.7);
	judged_free(&judged);
	history.sites[0] = (struct history_site){64, hundred, oldest_goes, NULL, 0};
	judged = judge(&history);
	ck_assert(judged.diagnosis->count == 0 || judged.diagnosis->findings[0]->confidence < 0.7);
	judged_free(&judged);
}
END_TEST

/* -- lost -- */

/* Of twelve intervals of births all are there, and unreachable as the graph sees them; older
 * ones were freed. */
static uint64_t of_twelve(uint64_t born, uint64_t now)
{
	return born + 12 > now ? 10 : 0;
}
/* A queue that three blocks more are added to than are taken from it, of each ten. */
static uint64_t of_growing(uint64_t born, uint64_t now)
{
	uint64_t gone = now > 9 ? (now - 9) * 7 : 0, before = born * 10;

	return gone <= before ? 10 : gone < before + 10 ? before + 10 - gone : 0;
}

/* Of very many the oldest are replaced, few at a time: less than a twentieth, but too many to
 * have been on their way. */
static uint64_t many_at_first(uint64_t born)
{
	return born == 0 ? 4000 : 5;
}
static uint64_t few_go(uint64_t born, uint64_t now)
{
	return born == 0 ? 4000 - 3 * now : 5;
}

START_TEST(hidden_pointers_among_many_are_not_lost)
{
	struct history history = {
		.sites = {{64, many_at_first, few_go, few_go, 0}}, .site_count = 1, .graph = true};
	struct judged judged = judge(&history);

	for (size_t i = 0; i < judged.diagnosis->count; i++)
		ck_assert(!judged.diagnosis->findings[i]->lost);
	judged_free(&judged);
}
END_TEST

START_TEST(blocks_freed_later_are_not_lost)
{
	struct history history = {
		.sites = {{64, ten, of_growing, of_growing, 0}}, .site_count = 1, .graph = true};
	struct judged judged = judge(&history);

	/* It does grow; but what is freed later is not lost. */
	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert_int_eq(judged.diagnosis->findings[0]->kind, FINDING_GROWING);
	ck_assert(!judged.diagnosis->findings[0]->lost);
	ck_assert(says(judged.diagnosis->findings[0]->evidence,
		       judged.diagnosis->findings[0]->evidence_count, "freed later"));
	judged_free(&judged);
	history.sites[0].left = history.sites[0].lost = of_twelve;
	judged = judge(&history);
	ck_assert_uint_eq(judged.diagnosis->count, 0);
	judged_free(&judged);
	history.sites[0].left = history.sites[0].lost = all_ten;
	judged = judge(&history);
	ck_assert_uint_eq(judged.diagnosis->count, 1);
	ck_assert_int_eq(judged.diagnosis->findings[0]->kind, FINDING_LOST);
	judged_free(&judged);
}
END_TEST

/* What the graph does not see a pointer to may be full, too. */
START_TEST(loss_that_stands_still_is_clean)
{
	struct history history = {.sites = {{64, ten_until_end, all_until_end, all_until_end, 0},
					    {64, thousand, nothing, NULL, 0}},
				  .site_count = 2,
				  .graph = true};

	ck_assert_uint_eq(findings_of(&history), 0);
}
END_TEST

/* More lines than are compared with each other: the largest are told, and how many are not. */
START_TEST(more_lines_than_are_compared_are_counted)
{
	static struct history history;

	history = (struct history){.site_count = 560, .count = 31, .step = 2};
	for (size_t i = 0; i < history.site_count; i++)
		history.sites[i] = (struct history_site){i == 559 ? 1000 : 100, ten, all_ten, NULL,
							 (uint32_t)i + 1};
	struct judged judged = history_judge(&history);
	const struct diagnosis *diagnosis = judged.diagnosis;

	ck_assert_int_eq(diagnosis->verdict, DIAGNOSIS_LEAKING);
	ck_assert_uint_eq(diagnosis->findings[0]->part_count, 512);
	ck_assert(says(diagnosis->notes, diagnosis->note_count, "48 more lines grow, by at most"));
	judged_free(&judged);
}
END_TEST

Suite *survival_suite(void)
{
	return suite_of("survival",
			(const TTest *const[]){leak_over_many_stacks_is_one_finding,
					       entry_that_moves_between_stacks_is_clean,
					       one_caller_that_keeps_is_found,
					       leak_that_only_the_whole_shows_is_told,
					       stall_changes_no_verdict,
					       two_lines_full_in_step_are_clean,
					       leak_below_sweeps_is_found,
					       leak_below_long_sweeps_is_found,
					       too_long_a_stall_makes_a_backlog_inconclusive,
					       few_sweeps_are_inconclusive,
					       leak_that_slows_with_the_program_is_inconclusive,
					       leak_that_begins_late_is_inconclusive,
					       queue_of_young_blocks_that_grows_is_not_clean,
					       array_within_a_busy_line_is_inconclusive,
					       leak_that_slows_at_last_is_not_full,
					       freeing_at_the_end_is_still_a_leak,
					       blocks_that_only_grow_old_are_clean,
					       cache_full_only_just_is_told_low,
					       blocks_freed_later_are_not_lost,
					       hidden_pointers_among_many_are_not_lost,
					       loss_that_stands_still_is_clean,
					       more_lines_than_are_compared_are_counted,
					       NULL});
}
