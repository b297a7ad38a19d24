/* render/chart.c: what stands in each column, and how high. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/chart.h"
#include "suites.h"

static const double seconds[] = {0, 1, 2, 8, 10};
static const uint64_t values[] = {10, 40, 20, 80, 60};
static const struct chart_figure figure = {values, seconds, 5};

/* Five columns of two seconds: the highest in each; where none is, the one before holds. */
START_TEST(column_shows_the_highest_in_its_time)
{
	const uint64_t expected[] = {40, 20, 20, 80, 60};
	uint64_t got[5];

	chart_sample(&figure, got, 5);
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(got[i], expected[i]);
}
END_TEST

START_TEST(one_snapshot_fills_all_columns)
{
	const struct chart_figure single = {values, seconds, 1};
	uint64_t got[3];

	chart_sample(&single, got, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(got[i], 10);
}
END_TEST

/* A peak narrower than a column is not lost. */
START_TEST(peak_narrower_than_a_column_stays)
{
	uint64_t got[1];

	chart_sample(&figure, got, 1);
	ck_assert_uint_eq(got[0], 80);
}
END_TEST

START_TEST(spark_scales_to_the_highest)
{
	const uint64_t steps[] = {0, 1, 40, 80};
	const double times[] = {0, 1, 2, 3};
	const struct chart_figure rising = {steps, times, 4};
	char text[3 * 3 + 1];

	chart_spark(&rising, text, 3, true);
	ck_assert_str_eq(text, "▁▄█"); /* what is not nothing shows */
	chart_spark(&rising, text, 3, false);
	ck_assert_str_eq(text, "_-#");
}
END_TEST

START_TEST(zeros_are_drawn_as_nothing)
{
	const uint64_t none[] = {0, 0};
	const struct chart_figure flat = {none, seconds, 2};
	char text[4 * 3 + 1], *printed = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&printed, &size);

	chart_spark(&flat, text, 4, true);
	ck_assert_str_eq(text, "    ");
	chart_print(file, &flat, &flat, 40, 4, false);
	fclose(file);
	ck_assert_ptr_nonnull(strstr(printed, "0 B +----"));
	ck_assert_ptr_null(strchr(printed, '#'));
	free(printed);
}
END_TEST

START_TEST(dotted_figure_lies_above_the_columns)
{
	const uint64_t low[] = {10, 10}, high[] = {40, 40};
	const struct chart_figure solid = {low, seconds, 2}, dotted = {high, seconds, 2};
	char *printed = NULL, *line;
	size_t size = 0;
	FILE *file = open_memstream(&printed, &size);

	chart_print(file, &solid, &dotted, 32, 4, false);
	fclose(file);
	line = strtok(printed, "\n");
	ck_assert_ptr_nonnull(strstr(line, "40 B |...................."));
	line = strtok(NULL, "\n");
	ck_assert_ptr_null(strpbrk(line, "#."));
	strtok(NULL, "\n");
	line = strtok(NULL, "\n");
	ck_assert_ptr_nonnull(strstr(line, "|####################"));
	free(printed);
}
END_TEST

START_TEST(blocks_are_drawn_in_utf8_locales_only)
{
	setenv("LC_ALL", "", 1);
	setenv("LC_CTYPE", "de_DE.utf8", 1);
	setenv("LANG", "C", 1);
	ck_assert(chart_has_blocks());
	setenv("LC_ALL", "C", 1);
	ck_assert(!chart_has_blocks());
	setenv("LC_ALL", "C.UTF-8", 1);
	ck_assert(chart_has_blocks());
}
END_TEST

Suite *chart_suite(void)
{
	const TTest *const tests[] = {column_shows_the_highest_in_its_time,
				      one_snapshot_fills_all_columns,
				      peak_narrower_than_a_column_stays,
				      spark_scales_to_the_highest,
				      zeros_are_drawn_as_nothing,
				      dotted_figure_lies_above_the_columns,
				      blocks_are_drawn_in_utf8_locales_only,
				      NULL};

	return suite_of("chart", tests);
}
