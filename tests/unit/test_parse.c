/* util/parse.c: numbers as people write them. */
#include <signal.h>

#include "suites.h"
#include "util/parse.h"

START_TEST(sizes)
{
	uint64_t bytes;

	ck_assert(parse_size("0", &bytes) && bytes == 0);
	ck_assert(parse_size("64k", &bytes) && bytes == 65536);
	ck_assert(parse_size("10M", &bytes) && bytes == 10485760);
	ck_assert(parse_size("1GiB", &bytes) && bytes == 1073741824);
	ck_assert(parse_size("3TB", &bytes) && bytes == 3298534883328);
	ck_assert(!parse_size("", &bytes));
	ck_assert(!parse_size("M", &bytes));
	ck_assert(!parse_size("1.5M", &bytes));
	ck_assert(!parse_size("-1", &bytes));
	ck_assert(!parse_size("1 M", &bytes));
	ck_assert(!parse_size("99999999999999999999", &bytes));
	ck_assert(!parse_size("17179869184G", &bytes)); /* 2^64 */
}
END_TEST

START_TEST(durations)
{
	uint64_t ns;

	ck_assert(parse_duration("250ms", &ns) && ns == 250000000);
	ck_assert(parse_duration("10s", &ns) && ns == 10000000000);
	ck_assert(parse_duration("10", &ns) && ns == 10000000000);
	ck_assert(parse_duration("5m", &ns) && ns == 300000000000);
	ck_assert(parse_duration("2h", &ns) && ns == 7200000000000);
	ck_assert(!parse_duration("5d", &ns));
	ck_assert(!parse_duration("s", &ns));
	ck_assert(!parse_duration("9999999999h", &ns));
}
END_TEST

START_TEST(signals)
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
	return suite_of("parse", (const TTest *const[]){sizes, durations, signals, NULL});
}
