/*
 * Grows to 20 MiB in blocks of 100 KiB, then sleeps for as many milliseconds as its argument says.
 * Run by tests/e2e/triggers.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *kept[200];

static __attribute__((noinline)) void *grow(void)
{
	return malloc(100 << 10);
}

int main(int argc, char **argv)
{
	for (int i = 0; i < 200; i++) {
		kept[i] = grow();
		usleep(1000);
	}
	fputs("ready\n", stderr);
	usleep((useconds_t)(argc > 1 ? atoi(argv[1]) : 0) * 1000);
	return 0;
}
