/*
 * Eight threads that allocate and free each other's blocks. Prints "total_blocks total_bytes
 * live_blocks live_bytes" of what work() allocated. Run by tests/e2e/record.sh.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 8
#define ROUNDS 100000
#define SLOTS 1024

/* Size in the low 16 bits, the pointer above. */
static _Atomic uintptr_t slots[SLOTS];
static _Atomic unsigned long bytes_born, bytes_died, died;

static __attribute__((noinline)) void *work(void *seed)
{
	unsigned random = (unsigned)(uintptr_t)seed;

	for (int i = 0; i < ROUNDS; i++) {
		size_t size;
		uintptr_t old;

		random = random * 1664525 + 1013904223;
		size = 1 + (random >> 12 & 511);
		old = atomic_exchange(&slots[random >> 22 & (SLOTS - 1)],
				      (uintptr_t)malloc(size) << 16 | size);
		atomic_fetch_add(&bytes_born, size);
		if (old) {
			atomic_fetch_add(&bytes_died, old & 0xffff);
			atomic_fetch_add(&died, 1);
			free((void *)(old >> 16));
		}
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)(i * 7919 + 1)) != 0)
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("%lu %lu %lu %lu\n", (unsigned long)THREADS * ROUNDS, bytes_born,
	       THREADS * ROUNDS - died, bytes_born - bytes_died);
	return 0;
}
