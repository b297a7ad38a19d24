/* preload/unwind/walks.c, words.c: a stack that was walked before is found again, and only
 * where it is the same. */
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "base/rt.h"
#include "unwind/capture.h"
#include "unwind/modules.h"
#include "record/sites.h"
#include "suites.h"
#include "unwind/rules.h"
#include "unwind/walks.h"

static struct unwind_walk *walk;
static struct walks *walks;
static uint64_t lookups, found;
static int tally;

static void setup(void)
{
	static bool started;

	if (!started)
		ck_assert(modules_start() && rules_start() && sites_start());
	started = true;
	walk = rt_map(sizeof *walk);
	unwind_walk_init(walk);
	walks = rt_map(sizeof *walks);
	walks_init(walks);
	unwind_depth = 64;
	lookups = 0;
	found = 0;
}

/* As track_site() does it; what is found is what a walk finds. */
static __attribute__((noinline)) void allocate(void)
{
	struct unwind_start here = UNWIND_HERE;
	const struct walks_run *run = walks_find(walks, here.pc, here.sp, here.fp);
	struct unwind_trace *trace = unwind_capture(walk, &here);
	uint32_t site = sites_find(trace, walk, &here);

	lookups++;
	if (run) {
		ck_assert_uint_eq(run->site, site);
		ck_assert_ptr_eq(run->tally, &tally);
		found++;
	} else {
		walks_missed(walks, walk, &here, site, &tally);
	}
	if (lookups % 32 == 0)
		walks_earn(walks, 32);
}

static __attribute__((noinline)) void left(int depth, unsigned path);

static __attribute__((noinline)) void right(int depth, unsigned path)
{
	if (depth == 0)
		allocate();
	else if (path >> depth % 16 & 1)
		left(depth - 1, path);
	else
		right(depth - 1, path);
	__asm__ volatile("");
}

static __attribute__((noinline)) void left(int depth, unsigned path)
{
	if (depth == 0)
		allocate();
	else if (path >> depth % 16 & 1)
		right(depth - 1, path);
	else
		left(depth - 1, path);
	__asm__ volatile("");
}

/* Nearly every stack is found from its third time on, and soon each: a signature in the filter
 * may be replaced before it is seen again. */
/* Rounds until 64 stacks are known. Without optimization frames are stepped over by their frame
 * pointers, which are words to compare as well: the first table is full three times before there
 * is a larger one. */
#ifdef __OPTIMIZE__
#define LEARNT_ROUND 2u
#else
#define LEARNT_ROUND 8u
#endif

START_TEST(known_stack_is_found_again)
{
	static const int depths[] = {1, 8, 20, 50, 70};

	for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
		setup();
		walks->misses = 1000; /* it has been at work for long */
		for (unsigned round = 0; round < LEARNT_ROUND + 8; round++) {
			uint64_t before = found;

			for (unsigned path = 0; path < 64; path++)
				right(depths[d], path * 37);
			if (round >= LEARNT_ROUND)
				ck_assert_msg(found - before >=
						      (round < LEARNT_ROUND + 4 ? 50 : 64),
					      "depth %d, round %u: %lu of 64 found", depths[d],
					      round, (unsigned long)(found - before));
		}
	}
}
END_TEST

/* -- frame pointers -- */

/* Frames that are stepped over by a frame pointer, which others keep or save in between. */
static __attribute__((noinline)) void with_alloca(int levels, unsigned sizes, bool turn)
{
	volatile char *space = __builtin_alloca((sizes & 3) * 16 + 16);

	space[0] = 1;
	if (levels == 0)
		allocate();
	else if (turn)
		right((int)(sizes & 1), sizes);
	else
		with_alloca(levels - 1, sizes >> 2, levels == 2 && sizes & 1);
	__asm__ volatile("");
}

START_TEST(stack_by_frame_pointer_is_found_again)
{
	setup();
	walks->misses = 1000;
	for (unsigned round = 0; round < 10; round++) {
		uint64_t before = found;

		for (unsigned sizes = 0; sizes < 64; sizes++)
			with_alloca(3, sizes, false);
		if (round >= 6)
			ck_assert_uint_eq(found - before, 64);
	}
}
END_TEST

static bool same(const struct walks_run *run, uintptr_t sp)
{
	const struct unwind_word *odd = walks_same_fours(run, sp);

	return odd && (!(run->traits & WALKS_ODD) || walks_same_word(odd, sp));
}

/* A stack is taken for the remembered one if and only if all its words are the same: each word
 * that was named is changed. */
