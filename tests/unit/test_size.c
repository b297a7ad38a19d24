/* util/size.c: tracemalloc's sizes; expected values by its documented rule. */
#include "suites.h"
#include "util/size.h"

static void expect(double bytes, bool sign, const char *expected)
{
	char buffer[SIZE_TEXT];

	ck_assert_str_eq(size_format(buffer, bytes, sign), expected);
}

START_TEST(sizes_print_as_tracemalloc_does)
{
	expect(0, false, "0 B");
	expect(845, false, "845 B");
	expect(10239, false, "10239 B");    /* below 10 * 1024: stays */
	expect(10240, false, "10.0 KiB");   /* one decimal below 100 */
	expect(102399, false, "100.0 KiB"); /* 99.999 */
	expect(102400, false, "100 KiB");
	expect(4428.0 * 1024, false, "4428 KiB");
	expect(10240.0 * 1024, false, "10.0 MiB");
	expect(1024.0 * 1024 * 1024 * 10, false, "10.0 GiB");
	/* the last unit takes all */
	expect(1024.0 * 1024 * 1024 * 1024 * 1024 * 1024, false, "1048576 TiB");
}
END_TEST

START_TEST(growth_has_a_sign)
{
	expect(0, true, "+0 B");
	expect(1234 * 1024, true, "+1234 KiB");
	expect(-500, true, "-500 B");
	expect(-20480, true, "-20.0 KiB");
}
END_TEST

Suite *size_suite(void)
{
	return suite_of("size", (const TTest *const[]){sizes_print_as_tracemalloc_does,
						       growth_has_a_sign, NULL});
}
