/*
 * What churn.c loads and unloads.
 */
#include <stdlib.h>

void *plugin_allocate(int depth);

__attribute__((noinline)) void *plugin_allocate(int depth)
{
	void *block = depth ? plugin_allocate(depth - 1) : malloc(321);

	__asm__ volatile("");
	return block;
}
