/*
 * Leaks from two lines that are reached by 2^DEPTH call stacks, as a recursive parser or an
 * interpreter does, and takes a snapshot after each of ROUNDS rounds; each round leaks from one
 * call stack in STRIDE, a different one each time.
 * Usage: manystacks DEPTH ROUNDS STRIDE
 */
#include <stdlib.h>

#include "silt.h"

struct node {
	struct node *next;
	char padding[24];
};
static struct node *all;

static void descend_left(unsigned path, int depth);

static void keep(struct node *node)
{
	if (!node)
		abort();
	node->next = all;
	all = node;
}

__attribute__((noinline)) static void descend_right(unsigned path, int depth)
{
	if (depth == 0)
		keep(malloc(sizeof(struct node)));
	else if (path & 1)
		descend_right(path >> 1, depth - 1);
	else
		descend_left(path >> 1, depth - 1);
}

__attribute__((noinline)) static void descend_left(unsigned path, int depth)
{
	if (depth == 0)
		keep(malloc(sizeof(struct node)));
	else if (path & 1)
		descend_right(path >> 1, depth - 1);
	else
		descend_left(path >> 1, depth - 1);
}

int main(int argc, char **argv)
{
	int depth = argc > 1 ? atoi(argv[1]) : 8;
	unsigned rounds = argc > 2 ? (unsigned)atoi(argv[2]) : 16,
		 stride = argc > 3 ? (unsigned)atoi(argv[3]) : 1;

	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned path = round ? round % stride : 0; path < 1u << depth;
		     path += round ? stride : 1)
			descend_left(path, depth);
		silt_snapshot("round");
	}
	return 0;
}
