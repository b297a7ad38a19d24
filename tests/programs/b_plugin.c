/* Loaded by host.c: leaves a block of 2222 bytes at each call. */
#include <stdlib.h>

void *plugin_allocate(void);
static __attribute__((noinline)) void *from_plugin_b(void)
{
	void *volatile block = malloc(2222);

	return block;
}

void *plugin_allocate(void)
{
	void *volatile block = from_plugin_b();

	return block;
}
