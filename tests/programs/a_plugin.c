/* Loaded by host.c: leaves a block of 1111 bytes at each call. */
#include <stdlib.h>

void *plugin_allocate(void);
static __attribute__((noinline)) void *from_plugin_a(void)
{
	void *volatile block = malloc(1111);

	return block;
}

void *plugin_allocate(void)
{
	void *volatile block = from_plugin_a();

	return block;
}
