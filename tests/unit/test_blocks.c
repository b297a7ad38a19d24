/* preload/blocks.c: every address on its own, every size. The addresses are never touched. */
#include "blocks.h"
#include "suites.h"

static uint64_t seen_blocks, seen_bytes;

static void see(void *argument, uintptr_t address, struct block block)
{
	(void)argument;
	ck_assert_uint_eq(address & 15, 0);
	seen_blocks++;
	seen_bytes += block.size;
}

START_TEST(put_and_take)
{
	static const uint64_t sizes[] = {0, 1, 24, (1ul << 22) - 2, (1ul << 22) - 1, 1ul << 22, 1ul << 40};
	struct block block;

	ck_assert(blocks_start());
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (uintptr_t address = 0x7f0003fffff0; address <= 0x7f0004000010;
		     address += 16) { /* across two leaves */
			const void *pointer = (const void *)address;

			ck_assert(blocks_put(pointer, (struct block){sizes[i], 1048575, 1048574}));
			ck_assert(blocks_get(pointer, &block));
			ck_assert_uint_eq(block.size, sizes[i]);
			ck_assert_uint_eq(block.site, 1048575);
			ck_assert_uint_eq(block.generation, 1048574);
			ck_assert(!blocks_get((const char *)pointer + 1, &block)); /* not where it begins */
			ck_assert(!blocks_get((const char *)pointer + 16, &block));
			ck_assert(!blocks_get((const char *)pointer + 32,
					      &block)); /* where a large size is kept */
			ck_assert(blocks_take(pointer, &block));
			ck_assert_uint_eq(block.size, sizes[i]);
			ck_assert(!blocks_take(pointer, &block));
		}
	}
	ck_assert(!blocks_take((const void *)0xffff800000000000, &block)); /* the kernel's half */
	ck_assert(!blocks_put((const void *)0xffff800000000000, (struct block){1, 1, 1}));
}
END_TEST

START_TEST(scan_and_clear)
{
	struct block block;

	ck_assert(blocks_start());
	for (uintptr_t i = 0; i < 100000; i++)
		ck_assert(blocks_put((const void *)(0x100000 + i * 48), (struct block){i, 1, 1}));
	ck_assert(blocks_put((const void *)0x7fff00000000, (struct block){1ul << 33, 1, 1}));
	for (uintptr_t i = 0; i < 100000; i += 2)
		ck_assert(blocks_take((const void *)(0x100000 + i * 48), &block));
	blocks_scan(see, NULL);
	ck_assert_uint_eq(seen_blocks, 50001);
	ck_assert_uint_eq(seen_bytes, (1ul << 33) + 50000ul * 50000);
	blocks_clear();
	seen_blocks = 0;
	blocks_scan(see, NULL);
	ck_assert_uint_eq(seen_blocks, 0);
}
END_TEST

Suite *blocks_suite(void)
{
	return suite_of("blocks", (const TTest *const[]){put_and_take, scan_and_clear, NULL});
}
