/*
 * What the rows of tests/bench/run time: patterns of allocation, each the same every time. `allocs
 * PATTERN [NUMBER...]` prints "allocs", nanoseconds an operation, the peak of resident memory in
 * KiB, and nanoseconds of processor time an operation.
 */
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* What the pattern took in all: of the clock, and of processors, which says more on a busy
 * machine. */
static double took, processor_began, processor_took;

static double processor(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double begin(void)
{
	processor_began = processor();
	return now();
}

static double end(double began)
{
	took = now() - began;
	processor_took = processor() - processor_began;
	return took;
}

/* -- pairs: malloc and free, so many frames deep -- */

/* clang-format off */
/* Eight leaves, so that the innermost frame differs too. */
#define LEAF(number)                                                                               \
	static __attribute__((noinline)) void leaf_##number(unsigned path)                         \
	{                                                                                          \
		char *volatile block = malloc(16 + path % 256);                                    \
                                                                                                   \
		block[0] = 1;                                                                      \
		free(block);                                                                       \
		__asm__ volatile("");                                                              \
	}
LEAF(0)
LEAF(1)
LEAF(2)
LEAF(3)
LEAF(4)
LEAF(5)
LEAF(6)
LEAF(7)
/* clang-format on */

static inline __attribute__((always_inline)) void leaf(unsigned path)
{
	switch (path % 8) {
	case 0:
		leaf_0(path);
		break;
	case 1:
		leaf_1(path);
		break;
	case 2:
		leaf_2(path);
		break;
	case 3:
		leaf_3(path);
		break;
	case 4:
		leaf_4(path);
		break;
	case 5:
		leaf_5(path);
		break;
	case 6:
		leaf_6(path);
		break;
	default:
		leaf_7(path);
	}
	__asm__ volatile("");
}

static __attribute__((noinline)) void left(int depth, unsigned path);

/* One of two functions at each level, by the bits of `path`, which changes in every bit
 * position within two steps. */
static __attribute__((noinline)) void right(int depth, unsigned path)
{
	if (depth == 0)
		leaf(path);
	else if (path >> depth % 6 & 1)
		left(depth - 1, path);
	else
		right(depth - 1, path);
	__asm__ volatile("");
}

static __attribute__((noinline)) void left(int depth, unsigned path)
{
	if (depth == 0)
		leaf(path);
	else if (path >> depth % 6 & 1)
		right(depth - 1, path);
	else
		left(depth - 1, path);
	__asm__ volatile("");
}

struct work {
	/* the program's own: leaf, those between, the loop, main or the thread's function */
	int frames;
	/* only the innermost three change */
	bool inner;
	long count;
};

/* 64 stacks in turn, none of which is that of the pair before. */
static unsigned path_of(long i)
{
	return (unsigned)(i * 37 % 64);
}

static __attribute__((noinline)) void loop(int levels, long count)
{
	for (long i = 0; i < count; i++) {
		if (path_of(i) & 8)
			left(levels, path_of(i));
		else
			right(levels, path_of(i));
	}
	__asm__ volatile("");
}

static __attribute__((noinline)) void descend(int levels, long count)
{
	if (levels == 0)
		loop(1, count);
	else
		descend(levels - 1, count);
	__asm__ volatile("");
}

static inline __attribute__((always_inline)) void do_pairs(const struct work *work, long count)
{
	/* Besides the levels of left and right: leaf, one of them at level 0, loop, main. */
	if (work->inner)
		descend(work->frames - 6, count);
	else
		loop(work->frames - 4, count);
}

static void *pairs_thread(void *argument)
{
	const struct work *work = argument;

	do_pairs(work, work->count);
	return NULL;
}

/* The time all threads take, over the pairs of one. */
static inline __attribute__((always_inline)) double pairs(struct work work, int threads)
{
	pthread_t ids[64];
	double start;

	do_pairs(&work, 10000);
	start = begin();
	for (int i = 1; i < threads; i++)
		pthread_create(&ids[i], NULL, pairs_thread, &work);
	do_pairs(&work, work.count);
	for (int i = 1; i < threads; i++)
		pthread_join(ids[i], NULL);
	return end(start) / (double)work.count;
}

/* -- recursion: a pair at each level on the way down and one on the way up -- */

static __attribute__((noinline)) void recurse(long levels, unsigned path)
{
	free(malloc(32));
	if (levels > 0 && path & 1)
		recurse(levels - 1, path >> 1 | path << 31);
	else if (levels > 0)
		recurse(levels - 1, path >> 1 | path << 31);
	free(malloc(48));
	__asm__ volatile("");
}

struct recursion {
	long levels, times;
};

static void *recursion_thread(void *argument)
{
	const struct recursion *work = argument;

	for (long i = 0; i < work->times; i++)
		recurse(work->levels, 0x5a3c96e1u);
	return NULL;
}

/* In a thread, whose stack is as large as it takes. */
static double recursion(long levels, long count)
{
	struct recursion work = {levels, count / (2 * (levels + 1)) + 1};
	pthread_attr_t attributes;
	pthread_t thread;
	double start;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)levels * 128 + (1ul << 20));
	start = begin();
	if (pthread_create(&thread, &attributes, recursion_thread, &work) != 0)
		abort();
	pthread_join(thread, NULL);
	return end(start) / (double)(work.times * 2 * (levels + 1));
}

