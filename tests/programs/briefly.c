/* Blocks of known lives for silt top --by function: short ones within an interval, long ones
 * across it, recursion. */
#include <stdlib.h>

#include "silt.h"

static void *volatile keep[64];
static int kept;

__attribute__((noinline)) static void brief(int count)
{
	for (int i = 0; i < count; i++)
		free(malloc(40));
}

__attribute__((noinline)) static void lasting(int count)
{
	for (int i = 0; i < count; i++)
		keep[kept++] = malloc(1000);
}

__attribute__((noinline)) static void descend(int depth)
{
	if (depth > 0)
		descend(depth - 1);
	else
		lasting(4);
}

__attribute__((noinline)) static void both(void)
{
	brief(500);
	lasting(2);
}

int main(void)
{
	descend(3);
	both();
	silt_snapshot("one");
	brief(250);
	free(keep[0]); /* born before the snapshot: not short-lived */
	both();
	silt_snapshot("two");
	free(keep[1]);
	return 0;
}
