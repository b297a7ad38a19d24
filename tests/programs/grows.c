/*
 * Programs that grow, each as one that is hard to tell, and beside each one that looks like it and
 * does not grow.
 *
 * grows MODE MILLISECONDS: works for so long, and ends.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEPTH 16

struct node {
	struct node *left, *right;
	uint32_t key, payload[5];
};

static struct node *tree, *kept;
static unsigned char *buffer;
static size_t fill, capacity;
static uint64_t state = 88172645463325252u;
static uintptr_t boxes[300];
static unsigned long boxed, work;

static uint64_t chance(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static struct node *make(void)
{
	struct node *node = calloc(1, sizeof *node);

	if (!node)
		exit(1);
	node->key = (uint32_t)chance();
	return node;
}

/* One line, by as many call stacks as there are ways down. */
static __attribute__((noinline, noclone)) struct node *descend(uint32_t way, int depth)
{
	struct node *node;

	if (depth == DEPTH)
		return make();
	if (way >> depth & 1) {
		node = descend(way, depth + 1);
		node->payload[2]++;
	} else {
		node = descend(way, depth + 1);
		node->payload[3]--;
	}
	return node;
}

static void spread(void)
{
	struct node *node = descend((uint32_t)chance(), 0);

	node->left = kept;
	kept = node;
}

static __attribute__((noinline, noclone)) struct node *insert(struct node *under, uint32_t key)
{
	if (!under) {
		under = make();
		under->key = key;
	} else if (key < under->key) {
		under->left = insert(under->left, key);
	} else {
		under->right = insert(under->right, key);
	}
	return under;
}

static void append(size_t bytes)
{
	if (fill + bytes > capacity) {
		capacity = capacity ? capacity * 2 : 4096;
		buffer = realloc(buffer, capacity);
		if (!buffer)
			exit(1);
	}
	memset(buffer + fill, 7, bytes);
	fill += bytes;
}

/* What realloc gets has been in use before: it is not zero where nothing was appended yet. */
static void append_to_used(size_t bytes)
{
	if (fill + bytes > capacity) {
		char *used = malloc(capacity * 2 + 4096);

		if (!used)
			exit(1);
		memset(used, 7, capacity * 2 + 4096);
		free(used);
	}
	append(bytes);
}

/* Nothing but a word that is no address leads to each; the oldest is freed through it. */
static void box(void)
{
	uintptr_t *slot = &boxes[boxed++ % (sizeof boxes / sizeof boxes[0])];

	if (*slot)
		free((void *)(*slot ^ 0xfff8000000000000u)); /* NOLINT(performance-no-int-to-ptr) */
	*slot = (uintptr_t)make() ^ 0xfff8000000000000u;
}

static void sweep(void)
{
	struct node **link = &kept, *node;

	while ((node = *link)) {
		if (node->payload[1] || node->key % 10 == 0) {
			node->payload[1] = 1;
			link = &node->left;
		} else {
			*link = node->left;
			free(node);
		}
	}
}

static void keep(void)
{
	struct node *node = make();

	node->left = kept;
	kept = node;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void step(const char *mode, long passed, long limit)
{
	if (strcmp(mode, "spread") == 0)
		for (int i = 0; i < 4; i++)
			spread();
	else if (strcmp(mode, "insert") == 0)
		tree = insert(tree, (uint32_t)chance());
	else if (strcmp(mode, "append") == 0)
		append(64);
	else if (strcmp(mode, "used") == 0)
		append_to_used(8);
	else if (strcmp(mode, "ring") == 0)
		fill < 200000 ? append(2000)
			      : (void)memset(buffer + work * 64 % 100000, (int)work, 64);
	else if (strcmp(mode, "hidden") == 0)
		box();
	else if (strcmp(mode, "stall") == 0 && (passed < limit / 2 || passed > limit * 3 / 4))
		keep();
	else if (strcmp(mode, "sweep") == 0) {
		keep();
		if (work % 700 == 699)
			sweep();
	}
}

int main(int argc, char **argv)
{
	long begun = now_ms(), limit = argc > 2 ? atol(argv[2]) : 4000, passed;
	void *volatile temporary;

	while ((passed = now_ms() - begun) < limit) {
		step(argc > 1 ? argv[1] : "", passed, limit);
		work++;
		if (strcmp(argc > 1 ? argv[1] : "", "stall") != 0 || passed < limit / 2 ||
		    passed > limit * 3 / 4) {
			temporary = malloc(100 + work % 50);
			free(temporary);
		}
		usleep(1000);
	}
	return 0;
}