/* -- the others -- */

static double grow(long count)
{
	double start = begin();
	char *block = NULL;

	for (long i = 1; i <= count; i++)
		block = realloc(block, (size_t)i * 16 % 65536 + 16);
	free(block);
	return end(start) / (double)count;
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
			sched_yield();
		free(block);
	}
	return NULL;
}

static double pass(long count)
{
	double start = begin();
	pthread_t other;

	to_pass = count;
	pthread_create(&other, NULL, free_passed, NULL);
	for (long i = 0; i < count; i++) {
		void *block = malloc(64);

		while (atomic_load(&ring[i % RING]))
			sched_yield();
		atomic_store(&ring[i % RING], block);
	}
	pthread_join(other, NULL);
	return end(start) / (double)count;
}

static double live(long count, size_t size)
{
	void **blocks = malloc((size_t)count * sizeof *blocks);
	double start = begin();

	for (long i = 0; i < count; i++)
		memset(blocks[i] = malloc(size), 1, size);
	for (long i = 0; i < count; i++)
		free(blocks[i]);
	start = end(start) / (double)count;
	free(blocks);
	return start;
}

/* What is resident is asked for at the end, when the heap has been given back. */
static bool has_shrunk;

static double shrink(long count)
{
	double start = live(count, 64);

	malloc_trim(0);
	has_shrunk = true;
	return start;
}

static void *allocate_once(void *unused)
{
	free(malloc(100));
	return unused;
}

static double threads(long count)
{
	double start = begin();
	pthread_t id;

	for (long i = 0; i < count; i++) {
		pthread_create(&id, NULL, allocate_once, NULL);
		pthread_join(id, NULL);
	}
	return end(start) / (double)count;
}

/* -- many call sites: blocks at the leaves of a tree of calls, which stay -- */

#define LISTS 1024
static void **lists[LISTS];
static long kept_count;

/* Every block points to the one before it in its list, so all are reachable. */
static void keep(void **block)
{
	block[0] = lists[kept_count % LISTS];
	lists[kept_count++ % LISTS] = block;
}

static __attribute__((noinline)) void tree_left(int depth, unsigned path, size_t size);

static __attribute__((noinline)) void tree_right(int depth, unsigned path, size_t size)
{
	if (depth == 0)
		keep(malloc(size));
	else if (path & 1)
		tree_left(depth - 1, path >> 1, size);
	else
		tree_right(depth - 1, path >> 1, size);
	__asm__ volatile("");
}

static __attribute__((noinline)) void tree_left(int depth, unsigned path, size_t size)
{
	if (depth == 0)
		keep(malloc(size));
	else if (path & 1)
		tree_right(depth - 1, path >> 1, size);
	else
		tree_left(depth - 1, path >> 1, size);
	__asm__ volatile("");
}

static _Atomic long longest_gap, longest_pause;
static _Atomic bool steady_ends;

/* How long this thread has been ready to run and waited for a processor, in nanoseconds; 0
 * where the kernel does not tell. */
static long waited_for_processor(void)
{
	FILE *file = fopen("/proc/thread-self/schedstat", "r");
	long ran, waited = 0;

	if (file) {
		if (fscanf(file, "%ld %ld", &ran, &waited) != 2)
			waited = 0;
		fclose(file);
	}
	return waited;
}

static void raise_to(_Atomic long *longest, long value)
{
	if (value > atomic_load(longest))
		atomic_store(longest, value);
}

/* Allocates and frees, and notes the longest time between two of its steps, with and without
 * the wait for a processor. */
