/* Large arrays that come and go: see spare.h. */
#include "util/spare.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/mem.h"

/* bytes; malloc() is as fast for smaller arrays */
#define LARGE (256ul << 10)
/* arrays that are kept: as many as a snapshot has */
#define MOST 5u

static struct {
	pthread_mutex_t lock;
	/* arrays that nobody uses; NULL: no array */
	void *arrays[MOST];
	/* index of the array that the next one replaces if there is no room */
	size_t next;
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Returns the index of the smallest array of at least `size` bytes and at most twice as many; MOST:
 * there is none. */
static size_t find(size_t size)
{
	size_t best = MOST, best_room = SIZE_MAX;

	for (size_t i = 0; i < MOST; i++) {
		size_t room = spare.arrays[i] ? malloc_usable_size(spare.arrays[i]) : 0;

		if (room >= size && room / 2 <= size && room < best_room) {
			best = i;
			best_room = room;
		}
	}
	return best;
}

/* Returns the index of the largest array that is too small, but larger than half of `size`; MOST:
 * there is none. A larger array takes its place, so that an array that grows is not kept twice. */
static size_t find_outgrown(size_t size)
{
	size_t best = MOST, best_room = size / 2;

	for (size_t i = 0; i < MOST; i++) {
		size_t room = spare.arrays[i] ? malloc_usable_size(spare.arrays[i]) : 0;

		if (room < size && room > best_room) {
			best = i;
			best_room = room;
		}
	}
	return best;
}

void *spare_reuse(size_t bytes)
{
	void *memory = NULL, *outgrown = NULL;
	size_t found;

	if (bytes < LARGE)
		return NULL;
	pthread_mutex_lock(&spare.lock);
	found = find(bytes);
	if (found < MOST) {
		memory = spare.arrays[found];
		spare.arrays[found] = NULL;
	} else if ((found = find_outgrown(bytes)) < MOST) {
		outgrown = spare.arrays[found];
		spare.arrays[found] = NULL;
	}
	pthread_mutex_unlock(&spare.lock);
	free(outgrown);
	return memory;
}

/* Rounds up by at most a quarter: the array of the next snapshot is often a little larger. Pages
 * that nobody touches cost nothing. */
static size_t rounded(size_t bytes)
{
	size_t step =
		bytes < LARGE
			? 1
			: 1ul << (sizeof bytes * CHAR_BIT - 3 - (size_t)__builtin_clzl(bytes));

	return (bytes + step - 1) / step * step;
}

void *spare_take(size_t count, size_t size)
{
	size_t bytes;
	void *memory;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		return mem_resize(NULL, count, size); /* which ends the program */
	memory = spare_reuse(bytes);
	return memory ? memory : mem_alloc(rounded(bytes));
}

void spare_give(void *memory)
{
	void *old = memory;

	if (memory && malloc_usable_size(memory) >= LARGE) {
		pthread_mutex_lock(&spare.lock);
		for (size_t i = 0; i < MOST && old; i++) {
			if (!spare.arrays[i]) {
				spare.arrays[i] = memory;
				old = NULL;
			}
		}
		if (old) {
			old = spare.arrays[spare.next];
			spare.arrays[spare.next] = memory;
			spare.next = (spare.next + 1) % MOST;
		}
		pthread_mutex_unlock(&spare.lock);
	}
	free(old);
}

void spare_empty(void)
{
	pthread_mutex_lock(&spare.lock);
	for (size_t i = 0; i < MOST; i++) {
		free(spare.arrays[i]);
		spare.arrays[i] = NULL;
	}
	pthread_mutex_unlock(&spare.lock);
}
