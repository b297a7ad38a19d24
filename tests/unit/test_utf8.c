/* util/utf8.c: nothing that drives a terminal gets through. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "util/utf8.h"

static void expect(const char *text, const char *expected)
{
	char *printed = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&printed, &size);

	utf8_print(file, text);
	fclose(file);
	ck_assert_str_eq(printed, expected);
	free(printed);
}

START_TEST(control_characters_are_escaped)
{
	expect("plain /path", "plain /path");
	expect("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
	       "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
	expect("\033[2J\r\n\t\x7f", "\\x1b[2J\\x0d\\x0a\\x09\\x7f");
	expect("\xc2\x9b"
	       "31m",
	       "\\xc2\\x9b31m"); /* C1: CSI in one character */
	expect("\xff\xc3", "\\xff\\xc3");
	expect("\xe2\x80\xae"
	       "txt",
	       "\\xe2\\x80\\xaetxt"); /* right-to-left override */
}
END_TEST

START_TEST(lengths_are_those_of_characters)
{
	static const struct {
		const char *text;
		unsigned length;
	} cases[] = {
		{"a", 1},
		{"\xc3\xbc", 2},
		{"\xe2\x82\xac", 3},
		{"\xf0\x9f\x98\x80", 4},
		{"\x80", 0},
		{"\xc0\x80", 0},
		{"\xe0\x80\x80", 0},
		{"\xed\xa0\x80", 0},
		{"\xf4\x90\x80\x80", 0},
		{"\xf5\x80\x80\x80", 0},
		{"\xe2\x82", 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_uint_eq(utf8_length((const unsigned char *)cases[i].text),
				  cases[i].length);
}
END_TEST

Suite *utf8_suite(void)
{
	return suite_of("utf8", (const TTest *const[]){control_characters_are_escaped,
						       lengths_are_those_of_characters, NULL});
}
