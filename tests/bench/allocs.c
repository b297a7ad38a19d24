/*
 * What the rows of tests/bench/run time: patterns of allocation, each the same every time. `allocs PATTERN [NUMBER...]` prints
 * nanoseconds an operation, and for `live` the peak of resident memory in KiB too.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* -- pairs: malloc and free, at a depth, on stacks that change with every pair -- */

static __attribute__((noinline)) void pair(unsigned path)
{
	char *volatile block = malloc(16 + path % 256);

	block[0] = 1;
	free(block);
	__asm__ volatile("");
}

static __attribute__((noinline)) void left(int depth, unsigned path);

/* One of two functions at each level, by the bits of `path`: 64 different stacks, none of which is that of the pair before. */
static __attribute__((noinline)) void right(int depth, unsigned path)
{
	if (depth == 0)
		pair(path);
	else if (path >> depth % 6 & 1)
		left(depth - 1, path);
	else
		right(depth - 1, path);
	__asm__ volatile("");
}

static __attribute__((noinline)) void left(int depth, unsigned path)
{
	if (depth == 0)
		pair(path);
	else if (path >> depth % 6 & 1)
		right(depth - 1, path);
	else
		left(depth - 1, path);
	__asm__ volatile("");
}

struct work {
	int depth;
	long count;
};

static void *do_pairs(void *argument)
{
	const struct work *work = argument;

	for (long i = 0; i < work->count; i++)
		right(work->depth, (unsigned)(i * 37 % 64));
	return NULL;
}

/* The time all threads take, over the pairs of one. */
static double pairs(int depth, int threads, long count)
{
	/* pair, its caller, do_pairs, and what is below that: start_thread or main and the C library's start */
	struct work work = {depth > 4 ? depth - 5 : 0, count};
	pthread_t ids[64];
	double start;

	do_pairs(&(struct work){work.depth, 1000});
	start = now();
	for (int i = 1; i < threads; i++)
		pthread_create(&ids[i], NULL, do_pairs, &work);
	do_pairs(&work);
	for (int i = 1; i < threads; i++)
		pthread_join(ids[i], NULL);
	return (now() - start) / (double)count;
}

/* -- the others -- */

static double grow(long count)
{
	double start = now();
	char *block = NULL;

	for (long i = 1; i <= count; i++)
		block = realloc(block, (size_t)i * 16 % 65536 + 16);
	free(block);
	return (now() - start) / (double)count;
}

#define RING 1024
static void *_Atomic ring[RING];
static long to_pass;

static void *free_passed(void *unused)
{
	(void)unused;
	for (long i = 0; i < to_pass; i++) {
		void *block;

		while (!(block = atomic_exchange(&ring[i % RING], NULL)))
			;
		free(block);
	}
	return NULL;
}

static double pass(long count)
{
	double start = now();
	pthread_t other;

	to_pass = count;
	pthread_create(&other, NULL, free_passed, NULL);
	for (long i = 0; i < count; i++) {
		void *block = malloc(64);

		while (atomic_load(&ring[i % RING]))
			;
		atomic_store(&ring[i % RING], block);
	}
	pthread_join(other, NULL);
	return (now() - start) / (double)count;
}

static double live(long count)
{
	void **blocks = malloc((size_t)count * sizeof *blocks);
	double start = now();

	for (long i = 0; i < count; i++)
		memset(blocks[i] = malloc(64), 1, 64);
	for (long i = 0; i < count; i++)
		free(blocks[i]);
	start = (now() - start) / (double)count;
	free(blocks);
	return start;
}

static void *allocate_once(void *unused)
{
	free(malloc(100));
	return unused;
}

static double threads(long count)
{
	double start = now();
	pthread_t id;

	for (long i = 0; i < count; i++) {
		pthread_create(&id, NULL, allocate_once, NULL);
		pthread_join(id, NULL);
	}
	return (now() - start) / (double)count;
}

/* -- many call sites: a block at each leaf of a tree of calls, and stays -- */

static void *kept[1 << 18];
static long kept_count;

static __attribute__((noinline)) void tree_left(int depth, unsigned path);

static __attribute__((noinline)) void tree_right(int depth, unsigned path)
{
	if (depth == 0)
		kept[kept_count++] = malloc(32 + path % 7);
	else if (path & 1)
		tree_left(depth - 1, path >> 1);
	else
		tree_right(depth - 1, path >> 1);
	__asm__ volatile("");
}

static __attribute__((noinline)) void tree_left(int depth, unsigned path)
{
	if (depth == 0)
		kept[kept_count++] = malloc(48 + path % 7);
	else if (path & 1)
		tree_left(depth - 1, path >> 1);
	else
		tree_right(depth - 1, path >> 1);
	__asm__ volatile("");
}

/* Then waits for a line on standard input, so that snapshots can be asked for. */
static double sites(long count)
{
	double start = now();

	for (long i = 0; i < count; i++)
		tree_right(17, (unsigned)i);
	start = (now() - start) / (double)count;
	puts("ready");
	fflush(stdout);
	(void)getchar();
	return start;
}

int main(int argc, char **argv)
{
	const char *pattern = argc > 1 ? argv[1] : "";
	long a = argc > 2 ? atol(argv[2]) : 0, b = argc > 3 ? atol(argv[3]) : 0,
	     c = argc > 4 ? atol(argv[4]) : 0;
	struct rusage usage;
	double ns;

	if (strcmp(pattern, "pairs") == 0)
		ns = pairs((int)a, b > 64 ? 64 : (int)b, c);
	else if (strcmp(pattern, "grow") == 0)
		ns = grow(a);
	else if (strcmp(pattern, "pass") == 0)
		ns = pass(a);
	else if (strcmp(pattern, "live") == 0)
		ns = live(a);
	else if (strcmp(pattern, "threads") == 0)
		ns = threads(a);
	else if (strcmp(pattern, "sites") == 0 && a <= 1 << 17)
		ns = sites(a);
	else
		return 2;
	getrusage(RUSAGE_SELF, &usage);
	printf("%.2f %ld\n", ns, usage.ru_maxrss);
	return 0;
}
