/*
 * A cache and a list of listeners that grow, each filled by a function that the optimizer takes
 * into main(); it takes its snapshots itself.
 *   inlined cache|listeners
 */
#include <stdlib.h>
#include <string.h>

#include "silt.h"

#define ROUNDS 12
#define PER_ROUND 200

struct entry {
	struct entry *next;
	char text[40];
};
struct listener {
	struct listener *next;
	void (*call)(struct listener *);
	long number;
};

static struct entry *entries;
static struct listener *listeners;

static void called(struct listener *listener)
{
	listener->number++;
}

static inline void *get(size_t size)
{
	void *block = calloc(1, size);

	if (!block)
		abort();
	return block;
}

static void cache_add(int number)
{
	struct entry *entry = get(sizeof *entry);

	entry->text[0] = (char)number;
	entry->next = entries;
	entries = entry;
}

static void subscribe(int number)
{
	struct listener *listener = get(sizeof *listener);

	listener->call = called;
	listener->number = number;
	listener->next = listeners;
	listeners = listener;
}

int main(int argc, char **argv)
{
	int listens = argc > 1 && strcmp(argv[1], "listeners") == 0;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < PER_ROUND; i++) {
			if (listens)
				subscribe(i);
			else
				cache_add(i);
		}
		silt_iteration();
		silt_snapshot(NULL);
	}
	if (listeners)
		listeners->call(listeners);
	return 0;
}
