/*
 * What the programs of the corpus share: rounds of work, 5 ms apart, until the given time is over.
 *
 * PROGRAM MODE [MILLISECONDS]. Nothing here allocates. Deterministic apart from how many rounds fit
 * into the time.
 */
#ifndef ROUNDS_H
#define ROUNDS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
	long start_ms, length_ms, number;
	unsigned long random;
} rounds;

static inline long rounds_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The index of the mode asked for among `modes`, words separated by blanks. */
static inline int rounds_begin(int argc, char **argv, const char *modes)
{
	size_t wanted = argc > 1 ? strlen(argv[1]) : 0;
	const char *mode = modes;

	rounds.start_ms = rounds_clock();
	rounds.length_ms = argc > 2 ? atol(argv[2]) : 6000;
	rounds.random = 88172645463325252UL;
	for (int i = 0; wanted && *mode; i++) {
		size_t length = strcspn(mode, " ");

		if (length == wanted && memcmp(mode, argv[1], length) == 0)
			return i;
		mode += length + (mode[length] == ' ');
	}
	fprintf(stderr, "usage: %s MODE [MILLISECONDS], MODE one of: %s\n", argv[0], modes);
	exit(2);
}

static inline long elapsed_ms(void)
{
	return rounds_clock() - rounds.start_ms;
}

/* Waits for the next round; false when the time is over. */
static inline bool next_round(void)
{
	if (rounds.number++)
		usleep(5000);
	return elapsed_ms() < rounds.length_ms;
}

/* The same numbers in every run, 0 to bound - 1. */
static inline unsigned long pick(unsigned long bound)
{
	rounds.random ^= rounds.random << 13;
	rounds.random ^= rounds.random >> 7;
	rounds.random ^= rounds.random << 17;
	return rounds.random % bound;
}

/* What an allocation gave, which must not be nothing; the compiler cannot tell what becomes of
 * it. */
static inline void *checked(void *block)
{
	if (!block)
		abort();
	__asm__ volatile("" : "+r"(block) : : "memory");
	return block;
}

#endif
