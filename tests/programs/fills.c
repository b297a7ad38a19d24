/*
 * Fills memory until it is ended: keeps blocks of 4 KiB, so many KiB at a time with a pause of so
 * many milliseconds. `fills KIB PAUSE_MS [STEADY_MS]`: so long it works first, and keeps nothing.
 * Ends with 3 where it gets no more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK 4096u

struct block {
	struct block *next;
	char data[BLOCK - sizeof(struct block *)];
};
static struct block *kept;

__attribute__((noinline)) static int keep_one(void)
{
	struct block *block = malloc(sizeof *block);

	if (!block)
		return 0;
	memset(block->data, 1, sizeof block->data);
	block->next = kept;
	kept = block;
	return 1;
}

static void pause_for(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

__attribute__((noinline)) static void work(void)
{
	char *block = malloc(BLOCK);

	if (block)
		memset(block, 1, BLOCK);
	pause_for(1);
	free(block);
}

int main(int argc, char **argv)
{
	long blocks = argc > 1 ? atol(argv[1]) / 4 : 256, pause_ms = argc > 2 ? atol(argv[2]) : 10;

	for (long ms = argc > 3 ? atol(argv[3]) : 0; ms > 0; ms--)
		work();
	for (;;) {
		for (long i = 0; i < blocks; i++)
			if (!keep_one())
				return 3;
		pause_for(pause_ms);
	}
}
