/* preload/unwind/capture.c, rules.c, cfi.c: the walk by rules finds what the C library's own
 * backtrace() finds. */
#include <execinfo.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "base/rt.h"
#include "unwind/modules.h"
#include "silt_snapshot.h"
#include "suites.h"
#include "unwind/capture.h"
#include "unwind/rules.h"

static struct unwind_walk *walk;
static int checked;

static uintptr_t address_of(uint32_t number)
{
	const struct rules_pc *pc = rules_pc(number);

	return pc->address + (pc->module == MODULES_NONE ? 0 : modules_get(pc->module)->bias);
}

/* backtrace() begins with the function that calls it, or under a sanitizer with the sanitizer's. */
static void compare_with(const struct unwind_start *here, const struct unwind_trace *trace,
			 void **expected, int count)
{
	int first = 1;

	while (first < count && (uintptr_t)expected[first] != here->pc)
		first++;
	ck_assert_int_gt(count, first + 1);
	ck_assert_uint_eq(trace->flags, trace->depth > unwind_depth ? SILT_SITE_CUT : 0);
	ck_assert_uint_eq(trace->depth, (unsigned)(count - first));
	for (uint32_t i = 0; i < trace->count; i++)
		ck_assert_uint_eq(address_of(unwind_pc(trace, i)),
				  (uintptr_t)expected[first + (int)i]);
	checked++;
}

/* Called as malloc would be. */
static __attribute__((noinline)) void compare(void)
{
	struct unwind_start here = UNWIND_HERE;
	struct unwind_trace trace = *unwind_capture(walk, &here);
	void *expected[300];

	compare_with(&here, &trace, expected, backtrace(expected, 300));
}

static void setup(void)
{
	static bool started;

	if (!started)
		ck_assert(modules_start() && rules_start());
	started = true;
	walk = rt_map(sizeof *walk);
	unwind_walk_init(walk);
	unwind_depth = 256;
	checked = 0;
}

static __attribute__((noinline)) int recurse(int levels, int width)
{
	volatile char space[64];

	space[0] = (char)levels;
	if (levels == 0)
		compare();
	for (int i = 0; i < (levels > 3 ? 1 : width) && levels > 0; i++)
		recurse(levels - 1, width);
	return space[0];
}

static __attribute__((noinline)) void with_alloca(size_t size)
{
	volatile char *space = __builtin_alloca(size);

	space[0] = 1;
	recurse(3, 2);
	compare();
}

static __attribute__((noinline)) void realigned(void)
{
	volatile char space[64] __attribute__((aligned(64)));

	space[0] = 1;
	ck_assert_uint_eq((uintptr_t)space % 64, 0);
	recurse(3, 2);
	compare();
}

START_TEST(walks_agree_with_backtrace)
{
	setup();
	for (int depth = 0; depth < 100; depth++)
		recurse(depth, 1);
	recurse(6, 3); /* returns and calls again: outer frames are taken over from the last walk */
	for (size_t size = 1; size < 5000; size += 97)
		with_alloca(size);
	realigned();
	ck_assert_int_gt(checked, 200);
}
END_TEST

/* Calls that change from one capture to the next in every way: other functions in the same
 * places, frames of other sizes, also on a frame pointer, deeper and shallower stacks. */
static __attribute__((noinline)) void wander(unsigned levels);

#define WANDER(name, before)                                                                       \
	static __attribute__((noinline)) void name(unsigned levels)                                \
	{                                                                                          \
		before;                                                                            \
		wander(levels);                                                                    \
		if (rand() % 4 == 0)                                                               \
			compare();                                                                 \
		if (rand() % 8 == 0)                                                               \
			wander(levels / 2);                                                        \
		__asm__ volatile("");                                                              \
	}
WANDER(plainly, (void)0)
WANDER(plainly_too, __asm__ volatile("nop"))
WANDER(with_space, char space[40]; __asm__ volatile("" : : "r"(space) : "memory"))
WANDER(with_frame_pointer, volatile char *space = __builtin_alloca((size_t)(rand() % 3) * 16 + 16);
       space[0] = 1)
