/* preload/record/blocks.c: every address on its own, every size. The addresses are never
 * touched. */
#include <pthread.h>
#include <stdlib.h>

#include "base/rt.h"
#include "record/blocks.h"
#include "suites.h"

static uint64_t seen_blocks, seen_bytes;

static void see(void *argument, uintptr_t address, struct block block)
{
	(void)argument;
	ck_assert_uint_eq(address & 15, 0);
	seen_blocks++;
	seen_bytes += block.size;
}

START_TEST(what_is_put_is_taken)
{
	static const uint64_t sizes[] = {0,
					 1,
					 24,
					 63,
					 64,
					 127,
					 128,
					 8191,
					 BLOCKS_SIZE_MAX - 1,
					 BLOCKS_SIZE_MAX,
					 BLOCKS_SIZE_MAX + 1,
					 1ul << 22,
					 1ul << 31,
					 1ul << 40};
	struct block block;

	ck_assert(blocks_start());
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (uintptr_t address = 0x7f0003fffff0; address <= 0x7f0004000010;
		     address += 16) { /* across two leaves */
			const void *pointer = (const void *)address;

			ck_assert(blocks_put(pointer,
					     (struct block){sizes[i], 1048575, 1048574, i & 1, 0}));
			ck_assert(blocks_get(pointer, &block));
			ck_assert_uint_eq(block.size, sizes[i]);
			ck_assert_uint_eq(block.site, 1048575);
			ck_assert_uint_eq(block.generation, 1048574);
			ck_assert_uint_eq(block.ignored, i & 1);
			/* not where it begins */
			ck_assert(!blocks_get((const char *)pointer + 1, &block));
			ck_assert(!blocks_get((const char *)pointer + 16, &block));
			ck_assert(!blocks_get((const char *)pointer + 32,
					      &block)); /* where a large size is kept */
			ck_assert(blocks_take(pointer, &block));
			ck_assert_uint_eq(block.size, sizes[i]);
			ck_assert(!blocks_take(pointer, &block));
		}
	}
	ck_assert(!blocks_take((const void *)0xffff800000000000, &block)); /* the kernel's half */
	ck_assert(!blocks_put((const void *)0xffff800000000000, (struct block){1, 1, 1, 0, 0}));
}
END_TEST

START_TEST(scan_sees_each_block_until_cleared)
{
	uint64_t bytes = 1ul << 33;
	struct block block;

	ck_assert(blocks_start());
	for (uintptr_t i = 0; i < 100000; i++, bytes += (i - 1) % 49)
		ck_assert(blocks_put((const void *)(0x100000 + i * 48),
				     (struct block){i % 49, 1, 1, 0, 0}));
	ck_assert(blocks_put((const void *)0x7fff00000000, (struct block){1ul << 33, 1, 1, 0, 0}));
	for (uintptr_t i = 0; i < 100000; i += 2) {
		ck_assert(blocks_take((const void *)(0x100000 + i * 48), &block));
		bytes -= block.size;
	}
	blocks_scan(see, NULL);
	ck_assert_uint_eq(seen_blocks, 50001);
	ck_assert_uint_eq(seen_bytes, bytes);
	blocks_clear();
	seen_blocks = 0;
	blocks_scan(see, NULL);
	ck_assert_uint_eq(seen_blocks, 0);
}
END_TEST

/* Every size there is in a slot, one after another as an allocator lays them out: as close as
 * may be. */
#define NEIGHBOURS 4000u

static struct block neighbour(uint32_t i)
{
	return (struct block){.size = i % 3 == 2 && i > 3000 ? BLOCKS_SIZE_MAX - 2000 + i : i % 300,
			      .site = i + 1,
			      .generation = 1 + i * 7 % 1000,
			      .ignored = i % 2};
}

START_TEST(neighbours_do_not_disturb_each_other)
{
	static uintptr_t at[NEIGHBOURS];
	uintptr_t next = 0x7f0000000010;
	struct block block;

	ck_assert(blocks_start());
	for (uint32_t i = 0; i < NEIGHBOURS; i++) {
		uint64_t size = neighbour(i).size;

		at[i] = next;
		next += size < 32 ? 32 : (size + 15) & ~15ul;
		ck_assert(blocks_put((const void *)at[i], neighbour(i)));
	}
	for (uint32_t n = 0; n < NEIGHBOURS; n++) {
		uint32_t i = n * 1663 % NEIGHBOURS;

		ck_assert(blocks_get((const void *)at[i], &block));
		ck_assert(blocks_take((const void *)at[i], &block));
		ck_assert_uint_eq(block.size, neighbour(i).size);
		ck_assert_uint_eq(block.site, i + 1);
		ck_assert_uint_eq(block.generation, neighbour(i).generation);
		ck_assert_uint_eq(block.ignored, i % 2);
	}
}
END_TEST

