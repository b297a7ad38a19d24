/* An allocator of the program's own, with three callers, which ask for different sizes; with an
 * argument for the same, and then silt says that it looks like one. What is named like one and has
 * a single caller is not told. */
#include <stdlib.h>

static void *volatile keep[400];
static int kept;
static size_t same; /* 0: each its own */

__attribute__((noinline)) static void *my_zalloc(size_t size)
{
	return calloc(1, size);
}

__attribute__((noinline)) static void allocate_table(void)
{
	keep[kept++] = malloc(2000);
}

#define CALLER(name, size)                                                                         \
	__attribute__((noinline)) static void name(void)                                           \
	{                                                                                          \
		keep[kept++] = my_zalloc(same ? same : size);                                      \
	}
CALLER(read_names, 1000)
CALLER(read_values, 2000)
CALLER(read_rest, 3000)

int main(int argc, char **argv)
{
	(void)argv;
	same = argc > 1 ? 2000 : 0;
	allocate_table();
	read_names();
	read_values();
	read_rest();
	return 0;
}
