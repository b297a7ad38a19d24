/* For silt export: between two snapshots one site grows, one shrinks, one stays, one is new;
 * recursion, an inlined allocation, names that need care. */
#include <stdlib.h>
#include <string.h>

#include "silt.h"

static void *volatile grown[64],
	*volatile shrunk[64], *volatile stayed[64], *volatile added[64], *volatile deep[64];

static inline __attribute__((always_inline)) void *inlined(size_t size)
{
	return malloc(size);
}

__attribute__((noinline)) static void grow(int first, int count)
{
	for (int i = first; i < first + count; i++)
		grown[i] = inlined(1000);
}

__attribute__((noinline)) static void shrink(int count)
{
	for (int i = 0; i < count; i++)
		shrunk[i] = malloc(3000);
}

__attribute__((noinline)) static void stay(void)
{
	for (int i = 0; i < 5; i++)
		stayed[i] = strdup("a text");
}

__attribute__((noinline)) static void add(void)
{
	for (int i = 0; i < 7; i++)
		added[i] = malloc(11);
}

__attribute__((noinline)) static void recurse(int depth)
{
	deep[depth] = malloc(100);
	if (depth)
		recurse(depth - 1);
}

#line 1 "a \"quoted\", <b>;c.c"
__attribute__((noinline)) static void hostile(void)
{
	deep[20] = malloc(77);
}

int main(void)
{
	grow(0, 10);
	shrink(8);
	stay();
	recurse(3);
	silt_snapshot("old");
	grow(10, 20);
	for (int i = 0; i < 6; i++)
		free(shrunk[i]);
	add();
	hostile();
	silt_snapshot("new");
	return 0;
}