/* While a thread puts and takes blocks of all kinds in one place, whoever scans sees them whole
 * or not. */
static _Atomic bool is_over;

static void *come_and_go(void *unused)
{
	static const uint64_t sizes[] = {24, 1000, 1ul << 20};
	unsigned random = 1;

	while (!atomic_load(&is_over)) {
		unsigned kind = (unsigned)rand_r(&random) % 3,
			 first = (unsigned)rand_r(&random) % 8;
		const char *start = (const char *)0x200000 + first * 32ul;
		struct block block;

		ck_assert(blocks_put(start, (struct block){sizes[kind], kind + 1, kind + 1, 0, 0}));
		if (kind == 0)
			ck_assert(blocks_put(start + 32, (struct block){24, 1, 1, 0, 0}));
		ck_assert(blocks_take(start, &block));
		ck_assert_uint_eq(block.size, sizes[kind]);
		if (kind == 0)
			ck_assert(blocks_take(start + 32, &block));
	}
	return unused;
}

static void see_whole(void *argument, uintptr_t address, struct block block)
{
	static const uint64_t sizes[] = {0, 24, 1000, 1ul << 20};

	(void)argument;
	(void)address;
	ck_assert_uint_ge(block.site, 1);
	ck_assert_uint_le(block.site, 3);
	ck_assert_uint_eq(block.generation, block.site);
	ck_assert_uint_eq(block.size, sizes[block.site]);
}

START_TEST(scan_stands_blocks_that_come_and_go)
{
	pthread_t thread;

	ck_assert(blocks_start());
	ck_assert(blocks_slot_of(0x200000, true) != NULL);
	ck_assert(pthread_create(&thread, NULL, come_and_go, NULL) == 0);
	for (int i = 0; i < 2000; i++)
		blocks_scan(see_whole, NULL);
	atomic_store(&is_over, true);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(ignored_block_stays_so_until_freed)
{
	static const uint64_t sizes[] = {0, 48, BLOCKS_SIZE_MAX - 1, BLOCKS_SIZE_MAX, 1ul << 40};
	struct block block;

	ck_assert(blocks_start());
	ck_assert(!blocks_ignore((const void *)0x500000)); /* no leaf */
	ck_assert(!blocks_ignore((const void *)0xffff800000000000));
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		const char *pointer = (const char *)0x500010;

		ck_assert(blocks_put(pointer, (struct block){sizes[i], 1048575, 1048575, 0, 0}));
		ck_assert(!blocks_ignore(pointer + 1));
		ck_assert(!blocks_ignore(pointer - 16));
		ck_assert(!blocks_ignore(pointer + 32));
		ck_assert(blocks_get(pointer, &block) && block.ignored == 0);
		ck_assert(blocks_ignore(pointer) && blocks_ignore(pointer));
		ck_assert(blocks_get(pointer, &block) && block.ignored == 1);
		ck_assert_uint_eq(block.size, sizes[i]);
		ck_assert_uint_eq(block.site, 1048575);
		ck_assert_uint_eq(block.generation, 1048575);
		ck_assert(blocks_take(pointer, &block));
		ck_assert(!blocks_ignore(pointer));
		ck_assert(blocks_put(pointer, (struct block){1, 1, 1, 0, 0}));
		ck_assert(blocks_get(pointer, &block) && block.ignored == 0);
		ck_assert(blocks_take(pointer, &block));
	}
}
END_TEST

static void encloses(uintptr_t address, uintptr_t expected)
{
	struct block block;
	uintptr_t start;
	bool found = blocks_enclosing((const void *)address, &start, &block);

	ck_assert_msg(found == (expected != 0), "%#lx", (unsigned long)address);
	if (found)
		ck_assert_msg(start == expected, "%#lx: %#lx", (unsigned long)address,
			      (unsigned long)start);
}

