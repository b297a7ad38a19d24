/*
 * Visitors of a site and the pages each has seen, in tables of uthash.
 *
 * sound: as it should be, visitors leave. The others are the same program with a header that lacks
 * one call to free. Mutant handles: uthash.h /^#define HASH_DELETE_HH/,/uthash_free((head)->hh.tbl,
 * sizeof(UT_hash_table)/s/uthash_free((head)->hh.tbl, sizeof(UT_hash_table))/(void)0/ Mutant
 * growth: uthash.h s/uthash_free((tbl)->buckets, (tbl)->num_buckets/(void)((tbl)->num_buckets/
 */
#include "rounds.h"
#include <uthash.h>

#define VISITORS 24

struct page {
	unsigned number, times;
	UT_hash_handle hh;
};

struct visitor {
	struct page *pages;
	unsigned steps;
};

static struct visitor visitors[VISITORS];

__attribute__((noinline)) static void page_see(struct visitor *visitor, unsigned number)
{
	struct page *page;

	HASH_FIND_INT(visitor->pages, &number, page);
	if (!page) {
		page = checked(calloc(1, sizeof *page));
		page->number = number;
		HASH_ADD_INT(visitor->pages, number, page);
	}
	page->times++;
}

__attribute__((noinline)) static void visitor_leave(struct visitor *visitor)
{
	struct page *page, *next;

	HASH_ITER(hh, visitor->pages, page, next)
	{
		HASH_DEL(visitor->pages, page);
		free(page);
	}
	visitor->steps = 0;
}

int main(int argc, char **argv)
{
	unsigned long left = 0;

	rounds_begin(argc, argv, "sound handles growth");
	while (next_round()) {
		for (int i = 0; i < 100; i++) {
			struct visitor *visitor = &visitors[pick(VISITORS)];

			page_see(visitor, (unsigned)pick(100000));
			if (++visitor->steps < 400)
				continue;
			visitor_leave(visitor);
			left++;
		}
	}
	printf("%lu left\n", left);
	return 0;
}
