/*
 * Threads come and go by the hundred, up to 100 at once; each allocates, some of it in a destructor
 * of thread-specific data. Prints the blocks that live at the end: "live_blocks live_bytes" of
 * keep(). The argument is the number of hundreds, 20 without. Run by tests/e2e/record.sh and
 * torture.sh.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_BATCHES 1000
#define AT_ONCE 100

static pthread_key_t key;
static void *kept[MAX_BATCHES * AT_ONCE * 2];

static __attribute__((noinline)) void *keep(size_t size)
{
	return malloc(size);
}

static void at_thread_end(void *slot)
{
	*(void **)slot = keep(40);
}

static void *work(void *argument)
{
	void **slot = argument;

	for (int i = 0; i < 50; i++)
		free(malloc(100));
	slot[0] = keep(24);
	pthread_setspecific(key, &slot[1]);
	return NULL;
}

int main(int argc, char **argv)
{
	int batches = argc > 1 ? atoi(argv[1]) : 20;
	pthread_t threads[AT_ONCE];
	size_t blocks = 0;

	pthread_key_create(&key, at_thread_end);
	for (int batch = 0; batch < batches && batch < MAX_BATCHES; batch++) {
		for (int i = 0; i < AT_ONCE; i++)
			if (pthread_create(&threads[i], NULL, work,
					   &kept[(batch * AT_ONCE + i) * 2]) != 0)
				return 1;
		for (int i = 0; i < AT_ONCE; i++)
			pthread_join(threads[i], NULL);
	}
	for (int i = 0; i < batches * AT_ONCE * 2; i++)
		blocks += kept[i] != NULL;
	printf("%zu %d\n", blocks, batches * AT_ONCE * 64);
	return 0;
}
