/*
 * Many call sites: every path of 17 steps through two functions, 131072 tracebacks. A second block
 * of each half of them, and a snapshot after each round, so that sites grow.
 */
#include <stdlib.h>

#include "silt.h"

struct node {
	struct node *next;
	char padding[24];
};
static struct node *all;

static void right(unsigned path, int depth);

static void leaf(void)
{
	struct node *node = malloc(sizeof *node);

	if (!node)
		abort();
	node->next = all;
	all = node;
}

__attribute__((noinline)) static void left(unsigned path, int depth)
{
	if (depth == 0)
		leaf();
	else if (path & 1)
		right(path >> 1, depth - 1);
	else
		left(path >> 1, depth - 1);
}

__attribute__((noinline)) static void right(unsigned path, int depth)
{
	if (depth == 0)
		leaf();
	else if (path & 1)
		right(path >> 1, depth - 1);
	else
		left(path >> 1, depth - 1);
}

int main(void)
{
	for (unsigned round = 1; round <= 3; round++) {
		for (unsigned path = 0; path < 1u << 17; path += round)
			left(path, 17);
		silt_snapshot("round");
	}
	return 0;
}
