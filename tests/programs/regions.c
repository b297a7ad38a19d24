/*
 * Maps memory itself. The first argument says what is done:
 * 	leak N, steady N	N regions of 64 KiB that stay, or of which eight stay, a millisecond apart, beside others that come
 * 				and go
 * 	parts			cuts, moves and maps over; prints the bytes that stay mapped
 * 	results			prints what the calls return, and errno
 * 	forks			parent and child map; each prints what it has
 * 	pool			a pool whose memory is a region
 * 	fast N			N pairs of mmap and munmap
 * Run by tests/e2e/mapped.sh.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <silt.h>

#define REGION (64ul << 10)
#define PAGE 4096ul
#define KEPT 8

static char *kept[KEPT];

static char *map(void *at, size_t size, int flags)
{
	return mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static __attribute__((noinline)) char *hold_region(int i)
{
	char *region = map(NULL, REGION, 0);

	memset(region, i, REGION);
	return region;
}

static __attribute__((noinline)) void drop_region(char *region)
{
	munmap(region, REGION);
}

static __attribute__((noinline)) void turn_over(int i)
{
	char *region = map(NULL, 4 * REGION, 0);

	region[i % (int)REGION] = 1;
	munmap(region, 4 * REGION);
}

static int work(int count, int leaks)
{
	for (int i = 0; i < count; i++) {
		char **slot = &kept[i % KEPT];

		if (!leaks && *slot)
			drop_region(*slot);
		*slot = hold_region(i);
		turn_over(i);
		free(malloc(100));
		usleep(1000);
	}
	return 0;
}

/* What stays: 24 pages aligned to 1 MiB, 3 of 8 pages, 5 mapped over those, 40 grown from 10
 * and moved, 2 of the break. */
static int parts(void)
{
	char *wide = map(NULL, 3ul << 20, 0), *aligned, *end = wide + (3ul << 20), *pieces, *moved,
	     *target;

	aligned = (char *)(((uintptr_t)wide + (1ul << 20)) & ~((1ul << 20) - 1));
	munmap(wide, (size_t)(aligned - wide));
	munmap(aligned + 24 * PAGE, (size_t)(end - aligned) - 24 * PAGE);
	pieces = map(NULL, 8 * PAGE, 0);
	map(pieces + 1 * PAGE, 3 * PAGE, MAP_FIXED);
	munmap(pieces + 5 * PAGE, PAGE);
	map(pieces + 5 * PAGE, 1, MAP_FIXED);
	map(pieces + 6 * PAGE, PAGE, MAP_FIXED);
	moved = map(NULL, 10 * PAGE, 0);
	target = map(NULL, 50 * PAGE, 0);
	moved = mremap(moved, 10 * PAGE, 20 * PAGE, MREMAP_MAYMOVE);
	moved = mremap(moved, 20 * PAGE, 50 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target);
	mremap(moved, 50 * PAGE, 40 * PAGE, 0);
	sbrk((intptr_t)(-(uintptr_t)sbrk(0) % PAGE));
	sbrk(5 * PAGE);
	sbrk(-4 * (intptr_t)PAGE);
	brk((char *)sbrk(0) + PAGE);
	printf("%lu\n", (24 + 8 + 40 + 2) * PAGE);
	return 0;
}

static void say(const char *what, int64_t result)
{
	printf("%s %lld %d\n", what, (long long)result, errno);
	errno = 77; /* what succeeds leaves it alone */
}

static int results(void)
{
	char *region = map(NULL, 4 * PAGE, 0), *next;

	errno = 77;
	say("mmap of nothing", (int64_t)map(NULL, 0, 0));
	say("mmap of too much", (int64_t)map(NULL, 1ul << 60, 0));
	say("mmap of no file", (int64_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 1234, 0));
	say("mmap at an odd offset", (int64_t)mmap64(NULL, PAGE, PROT_READ, MAP_PRIVATE, 0, 12));
	say("mmap", map(region, PAGE, MAP_FIXED) == region);
	say("munmap of nothing", munmap(region, 0));
	say("munmap at an odd place", munmap(region + 1, PAGE));
	say("munmap", munmap(region, PAGE));
	say("munmap of what is not mapped", munmap(region, PAGE));
	say("mremap of what is not mapped", (int64_t)mremap(region, PAGE, 2 * PAGE, 0));
	say("mremap at an odd place", (int64_t)mremap(region + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	next = mremap(region + PAGE, 3 * PAGE, 9 * PAGE, MREMAP_MAYMOVE);
	say("mremap", next != MAP_FAILED && next[0] == 0);
	say("mremap to an odd place",
	    (int64_t)mremap(next, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, next + 1));
	say("brk", brk(sbrk(0)));
	say("brk of too much", brk((void *)(1ul << 60)));
	say("sbrk", sbrk((intptr_t)PAGE) != (void *)-1);
	say("sbrk of too much", (int64_t)sbrk(INTPTR_MAX / 2));
	return 0;
}

static int forks(void)
{
	hold_region(1);
	fflush(stdout);
	if (fork() == 0) {
		hold_region(2);
		hold_region(3);
		printf("child %lu\n", 3 * REGION);
		return 0;
	}
	wait(NULL);
	printf("parent %lu\n", REGION);
	return 0;
}

static int pool(void)
{
	char *region = hold_region(1);

	silt_pool_create(&kept);
	for (int i = 0; i < 10; i++)
		silt_pool_alloc(&kept, region + 100 + i * 1000, 500);
	return 0;
}

static int fast(int count)
{
	for (int i = 0; i < count; i++) {
		char *region = map(NULL, REGION, 0);

		region[i % (int)REGION] = 1;
		munmap(region, REGION);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int count = argc > 2 ? atoi(argv[2]) : 1000;
	static char buffer[4096]; /* of malloc's memory stdio takes none */

	setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
	free(malloc(10));
	if (strcmp(what, "leak") == 0 || strcmp(what, "steady") == 0)
		return work(count, what[0] == 'l');
	if (strcmp(what, "parts") == 0)
		return parts();
	if (strcmp(what, "results") == 0)
		return results();
	if (strcmp(what, "forks") == 0)
		return forks();
	if (strcmp(what, "pool") == 0)
		return pool();
	if (strcmp(what, "fast") == 0)
		return fast(count);
	return 2;
}
