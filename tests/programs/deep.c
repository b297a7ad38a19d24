/*
 * Recursion of 301 frames below main, an allocation at the bottom. `deep LEVELS`: so many, an
 * allocation in each on the way down and one on the way up, called from one of two places by turns;
 * from TWICE levels above the bottom it goes down twice.
 * Run by tests/e2e/record.sh.
 */
#include <stdlib.h>

static void *volatile kept;

static __attribute__((noinline)) int descend(int levels)
{
	if (levels == 0) {
		kept = malloc(4242);
		return 1;
	}
	return descend(levels - 1) + levels;
}

/* More than the frames that the library keeps of a stack. */
#define TWICE 1200

static __attribute__((noinline)) void allocate_at_each(int levels)
{
	free(malloc(4243));
	if (levels == TWICE)
		allocate_at_each(levels - 1);
	if (levels > 0 && levels % 7 % 2)
		allocate_at_each(levels - 1);
	else if (levels > 0)
		allocate_at_each(levels - 1);
	free(malloc(4244));
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		allocate_at_each(atoi(argv[1]));
		return 0;
	}
	return descend(300) == 0;
}
