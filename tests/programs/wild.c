/*
 * Mistakes with free() and realloc() that the allocator notices: its message and its signal must be
 * the same under silt. The argument says which. Run by tests/e2e/torture.sh.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char global[64];

static int is(const char *name, const char *argument)
{
	return strcmp(name, argument) == 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	volatile char local[64] = {0};
	char *block = malloc(100), *other = malloc(100);
	uintptr_t address = (uintptr_t)block;

	memset(block, 1, 100);
	if (is(what, "stack"))
		free((void *)(uintptr_t)(local + 16));
	else if (is(what, "global"))
		free(global + 16);
	else if (is(what, "middle"))
		free((void *)(address + 16));
	else if (is(what, "odd"))
		free((void *)(address + 1));
	else if (is(what, "small"))
		free((void *)(uintptr_t)16);
	else if (is(what, "kernel"))
		free((void *)0xffff800000001000ul);
	else if (is(what, "noncanonical"))
		free((void *)0x1234567890123450ul);
	else if (is(what, "code"))
		free((void *)(uintptr_t)main);
	else if (is(what, "twice") || is(what, "twice-large")) {
		if (is(what, "twice-large")) {
			address = (uintptr_t)malloc(5000);
			other = malloc(5000);
		}
		free((void *)address);
		free((void *)address);
	} else if (is(what, "realloc-stack"))
		other = realloc((void *)(uintptr_t)(local + 16), 10);
	else if (is(what, "realloc-freed")) {
		free((void *)address);
		other = realloc((void *)address, 5000);
	} else if (is(what, "realloc-odd"))
		other = realloc((void *)(address + 8), 10);
	else if (is(what, "usable"))
		printf("%zu\n", malloc_usable_size(NULL));
	else
		return 2;
	puts(other ? "went on" : "went on without");
	return 0;
}
