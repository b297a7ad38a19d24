/*
 * Allocates and frees for so many seconds of processor time: `spin SECONDS`. Run by
 * tests/e2e/stop.sh.
 */
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	clock_t end = (argc > 1 ? atoi(argv[1]) : 1) * CLOCKS_PER_SEC;

	while (clock() < end)
		for (int i = 0; i < 1000; i++)
			free(malloc(100));
	return 0;
}
