/* util/toml.c: what it reads, and that everything else is an error with its line. */
#include <string.h>

#include "suites.h"
#include "util/toml.h"

static struct toml toml;
static char error[200];

static bool parse(const char *text)
{
	toml_free(&toml);
	error[0] = 0;
	return toml_parse(&toml, text, error, sizeof error);
}

static void is(size_t i, const char *table, const char *key, const char *text, bool string,
	       unsigned line)
{
	ck_assert_uint_gt(toml.count, i);
	ck_assert_str_eq(toml.values[i].table, table);
	ck_assert_str_eq(toml.values[i].key, key);
	ck_assert_str_eq(toml.values[i].text, text);
	ck_assert_int_eq(toml.values[i].string, string);
	ck_assert_uint_eq(toml.values[i].line, line);
}

START_TEST(values_are_read)
{
	ck_assert_msg(parse("# first\r\n[check]\n min-rate = \"1K\" # a rate\nx = "
			    "-1.5e3\ny=true\n\n[ soak ]\n"
			    "load = 'a \\ \"b\" # c'\nlist = [ \"p\", # one\n  "
			    "\"q\\t\\\"\",\n]\nempty = []\nlast "
			    "= false"),
		      "%s", error);
	ck_assert_uint_eq(toml.count, 7);
	is(0, "check", "min-rate", "1K", true, 3);
	is(1, "check", "x", "-1.5e3", false, 4);
	is(2, "check", "y", "true", false, 5);
	is(3, "soak", "load", "a \\ \"b\" # c", true, 8);
	is(4, "soak", "list", "p", true, 9);
	is(5, "soak", "list", "q\t\"", true, 10);
	is(6, "soak", "last", "false", false, 13);
	ck_assert(parse(""));
	ck_assert(parse("\n\n# nothing"));
	toml_free(&toml);
}
END_TEST

static const struct {
	const char *text, *error;
} bad[] = {
	{"x = 1\nx = 2\n", "2: duplicate key"},
	{"\nx\n", "2: expected = after the key"},
	{"x = \n", "1: expected a value"},
	{"x = yes\n", "1: expected a value"},
	{"x = 1K\n", "1: a value with letters"},
	{"x = truely\n", "1: a value with letters"},
	{"x = \"abc\n", "1: the string has no end"},
	{"x = \"abc\\", "1: of escapes only"},
	{"x = \"\\u0041\"", "1: of escapes only"},
	{"x = \"\"\"abc\"\"\"\n", "1: strings of several lines"},
	{"x = [1, [2]]\n", "1: expected a value"},
	{"x = [\n1 2]\n", "2: expected , or ]"},
	{"x = [1,", "1: expected a value"},
	{"x = 1 y = 2\n", "1: expected the end of the line"},
	{"[a.b]\n", "1: expected the name of a table"},
	{"[a\n", "1: expected the name of a table"},
	{"= 1\n", "1: expected KEY = VALUE"},
	{"x = 1-2\n", "1: expected a value"},
};

START_TEST(errors_name_the_line)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_msg(!parse(bad[i].text), "%s", bad[i].text);
		ck_assert_msg(strncmp(error, bad[i].error, strlen(bad[i].error)) == 0, "%s: %s",
			      bad[i].text, error);
	}
	toml_free(&toml);
}
END_TEST

Suite *toml_suite(void)
{
	return suite_of("toml",
			(const TTest *const[]){values_are_read, errors_name_the_line, NULL});
}
