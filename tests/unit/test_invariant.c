/*
 * What must hold of every verdict, on runs made by chance: if the old blocks of the whole heap
 * become steadily more, the run is never called clean, whoever keeps them and however they are
 * spread; and where nothing stays, it is never called leaking.
 *
 * Whether they become more is counted here from births and deaths, not asked of the analyzer.
 */
#include <stdio.h>

#include "diagnose/finding.h"
#include "history.h"
#include "suites.h"

#ifdef __SANITIZE_ADDRESS__
#define RUNS 60 /* 250 take minutes with sanitizers */
#else
#define RUNS 250
#endif
#define INTERVALS 61
#define JUDGED 20 /* the first snapshot judged */
#define MOST_SITES 12
#define OLD 8 /* intervals */
#define WINDOWS 5
#define LEAST_RISE 64.0 /* blocks */
#define LEAST_STEP 0.6	/* of the mean rise from window to window */

enum life {
	IMMORTAL, /* all stay */
	NEEDLE,	  /* one in `share` stays, the others go at once */
	FLOOR,	  /* each `period` a sweep leaves one in `share` */
	SWEPT,	  /* ... leaves none */
	BOUNDED,  /* each stays for `period` intervals: a cache that is full from then on */
	TURNOVER, /* none outlives its interval */
	AT_START, /* made in the first `period` intervals only, and kept */
	LIVES
};

struct chance_site {
	enum life life;
	uint64_t rate, share, period;
};

static struct chance_site sites[MOST_SITES];
static uint64_t stall_from, stall_to;
static uint64_t chance_state;

static uint64_t chance(uint64_t below)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return chance_state % below;
}

static uint64_t between(uint64_t low, uint64_t high)
{
	return low + chance(high - low + 1);
}

/* Uneven, but the same whenever it is asked for. */
static uint64_t made(uint64_t born)
{
	const struct chance_site *site = &sites[history_current];
	uint64_t uneven =
		(born + 1) * 0x9e3779b97f4a7c15u ^ (history_current + 1) * 0xbf58476d1ce4e5b9u;

	uneven = (uneven ^ uneven >> 29) * 0x94d049bb133111ebu >> 33;

	if ((born >= stall_from && born < stall_to) ||
	    (site->life == AT_START && born >= site->period))
		return 0;
	return site->rate - site->rate / 4 + uneven % (site->rate / 2 + 1);
}

static uint64_t one_in(uint64_t blocks, uint64_t born, uint64_t share)
{
	return blocks / share + (born % share < blocks % share);
}

static uint64_t left(uint64_t born, uint64_t now)
{
	const struct chance_site *site = &sites[history_current];
	uint64_t blocks = made(born);

	switch (site->life) {
	case IMMORTAL:
	case AT_START:
		return blocks;
	case NEEDLE:
		return now == born ? blocks : one_in(blocks, born, site->share);
	case FLOOR:
		return now / site->period > born / site->period ? one_in(blocks, born, site->share)
								: blocks;
	case SWEPT:
		return now / site->period > born / site->period ? 0 : blocks;
	case BOUNDED:
		return born + site->period > now ? blocks : 0;
	default:
		return now == born ? blocks : 0;
	}
}

/* A run by number: a few sites, some of them call stacks of one line, and now and then a stall. */
static struct history chance_run(uint64_t number, bool leaks)
{
	struct history history = {.count = INTERVALS, .step = 1, .graph = number % 2};

	chance_state = 88172645463325252u + number * 0x9e3779b97f4a7c15u;
	for (int i = 0; i < 8; i++)
		chance(2);
	history.site_count = between(1, MOST_SITES);
	stall_from = chance(3) ? INTERVALS : between(JUDGED + 8, INTERVALS - 20);
	stall_to = stall_from + between(2, 6);
	for (size_t i = 0; i < history.site_count; i++) {
		enum life life = leaks ? chance(LIVES) : between(SWEPT, AT_START);

		sites[i] = (struct chance_site){.life = life,
						.rate = between(1, 5) * between(1, 40),
						.share = between(2, 12),
						.period = between(2, 16)};
		history.sites[i] = (struct history_site){.size = 16 * between(1, 20),
							 .made = made,
							 .left = left,
							 .line = (uint32_t)chance(4)};
	}
	return history;
}

static double blocks_at(const struct history *history, uint64_t now, uint64_t age)
{
	double blocks = 0;

	for (size_t i = 0; i < history->site_count; i++) {
		history_current = i;
		for (uint64_t born = 0; born + age <= now; born++)
			blocks += (double)left(born, now);
	}
	return blocks;
}

/* Does the least of each window rise, by nearly as much each time? */
static bool rises(const struct history *history, uint64_t age)
{
	double least[WINDOWS], mean;

	for (uint64_t w = 0; w < WINDOWS; w++) {
		uint64_t width = (INTERVALS - JUDGED) / WINDOWS, from = JUDGED + w * width;

		least[w] = blocks_at(history, from, age);
		for (uint64_t now = from; now < from + width; now++) {
			double blocks = blocks_at(history, now, age);

			least[w] = blocks < least[w] ? blocks : least[w];
		}
	}
	mean = (least[WINDOWS - 1] - least[0]) / (WINDOWS - 1);
	if (mean * (WINDOWS - 1) < LEAST_RISE)
		return false;
	for (size_t w = 1; w < WINDOWS; w++)
		if (least[w] - least[w - 1] < LEAST_STEP * mean)
			return false;
	return true;
}

static void describe(const struct history *history, uint64_t number)
{
	printf("run %llu, stall %llu to %llu:", (unsigned long long)number,
	       (unsigned long long)stall_from, (unsigned long long)stall_to);
	for (size_t i = 0; i < history->site_count; i++)
		printf(" [life %d, rate %llu, share %llu, period %llu, line %u]", sites[i].life,
		       (unsigned long long)sites[i].rate, (unsigned long long)sites[i].share,
		       (unsigned long long)sites[i].period, history->sites[i].line);
	puts("");
}

START_TEST(growth_is_never_clean)
{
	size_t grew = 0, clean = 0;

	for (uint64_t number = 0; number < RUNS; number++) {
		struct history history = chance_run(number, true);
		struct judged judged;

		if (!rises(&history, OLD) || !rises(&history, 0))
			continue;
		grew++;
		judged = history_judge(&history);
		if (judged.diagnosis->verdict == DIAGNOSIS_CLEAN) {
			describe(&history, number);
			clean++;
		}
		judged_free(&judged);
	}
	ck_assert_uint_gt(grew, RUNS / 4);
	ck_assert_uint_eq(clean, 0);
}
END_TEST

START_TEST(nothing_stays)
{
	size_t wrong = 0;

	for (uint64_t number = 0; number < RUNS; number++) {
		struct history history = chance_run(number, false);
		struct judged judged = history_judge(&history);

		if (judged.diagnosis->verdict == DIAGNOSIS_LEAKING) {
			describe(&history, number);
			wrong++;
		}
		judged_free(&judged);
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

Suite *invariant_suite(void)
{
	return suite_of("invariant",
			(const TTest *const[]){growth_is_never_clean, nothing_stays, NULL});
}
