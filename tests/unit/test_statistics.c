/* model/statistics.c: groups and orders. tests/support/compare_tracemalloc.py compares many
 * more with CPython's own. */
#include <stdio.h>
#include <string.h>

#include "model/filter.h"
#include "model/statistics.h"
#include "suites.h"
#include "traces.h"

static struct traces old, new;
static const struct filter_list no_filters;

static void expect(struct statistics_options options, bool two, const char *const *lines)
{
	struct statistics *statistics;

	options.filters = &no_filters;
	statistics = statistics_new(two ? &old.profile : NULL, &new.profile, &options);
	for (size_t i = 0; i < statistics->count || lines[i]; i++) {
		const struct statistic *s = &statistics->list[i];
		char line[100];

		ck_assert_msg(i < statistics->count && lines[i], "%zu entries", statistics->count);
		snprintf(line, sizeof line, "%s:%u %ld (%ld) %ld (%ld)", s->frame->file,
			 s->frame->line, (long)s->new.size, (long)(s->new.size - s->old.size),
			 (long)s->new.count, (long)(s->new.count - s->old.count));
		ck_assert_str_eq(line, lines[i]);
	}
	statistics_free(statistics);
}

START_TEST(statistics_sum_by_key)
{
	traces_begin(&new);
	traces_add(&new, 100, 2, (const char *const[]){"a.c:1", "m.c:9", NULL});
	traces_add(&new, 50, 1, (const char *const[]){"a.c:1", "m.c:8", NULL});
	traces_add(&new, 150, 3, (const char *const[]){"b.c:5", "m.c:9", NULL});
	traces_add(&new, 150, 4, (const char *const[]){"b.c:4", "m.c:9", NULL});
	traces_add(&new, 7, 1, (const char *const[]){"c.c:1", "c.c:1", "m.c:9", NULL});
	/* size, then count, then key, all descending */
	expect((struct statistics_options){.key = KEY_LINE}, false,
	       (const char *const[]){"b.c:4 150 (150) 4 (4)", "b.c:5 150 (150) 3 (3)",
				     "a.c:1 150 (150) 3 (3)", "c.c:1 7 (7) 1 (1)", NULL});
	expect((struct statistics_options){.key = KEY_FILE}, false,
	       (const char *const[]){"b.c:5 300 (300) 7 (7)", "a.c:1 150 (150) 3 (3)",
				     "c.c:1 7 (7) 1 (1)", NULL});
	/* every frame of a traceback; c.c:1 recurses and counts once */
	expect((struct statistics_options){.key = KEY_LINE, .cumulative = true}, false,
	       (const char *const[]){"m.c:9 407 (407) 10 (10)", "b.c:4 150 (150) 4 (4)",
				     "b.c:5 150 (150) 3 (3)", "a.c:1 150 (150) 3 (3)",
				     "m.c:8 50 (50) 1 (1)", "c.c:1 7 (7) 1 (1)", NULL});
	/* tracebacks compare oldest frame first */
	expect((struct statistics_options){.key = KEY_TRACEBACK}, false,
	       (const char *const[]){"b.c:4 150 (150) 4 (4)", "b.c:5 150 (150) 3 (3)",
				     "a.c:1 100 (100) 2 (2)", "a.c:1 50 (50) 1 (1)",
				     "c.c:1 7 (7) 1 (1)", NULL});
}
END_TEST

START_TEST(vanished_and_unchanged_keys_stay)
{
	traces_begin(&old);
	traces_begin(&new);
	traces_add(&old, 100, 1, (const char *const[]){"same.c:1", NULL});
	traces_add(&new, 100, 1, (const char *const[]){"same.c:1", NULL});
	traces_add(&old, 500, 5, (const char *const[]){"gone.c:1", NULL});
	traces_add(&new, 300, 3, (const char *const[]){"born.c:1", NULL});
	traces_add(&old, 1000, 10, (const char *const[]){"grew.c:1", NULL});
	traces_add(&new, 1500, 20, (const char *const[]){"grew.c:1", NULL});
	/* |size change|, size, |count change|, count, key; vanished and unchanged ones stay */
	expect((struct statistics_options){.key = KEY_LINE}, true,
	       (const char *const[]){"grew.c:1 1500 (500) 20 (10)", "gone.c:1 0 (-500) 0 (-5)",
				     "born.c:1 300 (300) 3 (3)", "same.c:1 100 (0) 1 (0)", NULL});
	expect((struct statistics_options){.key = KEY_LINE, .order = ORDER_COUNT}, true,
	       (const char *const[]){"grew.c:1 1500 (500) 20 (10)", "gone.c:1 0 (-500) 0 (-5)",
				     "born.c:1 300 (300) 3 (3)", "same.c:1 100 (0) 1 (0)", NULL});
}
END_TEST

Suite *statistics_suite(void)
{
	return suite_of("statistics",
			(const TTest *const[]){statistics_sum_by_key,
					       vanished_and_unchanged_keys_stay, NULL});
}
