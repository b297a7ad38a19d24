/* preload/base/rt.c */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/rt.h"
#include "silt_units.h"
#include "suites.h"

START_TEST(numbers_are_read)
{
	uint64_t value;

	ck_assert(silt_units_size("64M", &value) && value == 64ul << 20);
	ck_assert(silt_units_size("0", &value) && value == 0);
	ck_assert(!silt_units_size("64Q", &value) && !silt_units_size("", &value) &&
		  !silt_units_size("99999999999999999999", &value));
	ck_assert(silt_units_time("250ms", &value) && value == 250000000);
	ck_assert(silt_units_time("5m", &value) && value == 300000000000);
	ck_assert(!silt_units_time("5 m", &value));
	ck_assert(rt_parse_number("18446744073709551615", &value) && value == UINT64_MAX);
	ck_assert(!rt_parse_number("18446744073709551616", &value));
	ck_assert_uint_eq(rt_field("Name:\tx\nVmRSS:\t  1234 kB\n", "\nVmRSS:"), 1234);
	ck_assert_uint_eq(rt_field("Name:\tx\n", "\nVmRSS:"), 0);
}
END_TEST

START_TEST(text_is_cut_at_its_buffer)
{
	char buffer[8];
	struct rt_text text = {buffer, sizeof buffer, 0};

	rt_text(&text, "ab");
	rt_text_number(&text, 1050);
	ck_assert_str_eq(buffer, "ab1050");
	rt_text(&text, "cdef"); /* cut where it is full */
	ck_assert_str_eq(buffer, "ab1050c");
}
END_TEST

START_TEST(unmapped_memory_is_not_readable)
{
	char *page =
		mmap(NULL, 3 * RT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(page + RT_PAGE, RT_PAGE, PROT_NONE);
	munmap(page + 2 * RT_PAGE, RT_PAGE);
	ck_assert(rt_readable(page) && rt_readable(page + RT_PAGE - 1));
	ck_assert(!rt_readable(page + RT_PAGE) && !rt_readable(page + 2 * RT_PAGE) &&
		  !rt_readable(NULL));
	munmap(page, 2 * RT_PAGE);
}
END_TEST

START_TEST(nothing_is_mapped_beyond_the_limit)
{
	void *first, *second, *brief;

	rt_memory_limit = 0;
	ck_assert(!rt_charge(1)); /* what was mapped before counts */
	ck_assert_uint_ne(rt_memory_refused_ns(), 0);
	for (rt_memory_limit = 0; !rt_charge(0); rt_memory_limit += RT_PAGE)
		;
	rt_memory_limit += 10 * RT_PAGE;
	first = rt_map(8 * RT_PAGE);
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(rt_map(8 * RT_PAGE));
	ck_assert_ptr_null(rt_map(4 * RT_PAGE)); /* what was refused does not count */
	brief = rt_map_for(RT_BRIEF, 64 * RT_PAGE);
	ck_assert_ptr_nonnull(brief);
	ck_assert(rt_charge(RT_PAGE) && !rt_charge(4 * RT_PAGE));
	rt_uncharge(RT_PAGE);
	rt_unmap(first, 8 * RT_PAGE);
	rt_unmap(brief, 64 * RT_PAGE); /* was never counted */
	second = rt_map_for(RT_NEEDED, 64 * RT_PAGE);
	ck_assert_ptr_nonnull(second); /* beyond the limit */
	ck_assert_ptr_null(rt_map(RT_PAGE));
	rt_unmap(second, 64 * RT_PAGE);
	ck_assert_ptr_nonnull(rt_map(8 * RT_PAGE));
	ck_assert_ptr_null(rt_map(8 * RT_PAGE));
}
END_TEST

START_TEST(touched_pages_are_counted)
{
	char *memory = rt_map(64 * RT_PAGE);
	uint64_t before = rt_resident();
	unsigned char present[64];

	memory[5 * RT_PAGE] = 1;
	memory[63 * RT_PAGE] = 1;
	ck_assert_uint_eq(rt_resident() - before, 2 * RT_PAGE);
	ck_assert(rt_present(memory, 64 * RT_PAGE, present));
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(present[i], i == 5 || i == 63);
	rt_unmap(memory, 64 * RT_PAGE);
	ck_assert_uint_eq(rt_resident(), before);
}
END_TEST

START_TEST(array_keeps_what_it_held)
{
	static struct rt_array array;

	for (uint32_t i = 0; i < 100000; i++) {
		ck_assert(rt_array_reserve(&array, i, sizeof i));
		*(uint32_t *)rt_array_at(&array, i, sizeof i) = i * 3;
	}
	for (uint32_t i = 0; i < 100000; i++)
		ck_assert_uint_eq(*(uint32_t *)rt_array_at(&array, i, sizeof i), i * 3);
}
END_TEST

static struct rt_lock lock;
static unsigned long counter;

static void *count_up(void *unused)
{
	(void)unused;
	for (int i = 0; i < 100000; i++) {
		rt_lock(&lock);
		counter++;
		rt_unlock(&lock);
	}
	return NULL;
}

START_TEST(lock_keeps_threads_apart)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, count_up, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(counter, 400000);
	ck_assert(rt_trylock(&lock) && !rt_trylock(&lock));
}
END_TEST