START_TEST(stack_with_another_word_is_not_found)
{
	struct unwind_start here = UNWIND_HERE;
	struct unwind_word words[100];
	uint32_t site, count;
	uintptr_t copy[4000];
	intptr_t moved;

	setup();
	walks->misses = 1000;
	site = sites_find(unwind_capture(walk, &here), walk, &here);
	count = unwind_words(walk, &here, words, 100);
	ck_assert_uint_gt(count, 2);
	/* more than there is room for */
	ck_assert_uint_eq(unwind_words(walk, &here, words, count - 1), 0);
	for (int i = 0; i < 2; i++)
		walks_missed(walks, walk, &here, site, &tally);
	ck_assert_ptr_nonnull(walks_find(walks, here.pc, here.sp, here.fp));
	ck_assert_ptr_null(walks_find(walks, here.pc + 1, here.sp, here.fp));
	ck_assert_ptr_null(walks_find(walks, here.pc, here.sp + 16, here.fp));
	/* The same walk remembered for a copy of the stack, whose words can be changed. */
	ck_assert_uint_lt((uintptr_t)words[count - 1].offset + 8, sizeof copy - 512);
	memcpy(copy, (const char *)here.sp - 256, 256 + (size_t)words[count - 1].offset + 8);
	moved = (intptr_t)((uintptr_t)copy + 256 - here.sp);
	for (uint32_t i = 0; i < count; i++) {
		uintptr_t *word = (uintptr_t *)((uintptr_t)copy + 256 + (uintptr_t)words[i].offset);
		const struct walks_run *run;

		if (words[i].offset == UNWIND_WORD_FP)
			continue;
		/* The tree is keyed by the stack pointer: what it compares is asked for by hand. */
		run = walks_find(walks, here.pc, here.sp, here.fp);
		ck_assert(same(run, here.sp + (uintptr_t)moved) == true);
		*word ^= 1;
		ck_assert(same(run, here.sp + (uintptr_t)moved) == false);
		*word ^= 1;
	}
}
END_TEST

/* -- what is not remembered, and what ends it -- */

static ucontext_t main_context, coroutine_context;

static void coroutine(void)
{
	for (unsigned round = 0; round < 10; round++)
		for (unsigned path = 0; path < 16; path++)
			right(8, path * 37);
	swapcontext(&coroutine_context, &main_context);
}

/* The same addresses, other stacks. */
START_TEST(other_stack_at_the_same_address_is_not_found)
{
	static char stack[1 << 16];

	setup();
	walks->misses = 1000;
	for (int i = 0; i < 3; i++) {
		getcontext(&coroutine_context);
		coroutine_context.uc_stack.ss_sp = stack;
		coroutine_context.uc_stack.ss_size = sizeof stack - (size_t)i * 16;
		coroutine_context.uc_link = &main_context;
		makecontext(&coroutine_context, coroutine, 0);
		swapcontext(&main_context, &coroutine_context);
	}
	ck_assert_uint_eq(lookups, 480);
	ck_assert_uint_gt(found, 300);
}
END_TEST

static __attribute__((noinline)) void allocate_often(int times)
{
	for (int i = 0; i < times; i++)
		right(3, 5);
	__asm__ volatile("");
}

START_TEST(short_thread_remembers_nothing)
{
	setup();
	/* of a thread that ends soon nothing is remembered, nor memory used for it */
	allocate_often(20);
	ck_assert_ptr_null(walks->memory);
	ck_assert_uint_eq(found, 0);
	allocate_often(50);
	ck_assert_ptr_nonnull(walks->memory);
	ck_assert_uint_gt(found, 0);
	walks_forget(walks); /* as when a module goes */
	found = 0;
	allocate_often(1);
	ck_assert_uint_eq(found, 0);
	allocate_often(5);
	ck_assert_uint_ge(found, 3);
}
END_TEST

/* Thousands of stacks of which none comes back: learning costs little. And when they begin to
 * come back, they are learnt. */
START_TEST(learning_rests_until_stacks_come_back)
{
	uint32_t learnt = 0;

	setup();
	walks->misses = 1000;
	for (unsigned path = 0; path < 30000; path++) {
		int32_t credit = walks->credit;

		right(15, path);
		right(15, path); /* its second miss */
		learnt += walks->credit < credit;
	}
	ck_assert_uint_lt(learnt, 2000);
	for (unsigned round = 0; round < 200; round++) {
		found = 0;
		for (unsigned path = 0; path < 64; path++)
			right(20, path * 37);
	}
	ck_assert_uint_eq(found, 64);
}
END_TEST

/* More stacks than there is room for: the tables are full again and again, and grow. */
START_TEST(full_tables_grow)
{
	setup();
	walks->misses = 1000;
	for (unsigned round = 0; round < 60; round++) {
		found = 0;
		for (unsigned path = 0; path < 600; path++) {
			walks->credit = 1 << 20;
			right(20, path * 7);
		}
	}
	ck_assert_uint_gt(walks->size, 0);
	ck_assert_uint_gt(found, 500);
}
END_TEST

/* The address sanitizer's red zones stand between the words of a stack, which these read and
 * copy as a whole. */
#ifdef __SANITIZE_ADDRESS__
#define OF_STACKS
#else
#define OF_STACKS                                                                                  \
	known_stack_is_found_again, stack_by_frame_pointer_is_found_again,                         \
		stack_with_another_word_is_not_found,
#endif

Suite *walks_suite(void)
{
	(void)known_stack_is_found_again;
	(void)stack_by_frame_pointer_is_found_again;
	(void)stack_with_another_word_is_not_found;
	return suite_of("walks",
			(const TTest *const[]){
				OF_STACKS other_stack_at_the_same_address_is_not_found,
				short_thread_remembers_nothing,
				learning_rests_until_stacks_come_back, full_tables_grow, NULL});
}
