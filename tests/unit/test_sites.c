/* preload/record/sites.c: the same traceback is the same site, another is another, and each can
 * be read back. */
#include <fcntl.h>
#include <unistd.h>

#include "base/rt.h"
#include "unwind/capture.h"
#include "unwind/modules.h"
#include "silt_snapshot.h"
#include "record/sites.h"
#include "suites.h"
#include "unwind/rules.h"

static struct unwind_walk *walk;
static uint32_t by_level[50];

static __attribute__((noinline)) uint32_t site_here(void)
{
	struct unwind_start here = UNWIND_HERE;
	struct unwind_trace trace = *unwind_capture(walk, &here);
	uint32_t site = sites_find(&trace, walk, &here), i = 0;

	ck_assert_uint_ne(site, 0);
	if (!(trace.flags & SILT_SITE_CUT)) /* else stacks of several depths share the site */
		ck_assert_uint_eq(sites_get(site)->depth, trace.depth);
	for (uint32_t node = sites_get(site)->node; node; node = sites_node(node)->parent)
		ck_assert_uint_eq(sites_node(node)->pc, unwind_pc(&trace, i++));
	ck_assert_uint_eq(i, trace.count);
	return site;
}

static __attribute__((noinline)) uint32_t at_level(int level)
{
	uint32_t site = level ? at_level(level - 1) : site_here();

	__asm__ volatile("");
	return site;
}

START_TEST(equal_stacks_are_one_site)
{
	ck_assert(modules_start() && rules_start() && sites_start());
	walk = rt_map(sizeof *walk);
	unwind_walk_init(walk);
	for (volatile int round = 0; round < 3; round++) {
		for (int level = 0; level < 50; level++) {
			uint32_t site = at_level(level);

			if (round == 0)
				by_level[level] = site;
			ck_assert_uint_eq(site, by_level[level]);
			for (int other = 0; other < level; other++)
				ck_assert_uint_ne(site, by_level[other]);
		}
	}
	ck_assert_uint_eq(sites_count(), 50);
	ck_assert_uint_lt(sites_node_count(), 50 * 8 + 200); /* outer frames are shared */
	ck_assert_uint_eq(sites_lost(), 0);
}
END_TEST

static struct unwind_trace made_trace(uint32_t number)
{
	struct unwind_trace trace = {.walk = walk,
				     .count = 1,
				     .depth = 1,
				     .hash = (number + 1) * 0x9e3779b97f4a7c15ul | 1};

	walk->fresh[0].number = number;
	return trace;
}

START_TEST(many_sites_are_found_again)
{
	struct unwind_start nowhere = {0, 0, 0};

	ck_assert(sites_start());
	walk = rt_map(sizeof *walk);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 200000; i++) { /* the tables grow many times */
			struct unwind_trace trace = made_trace(i);

			ck_assert_uint_eq(sites_find(&trace, walk, &nowhere), i + 1);
		}
	}
	ck_assert_uint_eq(sites_count(), 200000);
}
END_TEST

/* Eight calls in a row: their return addresses are learnt one after another, so their numbers
 * are neighbours. */
static __attribute__((noinline)) void call_in_a_row(int levels, uint32_t found[8])
{
	if (levels > 0) {
		call_in_a_row(levels - 1, found);
	} else {
		found[0] = site_here();
		found[1] = site_here();
		found[2] = site_here();
		found[3] = site_here();
		found[4] = site_here();
		found[5] = site_here();
		found[6] = site_here();
		found[7] = site_here();
	}
	__asm__ volatile("");
}

START_TEST(neighbouring_calls_are_different_sites)
{
	static const int levels[] = {0, 4, 200, 600};
	uint32_t found[8];

	ck_assert(modules_start() && rules_start() && sites_start());
	walk = rt_map(sizeof *walk);
	unwind_walk_init(walk);
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		call_in_a_row(levels[i], found);
		for (int a = 0; a < 8; a++)
			for (int b = 0; b < a; b++)
				ck_assert_msg(found[a] != found[b],
					      "levels %d: calls %d and %d share a site", levels[i],
					      a, b);
	}
}
END_TEST

/* The self-check looks at what is stored: two stacks that share a site are found. */
START_TEST(stored_stacks_are_checked)
{
	struct unwind_start here = UNWIND_HERE;
	uint32_t right, wrong;

	ck_assert(modules_start() && rules_start() && sites_start());
	unwind_load(false);
	walk = rt_map(sizeof *walk);
	unwind_walk_init(walk);
	wrong = site_here();
	right = sites_find(unwind_capture(walk, &here), walk, &here);
	ck_assert_uint_ne(right, wrong);
	sites_check(right, &here);
	ck_assert_uint_eq(unwind_statistics.checked, 1);
	ck_assert_uint_eq(unwind_statistics.differing, 0);
	/* it says which frames differ */
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	sites_check(wrong, &here);
	ck_assert_uint_eq(unwind_statistics.checked, 2);
	ck_assert_uint_eq(unwind_statistics.differing, 1);
}
END_TEST

Suite *sites_suite(void)
{
	return suite_of("sites", (const TTest *const[]){equal_stacks_are_one_site,
							many_sites_are_found_again,
							neighbouring_calls_are_different_sites,
							stored_stacks_are_checked, NULL});
}
