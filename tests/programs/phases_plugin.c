/*
 * Allocates when it comes and when it goes; see phases.c.
 */
#include <stdlib.h>

void *volatile plugin_kept;

static __attribute__((noinline)) void in_plugin_constructor(void)
{
	plugin_kept = malloc(201);
	__asm__ volatile("");
}

static __attribute__((noinline)) void in_plugin_destructor(void)
{
	plugin_kept = malloc(202);
	__asm__ volatile("");
}

__attribute__((constructor)) static void constructor(void)
{
	in_plugin_constructor();
	__asm__ volatile("");
}

__attribute__((destructor)) static void destructor(void)
{
	in_plugin_destructor();
	__asm__ volatile("");
}
