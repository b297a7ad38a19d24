/* util/suggest.c: distances of the textbooks, and which commands a mistyped one may mean. */
#include "suites.h"
#include "util/suggest.h"

START_TEST(distances_are_those_of_textbooks)
{
	ck_assert_uint_eq(suggest_distance("", ""), 0);
	ck_assert_uint_eq(suggest_distance("diff", "diff"), 0);
	ck_assert_uint_eq(suggest_distance("", "abc"), 3);
	ck_assert_uint_eq(suggest_distance("kitten", "sitting"), 3); /* the textbook's */
	ck_assert_uint_eq(suggest_distance("dfif", "diff"), 1);	     /* swapped */
	/* of the restricted distance, not 2 */
	ck_assert_uint_eq(suggest_distance("ca", "abc"), 3);
	ck_assert_uint_eq(suggest_distance("a", "0123456789012345678901234567890123456789"), 40);
}
END_TEST

START_TEST(near_commands_are_suggested)
{
	ck_assert(suggest_near("reprot", "report"));
	ck_assert(suggest_near("time", "timeline"));
	ck_assert(suggest_near("tpo", "top"));
	ck_assert(!suggest_near("t", "timeline"));
	ck_assert(!suggest_near("run", "top"));
	ck_assert(!suggest_near("server", "report"));
}
END_TEST

Suite *suggest_suite(void)
{
	const TTest *const tests[] = {distances_are_those_of_textbooks, near_commands_are_suggested,
				      NULL};

	return suite_of("suggest", tests);
}