static struct rt_lock wanted;
static _Atomic bool enough;
static _Atomic unsigned long greedy;

/* Holds the lock nearly always. */
static void *take_again(void *unused)
{
	(void)unused;
	while (!enough) {
		rt_lock(&wanted);
		for (volatile int i = 0; i < 20000; i++)
			;
		greedy++;
		rt_unlock(&wanted);
	}
	return NULL;
}

START_TEST(words_and_names_are_found_in_text)
{
	static const char text[] = "aab 4:memory:/a\n[heap]";

	ck_assert_ptr_eq(rt_find(text, "ab"), text + 1);
	ck_assert_ptr_eq(rt_find(text, "memory:/"), text + 6);
	ck_assert_ptr_eq(rt_find(text, ""), text);
	ck_assert_ptr_null(rt_find(text, "memories"));
	ck_assert_ptr_null(rt_find("", "a"));
	ck_assert_ptr_eq(rt_find_name(text), text + 13);
	ck_assert_ptr_eq(rt_find_name(text + 14), text + 16);
	ck_assert_ptr_null(rt_find_name("rw-p"));
	ck_assert_uint_eq(rt_field("123\n", ""), 123);
	ck_assert_uint_eq(rt_field("a: 1\nb:\t22", "b:"), 22);
}
END_TEST

START_TEST(waiting_thread_gets_the_lock)
{
	pthread_t thread;

	pthread_create(&thread, NULL, take_again, NULL);
	while (greedy == 0)
		sched_yield();
	for (int i = 0; i < 100; i++) {
		rt_lock(&wanted);
		rt_unlock(&wanted);
	}
	enough = true;
	pthread_join(thread, NULL);
	/* It may lose its processor now and then, for a few hundred takes of the other. An unfair
	 * lock would be had once in such a slice: 40,000 in all. */
	ck_assert_uint_lt(greedy, 10000);
}
END_TEST

static bool no_helper(void)
{
	return false;
}

START_TEST(copy_gets_the_lock_of_a_lost_holder)
{
	struct rt_lock kept = {0};
	_Atomic uint32_t mark = 1;
	char here;

	rt_copy_mark = &mark;
	rt_helper_runs = no_helper;
	rt_helper_stack = (uintptr_t)&here - 65536;
	rt_helper_stack_size = 131072;
	rt_lock(&kept); /* as the helper */
	rt_helper_stack_size = 0;
	rt_lock(&kept);
	ck_assert(!rt_trylock(&kept));
	rt_unlock(&kept);
	rt_lock(&kept);
	mark = 0; /* we are a copy made while another thread held it */
	ck_assert(rt_trylock(&kept));
	ck_assert(mark == 1 && !rt_trylock(&kept));
	rt_unlock(&kept);
	ck_assert(rt_trylock(&kept));
	rt_unlock(&kept);
	rt_copy_mark = NULL;
}
END_TEST

/* A fork in a handler that has interrupted the holder of an open one. */
START_TEST(fork_within_a_lock_keeps_it)
{
	struct rt_lock kept = {.allows_signals = true};
	_Atomic uint32_t mark = 1;

	rt_copy_mark = &mark;
	rt_lock(&kept);
	rt_lock_for_fork(&kept);
	mark = 0; /* in the child */
	rt_unlock_after_fork(&kept);
	ck_assert(!rt_trylock(&kept) && !rt_lock_within(&kept, 1000000));
	rt_unlock(&kept);
	rt_lock_for_fork(&kept);
	ck_assert(!rt_trylock(&kept));
	rt_unlock_after_fork(&kept);
	ck_assert(rt_lock_within(&kept, 0));
	rt_copy_mark = NULL;
}
END_TEST

Suite *rt_suite(void)
{
	return suite_of(
		"rt", (const TTest *const[]){numbers_are_read, text_is_cut_at_its_buffer,
					     unmapped_memory_is_not_readable,
					     nothing_is_mapped_beyond_the_limit,
					     touched_pages_are_counted, array_keeps_what_it_held,
					     lock_keeps_threads_apart, waiting_thread_gets_the_lock,
					     words_and_names_are_found_in_text,
					     copy_gets_the_lock_of_a_lost_holder,
					     fork_within_a_lock_keeps_it, NULL});
}
