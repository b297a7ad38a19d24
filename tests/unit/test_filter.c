/* model/filter.c: tracemalloc's rules for filters. */
#include "model/filter.h"
#include "suites.h"
#include "traces.h"

static struct traces traces;

static bool keeps(const char *include, const char *second, const char *exclude, bool all_frames)
{
	struct filter_list list = {.all_frames = all_frames};
	bool kept;

	if (include)
		filter_add(&list, include, true);
	if (second)
		filter_add(&list, second, true);
	if (exclude)
		filter_add(&list, exclude, false);
	kept = filter_keeps(&list, &traces.sites[0]);
	filter_free(&list);
	return kept;
}

static void setup(void)
{
	traces_begin(&traces);
	traces_add(&traces, 1, 1, (const char *const[]){"/src/cache.c:42", "/src/main.c:7", NULL});
}

START_TEST(filter_looks_at_the_blamed_frame)
{
	setup();
	ck_assert(keeps(NULL, NULL, NULL, false));
	ck_assert(keeps("/src/cache.c", NULL, NULL, false));
	ck_assert(keeps("*cache.c", NULL, NULL, false)); /* * matches slashes */
	ck_assert(!keeps("cache.c", NULL, NULL, false)); /* the whole name */
	ck_assert(!keeps("*main.c", NULL, NULL, false));
	ck_assert(keeps("*main.c", "*cache.c", NULL, false)); /* includes are ORed */
	ck_assert(!keeps(NULL, NULL, "*cache.c", false));
	ck_assert(!keeps("*cache.c", NULL, "/src/*", false)); /* any exclude drops */
	ck_assert(keeps("program", NULL, NULL, false));	      /* the module */
	ck_assert(keeps("/src/[a-c]*", NULL, NULL, false));
}
END_TEST

START_TEST(line_of_a_filter_must_match)
{
	setup();
	ck_assert(keeps("*cache.c:42", NULL, NULL, false));
	ck_assert(!keeps("*cache.c:43", NULL, NULL, false));
	ck_assert(!keeps(NULL, NULL, "*cache.c:42", false));
	ck_assert(keeps(NULL, NULL, "*cache.c:43", false));
}
END_TEST

START_TEST(all_frames_matches_any_frame)
{
	setup();
	ck_assert(keeps("*main.c", NULL, NULL, true));
	ck_assert(keeps("*main.c:7", NULL, NULL, true));
	ck_assert(!keeps("*main.c:42", NULL, NULL, true));
	ck_assert(!keeps(NULL, NULL, "*main.c", true));
	ck_assert(keeps(NULL, NULL, "*other.c", true));
}
END_TEST

Suite *filter_suite(void)
{
	return suite_of("filter", (const TTest *const[]){filter_looks_at_the_blamed_frame,
							 line_of_a_filter_must_match,
							 all_frames_matches_any_frame, NULL});
}
