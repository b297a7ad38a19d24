/*
 * Something to attach to again and again: at each line on standard input, allocates 2,048 blocks of
 * 104 bytes by as many call stacks in the first thread, and 8,000 by one call stack in a second
 * thread, the latter by functions that never take a fast path; then writes "done". All blocks stay.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define STEPS 11
#define BY_THREAD 8000
#define SIZE 104

struct node {
	struct node *next;
	char padding[SIZE - sizeof(struct node *)];
};
static struct node *all;
static int to_thread[2], from_thread[2];

static void keep(struct node *node)
{
	if (!node)
		abort();
	node->next = all;
	all = node;
}

static void right(unsigned path, int depth);

__attribute__((noinline)) static void left(unsigned path, int depth)
{
	if (depth == 0)
		keep(malloc(sizeof(struct node)));
	else if (path & 1)
		right(path >> 1, depth - 1);
	else
		left(path >> 1, depth - 1);
	__asm__ volatile(""); /* no tail call */
}

__attribute__((noinline)) static void right(unsigned path, int depth)
{
	if (depth == 0)
		keep(malloc(sizeof(struct node)));
	else if (path & 1)
		right(path >> 1, depth - 1);
	else
		left(path >> 1, depth - 1);
	__asm__ volatile("");
}

__attribute__((noinline)) static void allocates_slowly(void)
{
	void *block = NULL;

	if (posix_memalign(&block, 16, sizeof(struct node)) != 0)
		abort();
	keep(block);
}

static void *work(void *unused)
{
	char byte;

	while (read(to_thread[0], &byte, 1) == 1) {
		for (int i = 0; i < BY_THREAD; i++)
			allocates_slowly();
		if (write(from_thread[1], &byte, 1) != 1)
			abort();
	}
	return unused;
}

int main(void)
{
	pthread_t thread;
	char byte;

	if (pipe(to_thread) != 0 || pipe(from_thread) != 0 ||
	    pthread_create(&thread, NULL, work, NULL) != 0)
		return 1;
	while (read(0, &byte, 1) == 1) {
		for (unsigned path = 0; path < 1u << STEPS; path++)
			left(path, STEPS);
		if (write(to_thread[1], &byte, 1) != 1 || read(from_thread[0], &byte, 1) != 1 ||
		    write(1, "done\n", 5) != 5)
			return 1;
	}
	close(to_thread[1]);
	pthread_join(thread, NULL);
	return 0;
}
