/*
 * Fills memory until it is ended: keeps blocks of 4 KiB, so many KiB at a time with a pause of so
 * many milliseconds. `fills KIB PAUSE_MS`; ends with 3 where it gets no more.
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

int main(int argc, char **argv)
{
	long blocks = argc > 1 ? atol(argv[1]) / 4 : 256, pause_ms = argc > 2 ? atol(argv[2]) : 10;

	for (;;) {
		for (long i = 0; i < blocks; i++)
			if (!keep_one())
				return 3;
		nanosleep(&(struct timespec){pause_ms / 1000, pause_ms % 1000 * 1000000}, NULL);
	}
}
