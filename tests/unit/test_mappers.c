/* diagnose/mappers.c: what call stacks map themselves, and how sure it is that it grows without
 * bound. */
#include <string.h>

#include "diagnose/finding.h"
#include "history.h"
#include "load/snapshot.h"
#include "silt_snapshot.h"
#include "suites.h"

#define INTERVALS 40
#define REGION (64ul << 10)
#define A_STEP 8 /* mappings an interval */

static uint64_t ten(uint64_t born)
{
	(void)born;
	return 10;
}

static uint64_t nothing(uint64_t born, uint64_t now)
{
	(void)born;
	(void)now;
	return 0;
}

static bool is_resident;
static void resident(struct silt_process *process, uint64_t now)
{
	process->rss_bytes = (1ul << 20) + (is_resident ? now * A_STEP * REGION : 0);
}

static void so_many(struct snapshot_mapped *mapped, uint64_t total, uint64_t live)
{
	mapped->total = total;
	mapped->total_bytes = total * REGION;
	mapped->live = live;
	mapped->live_bytes = live * REGION;
}

static void grows(struct snapshot_mapped *mapped, uint64_t now)
{
	so_many(mapped, now * A_STEP, now * A_STEP);
}

static void hands_out_blocks(struct snapshot_mapped *mapped, uint64_t now)
{
	grows(mapped, now);
	mapped->kinds |= SILT_MAPPED_BLOCKS;
}

/* A ring of them. */
static void turns_over(struct snapshot_mapped *mapped, uint64_t now)
{
	so_many(mapped, now * A_STEP, now < 5 ? now * A_STEP : 5 * A_STEP - now % 3);
}

/* It grows evenly, and is full at the end. */
static void fills(struct snapshot_mapped *mapped, uint64_t now)
{
	uint64_t full = INTERVALS * 3 / 4, live = now < full ? now : full;

	so_many(mapped, live * A_STEP, live * A_STEP);
}

/* Ever more slowly, but to the end. */
static void slows_down(struct snapshot_mapped *mapped, uint64_t now)
{
	uint64_t late = INTERVALS * 2 / 3,
		 live = now < late ? now * A_STEP : late * A_STEP + (now - late) * 2;

	so_many(mapped, live, live);
}

/* One mapping that mremap makes larger. */
static void becomes_larger(struct snapshot_mapped *mapped, uint64_t now)
{
	so_many(mapped, now, 1);
	mapped->live_bytes = (now + 1) * A_STEP * REGION;
}

/* As an allocator's arenas: few, and large. */
static void in_few_steps(struct snapshot_mapped *mapped, uint64_t now)
{
	so_many(mapped, now / 7, now / 7);
	mapped->live_bytes = now / 7 * 7 * A_STEP * REGION;
}

static struct judged judge(void (*mapped)(struct snapshot_mapped *, uint64_t), bool is_used)
{
	struct history history = {.sites = {{64, ten, nothing, NULL, 0}},
				  .site_count = 1,
				  .count = INTERVALS,
				  .step = 1,
				  .process = resident,
				  .mapped = mapped};

	is_resident = is_used;
	return history_judge(&history);
}

/* What the only finding says, in hundredths; 0: there is none. */
static int confidence(void (*mapped)(struct snapshot_mapped *, uint64_t), bool is_used)
{
	struct judged judged = judge(mapped, is_used);
	int hundredths = 0;

	ck_assert_uint_le(judged.diagnosis->count, 1);
	if (judged.diagnosis->count) {
		ck_assert(judged.diagnosis->findings[0]->of_mappings);
		hundredths = (int)(judged.diagnosis->findings[0]->confidence * 100 + 0.5);
	}
	judged_free(&judged);
	return hundredths;
}

START_TEST(ever_more_mappings_are_a_leak)
{
	struct judged judged = judge(grows, true);
	const struct finding *finding;

	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_LEAKING);
	ck_assert_uint_eq(judged.diagnosis->count, 1);
	finding = judged.diagnosis->findings[0];
	ck_assert_int_eq(finding->kind, FINDING_GROWING);
	ck_assert(finding->of_mappings);
	ck_assert_double_ge(finding->confidence, 0.9);
	ck_assert_uint_eq(finding->site_count, 1);
	ck_assert_ptr_nonnull(finding->sites[0].profile);
	ck_assert_uint_eq(finding->live_blocks, (INTERVALS - 1) * A_STEP);
	ck_assert_uint_eq(finding->live_bytes, (INTERVALS - 1) * A_STEP * REGION);
	ck_assert_double_gt(finding->growth_bytes, 10 * A_STEP * REGION);
	ck_assert_uint_eq(finding->freed->blocks, 0);
	judged_free(&judged);
	ck_assert_int_eq(confidence(becomes_larger, true), 90);
}
END_TEST

START_TEST(mappings_that_turn_over_are_clean)
{
	struct judged judged = judge(turns_over, true);

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_CLEAN);
	judged_free(&judged);
	ck_assert_int_eq(confidence(hands_out_blocks, true), 0);
}
END_TEST

START_TEST(mappings_that_slow_down_are_inconclusive)
{
	struct judged judged = judge(slows_down, true);

	ck_assert_uint_eq(judged.diagnosis->count, 0);
	ck_assert_int_eq(judged.diagnosis->verdict, DIAGNOSIS_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(judged.diagnosis->notes[0], "are mapped by"));
	judged_free(&judged);
	ck_assert_int_eq(confidence(grows, false), 50);
	ck_assert_int_lt(confidence(fills, true), 60);
	ck_assert_int_lt(confidence(in_few_steps, true), 60);
}
END_TEST

Suite *mappers_suite(void)
{
	return suite_of("mappers",
			(const TTest *const[]){ever_more_mappings_are_a_leak,
					       mappings_that_turn_over_are_clean,
					       mappings_that_slow_down_are_inconclusive, NULL});
}
