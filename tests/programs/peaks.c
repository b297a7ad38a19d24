/*
 * Live bytes that rise and fall between two snapshots. Run by tests/e2e/peak.sh:
 *   peaks blocks|one|large|threads   makes 200 MB in summit(), keeps them for 50 ms, frees them
 *   peaks climb                      to 64 MB in steps of 128 KiB, freeing half a step after each
 *   peaks never                      the same without a fall
 * and then, with `killed` as a second argument, kills itself; with `sleeps` waits until it is
 * ended; with `forks` does the same in a child.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEGABYTES 200
#define BLOCK 4096ul
#define LARGE (200ul << 10)
#define STEP (128ul << 10)
#define THREADS 3

static void *kept[(MEGABYTES << 20) / BLOCK];
static atomic_bool stop;

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static __attribute__((noinline)) size_t summit(size_t size)
{
	size_t count = ((size_t)MEGABYTES << 20) / size;

	for (size_t i = 0; i < count; i++)
		kept[i] = memset(malloc(size), 1, size);
	return count;
}

static void rise_and_fall(size_t size)
{
	size_t count = summit(size);

	pause_ms(50);
	while (count-- > 0)
		free(kept[count]);
}

static void *churn(void *unused)
{
	unsigned seed = 1;

	while (!stop) {
		void *block = malloc(100 + (size_t)rand_r(&seed) % 2000);

		*(volatile char *)block = 1;
		free(block);
	}
	return unused;
}

static void rise_among_threads(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, churn, NULL);
	rise_and_fall(BLOCK);
	stop = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static __attribute__((noinline)) void climb(bool fall)
{
	for (size_t i = 0; i < 2 * (64ul << 20) / STEP; i += 2) {
		kept[i] = malloc(STEP / 2);
		kept[i + 1] = malloc(STEP / 2);
		if (fall)
			free(kept[i + 1]);
	}
}

static void do_it(const char *how)
{
	if (strcmp(how, "blocks") == 0)
		rise_and_fall(BLOCK);
	else if (strcmp(how, "one") == 0)
		rise_and_fall((size_t)MEGABYTES << 20);
	else if (strcmp(how, "large") == 0)
		rise_and_fall(LARGE);
	else if (strcmp(how, "threads") == 0)
		rise_among_threads();
	else
		climb(strcmp(how, "climb") == 0);
}

int main(int argc, char **argv)
{
	const char *then = argc > 2 ? argv[2] : "";

	if (strcmp(then, "forks") == 0) {
		if (fork() == 0) {
			pause_ms(100); /* long enough to get a helper */
			do_it(argv[1]);
			exit(0);
		}
		wait(NULL);
		return 0;
	}
	do_it(argc > 1 ? argv[1] : "blocks");
	puts("ready");
	fflush(stdout);
	if (strcmp(then, "killed") == 0)
		kill(getpid(), SIGKILL);
	while (strcmp(then, "sleeps") == 0)
		pause();
	return 0;
}
