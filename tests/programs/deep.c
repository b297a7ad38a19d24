/*
 * Recursion of 301 frames below main, an allocation at the bottom. Run by tests/e2e/record.sh.
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

int main(void)
{
	return descend(300) == 0;
}