static void *steady(void *unused)
{
	long waited = waited_for_processor();
	double last = now();

	while (!atomic_load(&steady_ends)) {
		long gap;

		free(malloc(64));
		gap = (long)(now() - last);
		if (gap > 50000) {
			long before = waited;

			waited = waited_for_processor();
			raise_to(&longest_gap, gap);
			raise_to(&longest_pause, gap - (waited - before));
		}
		last = now();
	}
	return unused;
}

/*
 * A block at each of `count` sites, then more at the same ones until they are `mebibytes` large
 * together. Then it obeys lines on standard input: "gap" prints the longest time between two steps
 * of a steadily allocating thread since the last "gap", without and with the time it waited for a
 * processor, in nanoseconds (the first one starts the thread); "fork" makes a child and prints how
 * long that took; "more" makes another block at every tenth site, each time of another tenth; the
 * end of the input ends it.
 */
static double sites(long count, long mebibytes)
{
	double start = begin();
	size_t total = 0, size;
	pthread_t thread;
	bool runs = false;
	char line[16];
	long tenth = 0;

	for (long i = 0; i < count || total < (size_t)mebibytes << 20; i++) {
		size = i < count ? 48 : 512 + (size_t)(i % 7) * 512;
		tree_right(17, (unsigned)(i % count), size);
		total += size;
	}
	start = end(start) / (double)kept_count;
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		if (strcmp(line, "gap\n") == 0) {
			if (!runs)
				runs = pthread_create(&thread, NULL, steady, NULL) == 0;
			printf("%ld %ld\n", atomic_exchange(&longest_pause, 0),
			       atomic_exchange(&longest_gap, 0));
		} else if (strcmp(line, "fork\n") == 0) {
			double before = now();
			pid_t child = fork();

			if (child == 0)
				_exit(0);
			printf("%.0f\n", now() - before);
			waitpid(child, NULL, 0);
		} else {
			for (long i = tenth++ % 10; i < count; i += 10)
				tree_right(17, (unsigned)i, 100);
			puts("done");
		}
		fflush(stdout);
	}
	atomic_store(&steady_ends, true);
	if (runs)
		pthread_join(thread, NULL);
	return start;
}

/* In KiB: the peak, or what it is now. Not getrusage's: that remembers the process before exec. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long peak = 0;

	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, has_shrunk ? "VmRSS: %ld" : "VmHWM: %ld", &peak) == 1)
			break;
	if (file)
		fclose(file);
	return peak;
}

/* -- map: mmap, a page touched, munmap, so many frames deep -- */

#define MAPPED (64ul << 10)

static __attribute__((noinline)) void map_and_unmap(long count)
{
	for (long i = 0; i < count; i++) {
		char *region = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (region == MAP_FAILED)
			abort();
		region[i % (long)MAPPED] = 1;
		munmap(region, MAPPED);
	}
}

static __attribute__((noinline)) void map_below(long frames, long count)
{
	if (frames > 0)
		map_below(frames - 1, count);
	else
		map_and_unmap(count);
	__asm__ volatile("");
}

static double map(long frames, long count)
{
	double start = begin();

	map_below(frames, count);
	return end(start) / (double)count;
}

int main(int argc, char **argv)
{
	const char *pattern = argc > 1 ? argv[1] : "";
	long a = argc > 2 ? atol(argv[2]) : 0, b = argc > 3 ? atol(argv[3]) : 0,
	     c = argc > 4 ? atol(argv[4]) : 0;
	double ns;

	if ((strcmp(pattern, "pairs") == 0 && a >= 4) || (strcmp(pattern, "inner") == 0 && a >= 6))
		ns = pairs((struct work){(int)a, pattern[0] == 'i', c}, b > 64 ? 64 : (int)b);
	else if (strcmp(pattern, "recursion") == 0)
		ns = recursion(a, b);
	else if (strcmp(pattern, "grow") == 0)
		ns = grow(a);
	else if (strcmp(pattern, "pass") == 0)
		ns = pass(a);
	else if (strcmp(pattern, "map") == 0)
		ns = map(a, b);
	else if (strcmp(pattern, "live") == 0)
		ns = live(a, b ? (size_t)b : 64);
	else if (strcmp(pattern, "shrink") == 0)
		ns = shrink(a);
	else if (strcmp(pattern, "threads") == 0)
		ns = threads(a);
	else if (strcmp(pattern, "sites") == 0 && a >= 1 && a <= 1 << 17)
		ns = sites(a, b);
	else
		return 2;
	printf("allocs %.2f %ld %.2f\n", ns, resident(),
	       took > 0 ? ns * processor_took / took : ns);
	return 0;
}
