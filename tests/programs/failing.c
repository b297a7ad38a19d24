/*
 * Uses every function of the family and bears that any of them fails (allocator_plugin.c): what
 * fails says so by its result and errno, and leaves everything as it was. Prints how many calls it
 * saw fail; run by tests/e2e/torture.sh.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed, wrong;

static void *note(void *block, const char *what)
{
	if (!block && errno != ENOMEM) {
		fprintf(stderr, "%s: errno is %d\n", what, errno);
		wrong++;
	}
	failed += !block;
	errno = 0;
	return block;
}

static __attribute__((noinline)) void *kept_original(void)
{
	return note(malloc(333), "malloc");
}

/* The original stays, with what is in it. */
static __attribute__((noinline)) char *grow(char *block, size_t size)
{
	char *grown = note(realloc(block, size), "realloc");

	if (grown)
		return grown;
	if (block && memcmp(block, "original", 8) != 0) {
		fputs("realloc that failed changed the block\n", stderr);
		wrong++;
	}
	return block;
}

static void *thread_main(void *unused)
{
	free(note(calloc(3, 50), "calloc"));
	return unused;
}

int main(void)
{
	pthread_t thread;

	errno = 0;
	for (int round = 0; round < 6; round++) {
		char *block = kept_original(), *zeros = note(calloc(7, 11), "calloc");
		void *aligned = NULL;
		int error = posix_memalign(&aligned, 64, 100);

		failed += error != 0;
		if (error != 0 && (error != ENOMEM || aligned)) {
			fprintf(stderr, "posix_memalign: %d\n", error);
			wrong++;
		}
		if (block) {
			memcpy(block, "original", 8);
			block = grow(block, 4000);
			block = grow(block, 20);
			block = grow(block, 200000);
		}
		for (int i = 0; zeros && i < 77; i++)
			wrong += zeros[i] != 0;
		if (!block)
			free(block);
		free(zeros);
		free(aligned);
		free(note(aligned_alloc(256, 512), "aligned_alloc"));
		free(note(memalign(32, 5), "memalign"));
		free(note(valloc(10), "valloc"));
		free(note(reallocarray(NULL, 10, 10), "reallocarray"));
		free(note(strdup("copied"), "strdup"));
		if (pthread_create(&thread, NULL, thread_main, NULL) == 0)
			pthread_join(thread, NULL);
		else
			failed++;
	}
	printf("%s\n", wrong ? "wrong" : failed ? "some failed" : "none failed");
	return wrong != 0;
}