WANDER(with_alignment, char space[64] __attribute__((aligned(64))); __asm__ volatile(""
										     :
										     : "r"(space)
										     : "memory"))

static void wander(unsigned levels)
{
	static void (*const ways[])(unsigned) = {plainly,	 plainly_too, plainly,
						 plainly_too,	 with_space,  with_frame_pointer,
						 with_alignment, plainly};

	compare();
	if (levels > 0)
		ways[(unsigned)rand() % 8](levels - 1);
	__asm__ volatile("");
}

START_TEST(changing_stacks_agree_with_backtrace)
{
	setup();
	srand(1);
	for (unsigned i = 0; i < 400; i++)
		wander(i % 40);
	unwind_depth = 12; /* where the outer frames are not part of the traceback */
	unwind_walk_init(walk);
	for (unsigned i = 0; i < 400; i++)
		wander(i % 40);
	unwind_depth = 256;
	ck_assert_int_gt(checked, 10000);
}
END_TEST

/* -- stacks of more frames than are kept -- */

static uint64_t captures;

/* backtrace() of thousands of frames takes long: only now and then. */
static __attribute__((noinline)) void capture_deep(void)
{
	static void *expected[8000];
	struct unwind_start here = UNWIND_HERE;
	struct unwind_trace *trace = unwind_capture(walk, &here);
	uint32_t depth = trace->depth;
	int count, first = 1;

	captures++;
	if (rand() % 400)
		return;
	if (depth == 0) /* a window without a known end */
		depth = unwind_count(walk, &here);
	count = backtrace(expected, 8000);
	while (first < count && (uintptr_t)expected[first] != here.pc)
		first++;
	ck_assert_uint_eq(depth, (unsigned)(count - first));
	ck_assert_uint_eq(trace->count, depth < unwind_depth ? depth : unwind_depth);
	for (uint32_t i = 0; i < trace->count; i++)
		ck_assert_uint_eq(address_of(unwind_pc(trace, i)),
				  (uintptr_t)expected[first + (int)i]);
	checked++;
}

/* Goes `levels` deep, from one of two places each time; allocates on the way down and up from
 * `quiet` on, and turns back now and then. */
static __attribute__((noinline)) void dive(int levels, int quiet, int turns)
{
	volatile char space[16];

	space[0] = (char)levels;
	if (quiet <= 0)
		capture_deep();
	if (levels > 0 && rand() % 2)
		dive(levels - 1, quiet - 1, turns);
	else if (levels > 0)
		dive(levels - 1, quiet - 1, turns);
	if (quiet <= 0)
		capture_deep();
	if (turns > 0 && levels > 100 && rand() % 16 == 0)
		dive(rand() % 100, 0, 0);
	__asm__ volatile("" : : "r"(space) : "memory");
}

/* Frames walked for a capture, at most. */
#ifdef __SANITIZE_ADDRESS__
#define MOST_WALKED 4 /* 3.4 with clang -O0 */
#else
#define MOST_WALKED 3
#endif

/* What is walked is in proportion to what has changed, not to the depth. */
static void dive_often(void)
{
	static const uint32_t depths[] = {64, 256, 1};

	for (int i = 0; i < 3; i++) {
		unwind_depth = depths[i];
		unwind_walk_init(walk);
		dive(3000, 0, 1);
		dive(3000, 2000, 1);
		dive((int)UNWIND_MAX_FRESH, 0, 0);
		dive((int)UNWIND_MAX_FRAMES, 0, 0);
		dive(100, 0, 1);
		captures = 0;
		walk->walked = 0;
		dive(5000, 0, 1);
		ck_assert_uint_gt(captures, 10000);
		ck_assert_msg(walk->walked < captures * MOST_WALKED,
			      "depth %u: %lu frames were walked for %lu captures", depths[i],
			      (unsigned long)walk->walked, (unsigned long)captures);
	}
	unwind_depth = 256;
}

START_TEST(deep_stacks_agree_with_backtrace)
{
	setup();
	srand(2);
	dive_often();
	ck_assert_int_gt(checked, 150);
}
END_TEST

static int order(const void *a, const void *b)
{
	compare();
	return *(const int *)a - *(const int *)b;
}