START_TEST(inner_address_finds_its_block)
{
	static const uint64_t sizes[] = {0,	  1,	   16,	     48,       100,	   16384,
					 1 << 20, 5 << 20, 63 << 20, 64 << 20, 100ul << 20};
	const uintptr_t first = 0x7f0000000000;

	encloses(first, 0); /* before the start */
	ck_assert(blocks_start());
	encloses(first, 0);
	ck_assert(blocks_slot_of(0, true) != NULL);
	encloses(0x4000, 0);
	encloses(0x3fff, 0);
	encloses(1, 0);
	encloses(0, 0);
	encloses(UINTPTR_MAX, 0);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		/* at the start, in the middle and near the end of a leaf */
		static const uintptr_t offsets[] = {0, 16, 0x12340, 0x3ffff80, 0x3fffff0};

		for (size_t j = 0; j < sizeof offsets / sizeof offsets[0]; j++) {
			uintptr_t start = first + offsets[j], size = sizes[i];
			uintptr_t reach = size < 64ul << 20 ? size : 64ul << 20;
			struct block block;

			ck_assert(
				blocks_put((const void *)start, (struct block){size, 1, 1, 0, 0}));
			encloses(start - 1, 0);
			encloses(start, start);
			encloses(start + size / 2, start);
			encloses(start + size, size ? 0 : start);
			if (size)
				encloses(start + reach - 1, start);
			if (size > 64ul << 20)
				encloses(start + (64ul << 20) + 32, 0); /* too far */
			ck_assert(blocks_take((const void *)start, &block));
			encloses(start, 0);
		}
	}
}
END_TEST

START_TEST(inner_address_finds_no_neighbour)
{
	const uintptr_t first = 0x100000000;
	uintptr_t start;
	struct block block;

	ck_assert(blocks_start());
	/* 24 bytes of 48: starts of both halves of a granule */
	for (uintptr_t i = 0; i < 5000; i++)
		ck_assert(
			blocks_put((const void *)(first + i * 48), (struct block){24, 1, 1, 0, 0}));
	for (uintptr_t at = first; at < first + 5000ul * 48; at++)
		encloses(at, (at - first) % 48 < 24 ? at - (at - first) % 48 : 0);
	/* what was never touched stays so */
	ck_assert(blocks_put((const void *)(first + (32ul << 20)), (struct block){24, 1, 1, 0, 0}));
	ck_assert(blocks_enclosing((const void *)first, &start, &block));
	ck_assert(!blocks_enclosing((const void *)(first + (31ul << 20)), &start, &block));
	{
		unsigned char present[64];

		ck_assert(rt_present(blocks_slot_of(first + (8ul << 20), false),
				     sizeof present * RT_PAGE, present));
		for (size_t i = 0; i < sizeof present; i++)
			ck_assert_uint_eq(present[i], 0);
	}
}
END_TEST

START_TEST(no_page_of_slots_beyond_the_limit)
{
	/* heap that a page of slots covers */
	const uintptr_t first = 0x100000000, page = RT_PAGE / 4 * 32;
	struct block block;

	ck_assert(blocks_start());
	ck_assert(blocks_put((const void *)first, (struct block){24, 1, 1, 0, 0}));
	for (rt_memory_limit = 0; !rt_charge(0); rt_memory_limit += RT_PAGE)
		;
	rt_memory_limit += 4 * RT_PAGE;
	for (uintptr_t i = 1; i <= 2; i++) /* one page of the shadow each */
		for (uintptr_t k = 0; k < 100; k++)
			ck_assert(blocks_put((const void *)(first + i * page + k * 64),
					     (struct block){64, 1, 1, 0, 0}));
	for (uintptr_t k = 0; k < 100; k++) /* two */
		ck_assert(blocks_put((const void *)(first + 3 * page + k * 64),
				     (struct block){24, 1, 1, 0, 0}));
	ck_assert(!blocks_put((const void *)(first + 9 * page), (struct block){24, 1, 1, 0, 0}));
	ck_assert(!blocks_get((const void *)(first + 9 * page), &block));
	/* pages that are in use stay in use */
	ck_assert(blocks_take((const void *)(first + page), &block));
	ck_assert(blocks_put((const void *)(first + page), (struct block){80, 1, 1, 0, 0}));
}
END_TEST

Suite *blocks_suite(void)
{
	return suite_of(
		"blocks",
		(const TTest *const[]){
			what_is_put_is_taken, scan_sees_each_block_until_cleared,
			neighbours_do_not_disturb_each_other, scan_stands_blocks_that_come_and_go,
			ignored_block_stays_so_until_freed, inner_address_finds_its_block,
			inner_address_finds_no_neighbour, no_page_of_slots_beyond_the_limit, NULL});
}
