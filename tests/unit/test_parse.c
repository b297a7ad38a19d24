/* util/parse.c: numbers as people write them. */
#include <signal.h>

#include "silt_units.h"
#include "suites.h"
#include "util/parse.h"

START_TEST(sizes_are_read)
{
	uint64_t bytes;

	ck_assert(parse_size("0", &bytes) && bytes == 0);
	ck_assert(parse_size("64k", &bytes) && bytes == 65536);
	ck_assert(parse_size("10M", &bytes) && bytes == 10485760);
	ck_assert(parse_size("1GiB", &bytes) && bytes == 1073741824);
	ck_assert(parse_size("3TB", &bytes) && bytes == 3298534883328);
	ck_assert(!parse_size("", &bytes));
	ck_assert(!parse_size("M", &bytes));
	ck_assert(!parse_size("-1", &bytes));
	ck_assert(!parse_size("1 M", &bytes));
	ck_assert(!parse_size("99999999999999999999", &bytes));
	ck_assert(!parse_size("17179869184G", &bytes)); /* 2^64 */
}
END_TEST

START_TEST(durations_are_read)
{
	uint64_t ns;

	ck_assert(parse_duration("250ms", &ns) && ns == 250000000);
	ck_assert(parse_duration("10s", &ns) && ns == 10000000000);
	ck_assert(parse_duration("10", &ns) && ns == 10000000000);
	ck_assert(parse_duration("5m", &ns) && ns == 300000000000);
	ck_assert(parse_duration("2h", &ns) && ns == 7200000000000);
	ck_assert(!parse_duration("s", &ns));
	ck_assert(!parse_duration("9999999999h", &ns));
}
END_TEST

/* The library reads the same from the environment: settings.c calls the same functions. */
START_TEST(program_and_library_read_one_grammar)
{
	static const struct {
		const char *text;
		uint64_t bytes, ns; /* UINT64_MAX: none */
	} words[] = {
		{"64M", 64ull << 20, 3840000000000}, {"64mib", 64ull << 20, UINT64_MAX},
		{"64MB", 64ull << 20, UINT64_MAX},   {"1.5M", 1572864, 90000000000},
		{"0.5k", 512, UINT64_MAX},	     {"1.5", UINT64_MAX, 1500000000},
		{"5S", UINT64_MAX, 5000000000},	     {"10MS", UINT64_MAX, 10000000},
		{"0.5s", UINT64_MAX, 500000000},     {"1min", UINT64_MAX, 60000000000},
		{"7d", UINT64_MAX, 604800000000000}, {".5s", UINT64_MAX, UINT64_MAX},
		{"5.s", UINT64_MAX, UINT64_MAX},     {"1.0000000001s", UINT64_MAX, UINT64_MAX},
		{"1e3", UINT64_MAX, UINT64_MAX},     {"5 s", UINT64_MAX, UINT64_MAX},
		{"-5s", UINT64_MAX, UINT64_MAX},     {"", UINT64_MAX, UINT64_MAX},
	};
	uint64_t value;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		value = UINT64_MAX;
		ck_assert_msg(parse_size(words[i].text, &value) == (words[i].bytes != UINT64_MAX),
			      "%s", words[i].text);
		ck_assert_msg(words[i].bytes == UINT64_MAX || value == words[i].bytes, "%s",
			      words[i].text);
		ck_assert_msg(parse_duration(words[i].text, &value) == (words[i].ns != UINT64_MAX),
			      "%s", words[i].text);
		ck_assert_msg(words[i].ns == UINT64_MAX || value == words[i].ns, "%s",
			      words[i].text);
	}
	ck_assert(silt_units_is_time("5m") && !silt_units_is_time("5M") &&
		  silt_units_is_time("10s"));
	ck_assert(silt_units_interval("auto", &value) && value == SILT_INTERVAL_AUTO);
	ck_assert(silt_units_interval("off", &value) && value == 0);
	ck_assert(!silt_units_interval("0.5ms", &value));
}
END_TEST

START_TEST(signals_are_read_by_name_and_number)
{
	ck_assert_int_eq(parse_signal("USR2"), SIGUSR2);
	ck_assert_int_eq(parse_signal("SIGUSR2"), SIGUSR2);
	ck_assert_int_eq(parse_signal("12"), 12);
	ck_assert_int_eq(parse_signal("RTMIN+2"), SIGRTMIN + 2);
	ck_assert_int_eq(parse_signal("KILL"), 0);
	ck_assert_int_eq(parse_signal("9"), 0);
	ck_assert_int_eq(parse_signal("65"), 0);
	ck_assert_int_eq(parse_signal("NONSENSE"), 0);
}
END_TEST

Suite *parse_suite(void)
{
	return suite_of("parse", (const TTest *const[]){sizes_are_read, durations_are_read,
							program_and_library_read_one_grammar,
							signals_are_read_by_name_and_number, NULL});
}
