/* util/words.c: counts that agree with their nouns, names for a shell. */
#include <stdlib.h>

#include "suites.h"
#include "util/words.h"

START_TEST(words_agree_with_counts)
{
	ck_assert_str_eq(words_s(1), "");
	ck_assert_str_eq(words_s(0), "s");
	ck_assert_str_eq(words_s(2), "s");
	ck_assert_str_eq(words_plural(1, "process", "processes"), "process");
	ck_assert_str_eq(words_plural(21, "process", "processes"), "processes");
}
END_TEST

static void check_quoted(const char *text, const char *quoted)
{
	char *got = words_shell(text);

	ck_assert_str_eq(got, quoted);
	free(got);
}

START_TEST(shell_words_are_quoted)
{
	check_quoted("silt-out/server.4711", "silt-out/server.4711");
	check_quoted("/src/a.c:12", "/src/a.c:12");
	check_quoted("", "''");
	check_quoted("a b", "'a b'");
	check_quoted("it's $HOME", "'it'\\''s $HOME'");
	check_quoted("a;b", "'a;b'");
}
END_TEST

Suite *words_suite(void)
{
	const TTest *const tests[] = {words_agree_with_counts, shell_words_are_quoted, NULL};

	return suite_of("words", tests);
}
