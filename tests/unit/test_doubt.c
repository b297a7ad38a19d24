/*
 * When a snapshot proves nothing: the allocator's figures against the books.
 */
#include "load/snapshot.h"
#include "model/doubt.h"
#include "silt_snapshot.h"
#include "suites.h"

#define MIB (1ull << 20)
#define COUNT 6

/* Of a program with 100 MiB in 100,000 blocks, all on record. */
static struct snapshot sound(void)
{
	return (struct snapshot){.process = {.allocator = SILT_ALLOCATOR_GLIBC,
					     .threads = 1,
					     .total_blocks = 200000,
					     .live_blocks = 100000,
					     .live_bytes = 100 * MIB,
					     .heap_time_ns = 1,
					     .heap_books_bytes = 100 * MIB,
					     .heap_scanned_bytes = 100 * MIB,
					     .heap_used_bytes = 60 * MIB,
					     .heap_mapped_bytes = 41 * MIB,
					     .heap_least_bytes = 101 * MIB,
					     .heap_most_bytes = 102 * MIB,
					     .c_libraries = 1}};
}

static bool doubted(const struct snapshot *snapshot)
{
	struct snapshot *const list[] = {(struct snapshot *)snapshot};

	ck_assert_int_eq(doubt_of(snapshot) != NULL, doubt_of_run(list, 1) != NULL);
	return doubt_of(snapshot) != NULL;
}

START_TEST(unexplained_heap_is_doubted)
{
	struct snapshot snapshot = sound();

	ck_assert(!doubted(&snapshot));
	snapshot.process.heap_used_bytes = 71 * MIB; /* 112 of which 102 are explained: a tenth */
	ck_assert(!doubted(&snapshot));
	snapshot.process.heap_used_bytes = 76 * MIB;
	ck_assert(doubted(&snapshot));
	snapshot.process.gaps = 1; /* the program has stopped recording for a while */
	ck_assert(!doubted(&snapshot));
	snapshot.process.gaps = 0;
	snapshot.process.threads_at_once = 100; /* may keep a quarter MiB each */
	ck_assert(!doubted(&snapshot));
	snapshot.process.threads_at_once = 1;
	snapshot.process.sample_bytes = MIB; /* 100 MiB, give or take 40 */
	ck_assert(!doubted(&snapshot));
	snapshot.process.sample_bytes = 4096;
	ck_assert(doubted(&snapshot));
}
END_TEST

START_TEST(missing_heap_is_doubted)
{
	struct snapshot snapshot = sound(), *const list[] = {&snapshot};

	snapshot.process.heap_used_bytes = 51 * MIB; /* 92 for 101 at least */
	ck_assert(!doubted(&snapshot) && !doubt_of_records(list, 1));
	snapshot.process.heap_used_bytes = 40 * MIB;
	ck_assert(doubted(&snapshot) && doubt_of_records(list, 1));
	snapshot.process.heap_books_bytes = 80 * MIB; /* it has grown since the figures were read */
	ck_assert(!doubted(&snapshot) && !doubt_of_records(list, 1));
}
END_TEST

START_TEST(unknown_figures_are_not_doubted)
{
	struct snapshot snapshot = sound();

	snapshot.process.heap_used_bytes = 1;
	snapshot.process.heap_mapped_bytes = 0;
	ck_assert(doubted(&snapshot));
	snapshot.process.heap_used_bytes = 0; /* mimalloc does not tell */
	ck_assert(!doubted(&snapshot));
	snapshot = sound();
	snapshot.process.heap_used_bytes = 500 * MIB;
	snapshot.process.heap_time_ns = 0;
	ck_assert(!doubted(&snapshot));
	snapshot.process.heap_time_ns = 1;
	snapshot.process.heap_most_bytes = 0; /* written before there was such a field */
	ck_assert(!doubted(&snapshot));
}
END_TEST

START_TEST(small_heaps_are_not_doubted)
{
	struct snapshot snapshot = sound();

	snapshot.process.live_bytes = snapshot.process.heap_books_bytes =
		snapshot.process.heap_scanned_bytes = MIB;
	snapshot.process.heap_least_bytes = snapshot.process.heap_most_bytes = MIB;
	snapshot.process.heap_mapped_bytes = 0;
	snapshot.process.heap_used_bytes = 5 * MIB;
	ck_assert(!doubted(&snapshot));
	snapshot.process.heap_used_bytes = 6 * MIB;
	ck_assert(doubted(&snapshot));
}
END_TEST

START_TEST(two_c_libraries_are_doubted)
{
	struct snapshot snapshot = sound();

	snapshot.process.c_libraries = 2;
	ck_assert(doubted(&snapshot));
}
END_TEST

/* Of a heap of 1000 MiB 50 that leak unseen are far from a tenth, but they are all that grows. */
START_TEST(unseen_growth_is_doubted)
{
	struct snapshot snapshots[COUNT], *list[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		snapshots[i] = sound();
		snapshots[i].process.heap_scanned_bytes = snapshots[i].process.heap_books_bytes =
			1000 * MIB;
		snapshots[i].process.heap_least_bytes = 1001 * MIB;
		snapshots[i].process.heap_most_bytes = 1002 * MIB;
		snapshots[i].process.heap_mapped_bytes = 0;
		snapshots[i].process.heap_used_bytes = 1001 * MIB + i * 10 * MIB;
		list[i] = &snapshots[i];
	}
	ck_assert_ptr_null(doubt_of(list[COUNT - 1]));
	ck_assert_ptr_nonnull(doubt_of_run(list, COUNT));
	for (size_t i = 0; i < COUNT; i++) { /* the same on record */
		snapshots[i].process.heap_scanned_bytes += i * 10 * MIB;
		snapshots[i].process.heap_books_bytes += i * 10 * MIB;
		snapshots[i].process.heap_least_bytes += i * 10 * MIB;
		snapshots[i].process.heap_most_bytes += i * 10 * MIB;
	}
	ck_assert_ptr_null(doubt_of_run(list, COUNT));
}
END_TEST

Suite *doubt_suite(void)
{
	return suite_of("doubt",
			(const TTest *const[]){
				unexplained_heap_is_doubted, missing_heap_is_doubted,
				unknown_figures_are_not_doubted, small_heaps_are_not_doubted,
				two_c_libraries_are_doubted, unseen_growth_is_doubted, NULL});
}
