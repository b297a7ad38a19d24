/* preload/record/mapped.c: ranges that are unmapped exactly, in part, together, and mapped over. */
#include "record/mapped.h"
#include "silt_snapshot.h"
#include "suites.h"

#define PAGE 4096ul
#define BASE 0x7f1234500000ul
enum { FIRST = 7, SECOND = 2000, THIRD = 70000 };

static const struct mapped_site *of(uint32_t site)
{
	static const struct mapped_site none;

	for (uint32_t i = 1; i <= mapped_count(); i++)
		if (mapped_get(i)->site == site)
			return mapped_get(i);
	return &none;
}

static void has(uint32_t site, int64_t live, int64_t pages)
{
	ck_assert_int_eq(of(site)->live, live);
	ck_assert_int_eq(of(site)->live_bytes, pages * (int64_t)PAGE);
}

static void add(uint32_t site, uintptr_t page, uint64_t pages)
{
	mapped_add(BASE + page * PAGE, pages * PAGE, site, SILT_MAPPED_ANONYMOUS);
}

static struct mapped_cut cut(uintptr_t page, uint64_t pages)
{
	struct mapped_cut cut;

	mapped_cut(BASE + page * PAGE, pages * PAGE, &cut);
	return cut;
}

START_TEST(unmapping_takes_exactly_its_range)
{
	struct mapped_cut last;

	ck_assert_uint_eq(cut(0, 10).count, 0);
	add(FIRST, 0, 10);
	add(SECOND, 10, 1);
	has(FIRST, 1, 10);
	has(SECOND, 1, 1);
	ck_assert_ptr_eq(mapped_enclosing(BASE + 5 * PAGE + 9), of(FIRST));
	ck_assert_ptr_eq(mapped_enclosing(BASE + 11 * PAGE - 1), of(SECOND));
	ck_assert_ptr_null(mapped_enclosing(BASE + 11 * PAGE));
	ck_assert_ptr_null(mapped_enclosing(UINT64_MAX));
	last = cut(0, 10);
	ck_assert_uint_eq(last.count, 1);
	ck_assert_uint_eq(last.site, FIRST);
	has(FIRST, 0, 0);
	has(SECOND, 1, 1);
	ck_assert_uint_eq(cut(0, 10).count, 0);
	mapped_restore(&last); /* the kernel refused */
	has(FIRST, 1, 10);
	mapped_add(BASE, 1, THIRD,
		   SILT_MAPPED_FILE); /* over what is there, unseen; a part of a page is one */
	has(FIRST, 0, 0);
	has(THIRD, 1, 1);
	ck_assert_uint_eq(of(THIRD)->kinds, SILT_MAPPED_FILE);
	ck_assert_uint_eq(of(FIRST)->total, 1);
	ck_assert_uint_eq(of(FIRST)->total_bytes, 10 * PAGE);
	mapped_clear();
	has(SECOND, 0, 0);
	has(THIRD, 0, 0);
	ck_assert_uint_eq(of(FIRST)->total, 0);
}
END_TEST

/* As programs do that want memory aligned: what is too much goes at once, before and behind. */
START_TEST(unmapping_leaves_the_rest_of_a_mapping)
{
	struct mapped_cut middle;

	add(FIRST, 0, 2048);
	ck_assert_uint_eq(cut(0, 300).site, 0);
	has(FIRST, 1, 1748);
	ck_assert_uint_eq(cut(1500, 548).site, 0);
	has(FIRST, 1, 1200);
	middle = cut(700, 100);
	ck_assert_uint_eq(middle.site, 0);
	has(FIRST, 2, 1100);
	mapped_restore(&middle);
	has(FIRST, 1, 1200);
	cut(700, 100);
	ck_assert_uint_eq(cut(800, 700).site, FIRST);
	has(FIRST, 1, 400);
	ck_assert_uint_eq(cut(299, 402).site, FIRST);
	has(FIRST, 0, 0);
}
END_TEST

/* A range over many mappings, gaps, and beyond what was ever mapped. */
START_TEST(one_cut_spans_many_mappings)
{
	struct mapped_cut all;

	for (uintptr_t i = 0; i < 3; i++)
		add(FIRST, i * 1000, 900);
	add(SECOND, 4ul << 21, 1); /* 32 GiB further on */
	all = cut(800, 1300);
	ck_assert_uint_eq(all.count, 3);
	has(FIRST, 2, 1600);
	mapped_restore(&all);
	has(FIRST, 3, 2700);
	all = cut(500, 1ul << 26);
	has(FIRST, 1, 500);
	has(SECOND, 0, 0);
	cut(0, 500);
	has(FIRST, 0, 0);
}
END_TEST

START_TEST(impossible_ranges_cut_nothing)
{
	struct mapped_cut none;

	add(FIRST, 0, 10);
	mapped_cut(BASE + 1, PAGE, &none);
	mapped_cut(BASE, 0, &none);
	mapped_cut(BASE, UINT64_MAX, &none);
	mapped_cut(UINT64_MAX - PAGE + 1, PAGE, &none);
	has(FIRST, 1, 10);
	mapped_add(UINT64_MAX - PAGE + 1, PAGE, FIRST, 0);
	has(FIRST, 1, 10);
	mapped_clear();
}
END_TEST

/* Against a table of pages. */
START_TEST(cuts_agree_with_a_table_of_pages)
{
	enum { PAGES = 1500, STEPS = 20000 };
	static uint32_t owner[PAGES];
	uint32_t random = 1;

	for (int step = 0; step < STEPS; step++) {
		uint32_t from, pages, site;

		random = random * 1664525u + 1013904223u;
		from = (random >> 8) % PAGES;
		pages = 1 + (random >> 20) % 97;
		pages = pages > PAGES - from ? PAGES - from : pages;
		site = random >> 29 > 3 ? FIRST + (random >> 27) % 2 : 0;
		cut(from, pages);
		if (site)
			add(site, from, pages);
		for (uint32_t i = from; i < from + pages; i++)
			owner[i] = site;
		if (step % 100)
			continue;
		for (uint32_t s = FIRST; s <= FIRST + 1; s++) {
			int64_t count = 0;

			for (int i = 0; i < PAGES; i++)
				count += owner[i] == s;
			ck_assert_int_eq(of(s)->live_bytes, count * (int64_t)PAGE);
			ck_assert_int_le(of(s)->live, count);
		}
	}
	cut(0, PAGES);
	has(FIRST, 0, 0);
	has(FIRST + 1, 0, 0);
}
END_TEST

Suite *mapped_suite(void)
{
	return suite_of("mapped", (const TTest *const[]){unmapping_takes_exactly_its_range,
							 unmapping_leaves_the_rest_of_a_mapping,
							 one_cut_spans_many_mappings,
							 impossible_ranges_cut_nothing,
							 cuts_agree_with_a_table_of_pages, NULL});
}
