/* An allocator of the program's own, with three callers: silt says that it looks like one. What
 * is named like one and has a single caller is not told. */
#include <stdlib.h>

static void *volatile keep[400];
static int kept;

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
		keep[kept++] = my_zalloc(size);                                                    \
	}
CALLER(read_names, 1000)
CALLER(read_values, 2000)
CALLER(read_rest, 3000)

int main(void)
{
	allocate_table();
	read_names();
	read_values();
	read_rest();
	return 0;
}