START_TEST(walk_goes_through_the_c_library)
{
	int numbers[] = {5, 3, 9, 1, 7};

	setup();
	qsort(numbers, 5, sizeof numbers[0], order);
	ck_assert_int_eq(numbers[0], 1);
	ck_assert_int_gt(checked, 4);
}
END_TEST

static void in_handler(int number)
{
	struct unwind_start here = UNWIND_HERE;
	struct unwind_trace trace = *unwind_capture(walk, &here);
	void *expected[300];

	(void)number;
	compare_with(&here, &trace, expected, backtrace(expected, 300));
}

START_TEST(walk_goes_through_a_signal)
{
	static char stack[1 << 16];
	stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
	struct sigaction action = {.sa_handler = in_handler};

	setup();
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	sigaltstack(&other, NULL);
	action.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	recurse(5, 2); /* and the walk still knows its own stack */
	ck_assert_int_gt(checked, 3);
}
END_TEST

static ucontext_t main_context, coroutine_context;

static void coroutine(void)
{
	recurse(4, 2);
	swapcontext(&coroutine_context, &main_context);
	recurse(3, 2);
}

START_TEST(walk_ends_at_the_end_of_a_coroutine)
{
	static char stack[1 << 16];

	setup();
	getcontext(&coroutine_context);
	coroutine_context.uc_stack.ss_sp = stack;
	coroutine_context.uc_stack.ss_size = sizeof stack;
	coroutine_context.uc_link = &main_context;
	makecontext(&coroutine_context, coroutine, 0);
	swapcontext(&main_context, &coroutine_context);
	recurse(2, 2);
	swapcontext(&main_context, &coroutine_context);
	recurse(2, 2);
	ck_assert_int_gt(checked, 10);
}
END_TEST

static void deep_coroutine(void)
{
	dive_often();
	swapcontext(&coroutine_context, &main_context);
}

START_TEST(deep_coroutine_agrees_with_backtrace)
{
	static char stack[4 << 20];

	setup();
	srand(3);
	getcontext(&coroutine_context);
	coroutine_context.uc_stack.ss_sp = stack;
	coroutine_context.uc_stack.ss_size = sizeof stack;
	coroutine_context.uc_link = &main_context;
	makecontext(&coroutine_context, deep_coroutine, 0);
	swapcontext(&main_context, &coroutine_context);
	ck_assert_int_gt(checked, 150);
}
END_TEST

static jmp_buf back;

static volatile bool stay;

static __attribute__((noinline)) void jump(int levels)
{
	if (levels == 0) {
		compare();
		if (!stay)
			longjmp(back, 1);
		return;
	}
	jump(levels - 1);
	__asm__ volatile("");
}

START_TEST(walk_after_longjmp_is_right)
{
	setup();
	for (volatile int i = 1; i < 20; i++) {
		if (setjmp(back) == 0)
			jump(i);
		compare();
	}
	ck_assert_int_eq(checked, 38);
}
END_TEST

START_TEST(cut_stack_has_its_true_depth)
{
	struct unwind_start here = UNWIND_HERE;
	struct unwind_trace whole, part;

	setup();
	whole = *unwind_capture(walk, &here);
	unwind_depth = 2; /* it is set once otherwise */
	unwind_walk_init(walk);
	part = *unwind_capture(walk, &here);
	ck_assert_uint_eq(part.count, 2);
	ck_assert_uint_eq(part.depth, whole.depth);
	ck_assert_uint_ne(part.flags, 0);
	ck_assert_uint_eq(unwind_count(walk, &here), whole.depth);
	unwind_depth = 256;
}
END_TEST

Suite *unwind_suite(void)
{
	return suite_of("unwind",
			(const TTest *const[]){
				walks_agree_with_backtrace, changing_stacks_agree_with_backtrace,
				walk_goes_through_the_c_library, walk_goes_through_a_signal,
				walk_ends_at_the_end_of_a_coroutine, walk_after_longjmp_is_right,
				deep_stacks_agree_with_backtrace,
				deep_coroutine_agrees_with_backtrace, cut_stack_has_its_true_depth,
				NULL});
}
