/*
 * A heap of pages that point anywhere, as an interpreter's: 4096 call stacks, a page of each, a
 * hundred pointers in each page to a hundred others. And three tables that point at one more block:
 * 15 times, 16 times, and from beyond 8 MiB.
 */
#include <stdlib.h>

#include "silt.h"

#define STEPS 12
#define PAGES (1u << STEPS)
#define POINTERS 100u

static void **pages[PAGES];
static void **volatile fifteen, **volatile sixteen, **volatile far;

static void right(unsigned path, int depth, unsigned page);

static void leaf(unsigned page)
{
	pages[page] = calloc(250, sizeof(void *));
	if (!pages[page])
		abort();
}

__attribute__((noinline)) static void left(unsigned path, int depth, unsigned page)
{
	if (depth == 0)
		leaf(page);
	else if (path & 1)
		right(path >> 1, depth - 1, page);
	else
		left(path >> 1, depth - 1, page);
}

__attribute__((noinline)) static void right(unsigned path, int depth, unsigned page)
{
	if (depth == 0)
		leaf(page);
	else if (path & 1)
		right(path >> 1, depth - 1, page);
	else
		left(path >> 1, depth - 1, page);
}

__attribute__((noinline)) static void **make_target(void)
{
	return calloc(1, 24);
}

static void **table(size_t words, const size_t *at, size_t count, void *target)
{
	void **words_of = calloc(words, sizeof(void *));

	if (!words_of)
		abort();
	for (size_t i = 0; i < count; i++)
		words_of[at[i]] = target;
	return words_of;
}

__attribute__((noinline)) static void make_tables(void)
{
	static const size_t at[] = {0, 1, 3, 7, 8, 12, 13, 17, 20, 21, 25, 30, 33, 34, 38, 41},
			    beyond[] = {2, 1 << 20, (1 << 20) + 6};
	void *target = make_target();

	fifteen = table(50, at, 15, target);
	sixteen = table(51, at, 16, target);
	far = table((1 << 20) + 9, beyond, 3, target);
}

int main(void)
{
	for (unsigned page = 0; page < PAGES; page++)
		left(page, STEPS, page);
	for (unsigned page = 0; page < PAGES; page++)
		for (unsigned i = 0; i < POINTERS; i++)
			pages[page][i * 2] = pages[(page * 31 + i * 41 + 1) % PAGES];
	make_tables();
	silt_snapshot("pages");
	return 0;
}
