/*
 * Memory under limits and locks: `limits WHAT [MIB]`.
 *   lock-first    mlockall(MCL_CURRENT | MCL_FUTURE), then a heap of MIB in blocks of 100 bytes
 *   lock-last     the heap, then mlockall(MCL_CURRENT)
 *   fill          blocks of 1000 bytes until malloc fails; then frees them
 *   heap          the heap only
 * Prints what failed, and with STATUS=1 how much memory fill got, in how many blocks, and the
 * kernel's figures in kB. Run by tests/e2e/limits.sh.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MIB (1ul << 20)
#define SMALL 100
#define LARGE 1000

static void *first;
static unsigned long blocks; /* that were allocated */

static size_t fill(size_t bytes, size_t size)
{
	size_t done = 0;

	while (done < bytes) {
		void **block = malloc(size);

		if (!block)
			break;
		memset(block, 1, size);
		*block = first;
		first = block;
		done += size;
		blocks++;
	}
	return done;
}

static void empty(void)
{
	while (first) {
		void *next = *(void **)first;

		free(first);
		first = next;
	}
}

static void lock(int flags)
{
	int result = mlockall(flags);

	printf("mlockall %d %d\n", result, result ? errno : 0);
}

static void figures(void)
{
	char line[256];
	FILE *file = getenv("STATUS") ? fopen("/proc/self/status", "r") : NULL;

	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, "VmLck", 5) == 0 || strncmp(line, "VmData", 6) == 0 ||
		    strncmp(line, "VmSize", 6) == 0 || strncmp(line, "VmRSS", 5) == 0)
			fputs(line, stdout);
	if (file)
		fclose(file);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	size_t bytes = argc > 2 ? (size_t)atol(argv[2]) * MIB : 0, got;

	if (strcmp(what, "lock-first") == 0)
		lock(MCL_CURRENT | MCL_FUTURE);
	if (strcmp(what, "fill") == 0) {
		got = fill(~0ul, LARGE);
		printf("full\n");
		empty();
		printf("again %d\n", fill(got * 9 / 10, LARGE) >= got * 9 / 10);
		if (getenv("STATUS"))
			printf("got: %zu kB\nblocks: %lu\n", got / 1024, blocks);
	} else {
		got = fill(bytes, SMALL);
		printf("%s\n", got >= bytes ? "whole" : "failed");
	}
	if (strcmp(what, "lock-last") == 0)
		lock(MCL_CURRENT);
	figures();
	empty();
	return 0;
}
