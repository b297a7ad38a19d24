/*
 * Allocates in many ways and counts for itself, by function: total and live blocks and bytes, as
 * JSON on standard output. Run by tests/e2e/record.sh, which compares it with what silt counted.
 * Deterministic.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP 4000

struct tally {
	const char *name;
	unsigned long total_blocks, total_bytes, live_blocks, live_bytes;
};

static struct tally tallies[] = {{.name = "by_malloc"},	 {.name = "by_calloc"},
				 {.name = "by_realloc"}, {.name = "by_reallocarray"},
				 {.name = "by_aligned"}, {.name = "by_memalign"},
				 {.name = "by_posix"},	 {.name = "by_valloc"}};
enum {
	BY_MALLOC,
	BY_CALLOC,
	BY_REALLOC,
	BY_REALLOCARRAY,
	BY_ALIGNED,
	BY_MEMALIGN,
	BY_POSIX,
	BY_VALLOC
};

/* What lives, outside the heap. */
static struct {
	void *block;
	size_t size;
	int by;
} kept[KEEP];

static void born(int by, size_t size)
{
	tallies[by].total_blocks++;
	tallies[by].total_bytes += size;
	tallies[by].live_blocks++;
	tallies[by].live_bytes += size;
}

static void died(int by, size_t size)
{
	tallies[by].live_blocks--;
	tallies[by].live_bytes -= size;
}

static __attribute__((noinline)) void *by_malloc(size_t size)
{
	void *block = malloc(size);

	born(BY_MALLOC, size);
	return block;
}

static __attribute__((noinline)) void *by_calloc(size_t size)
{
	void *block = calloc(size / 8 + 1, 8);

	born(BY_CALLOC, (size / 8 + 1) * 8);
	return block;
}

static __attribute__((noinline)) void *by_realloc(void *block, size_t old, int old_by, size_t size)
{
	block = realloc(block, size);
	died(old_by, old);
	born(BY_REALLOC, size);
	return block;
}

static __attribute__((noinline)) void *by_reallocarray(size_t size)
{
	void *block = reallocarray(NULL, size, 3);

	born(BY_REALLOCARRAY, size * 3);
	return block;
}

static __attribute__((noinline)) void *by_aligned(size_t size)
{
	void *block = aligned_alloc(64, size);

	born(BY_ALIGNED, size);
	return block;
}

static __attribute__((noinline)) void *by_memalign(size_t size)
{
	void *block = memalign(4096, size);

	born(BY_MEMALIGN, size);
	return block;
}

static __attribute__((noinline)) void *by_posix(size_t size)
{
	void *block = NULL;

	if (posix_memalign(&block, 128, size) == 0)
		born(BY_POSIX, size);
	return block;
}

static __attribute__((noinline)) void *by_valloc(size_t size)
{
	void *block = valloc(size);

	born(BY_VALLOC, size);
	return block;
}

static void forget(unsigned i)
{
	if (kept[i].block)
		died(kept[i].by, kept[i].size);
	free(kept[i].block);
	kept[i].block = NULL;
}

static void allocate(unsigned i, int by, size_t size)
{
	forget(i);
	kept[i].by = by;
	kept[i].size = size;
	switch (by) {
	case BY_MALLOC:
		kept[i].block = by_malloc(size);
		break;
	case BY_CALLOC:
		kept[i].block = by_calloc(size);
		kept[i].size = (size / 8 + 1) * 8;
		break;
	case BY_REALLOC: /* of a block that malloc made */
		kept[i].block = by_realloc(by_malloc(size / 2), size / 2, BY_MALLOC, size);
		break;
	case BY_REALLOCARRAY:
		kept[i].block = by_reallocarray(size);
		kept[i].size = size * 3;
		break;
	case BY_ALIGNED:
		kept[i].block = by_aligned(size);
		break;
	case BY_MEMALIGN:
		kept[i].block = by_memalign(size);
		break;
	case BY_POSIX:
		kept[i].block = by_posix(size);
		break;
	case BY_VALLOC:
		kept[i].block = by_valloc(size);
		break;
	}
}

int main(void)
{
	unsigned random = 12345;

	for (int i = 0; i < 100000; i++) {
		size_t size;

		random = random * 1103515245 + 12345;
		size = random >> 20 & 1023;
		if (i % 5000 == 0)
			size = 5ul << 20; /* a mapping of its own; its size needs a second slot */
		allocate((random >> 8) % KEEP, (int)(random >> 28) % 8, size + 1);
		if (i % 3 == 0)
			forget((random >> 4) % KEEP);
	}
	printf("{");
	for (size_t i = 0; i < sizeof tallies / sizeof tallies[0]; i++)
		printf("%s\"%s\": [%lu, %lu, %lu, %lu]", i ? ", " : "", tallies[i].name,
		       tallies[i].total_blocks, tallies[i].total_bytes, tallies[i].live_blocks,
		       tallies[i].live_bytes);
	printf("}\n");
	return 0;
}
