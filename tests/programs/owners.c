/* Lists that grow, and other pointers into them. Argument: what else points there. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct node {
	struct node *next, *previous;
	char text[48];
};
struct anchor {
	struct node *next, *previous;
};

static struct node *chain;	/* a list, the newest in front */
static struct node *remembered; /* the one that was newest at some time */
static struct node *some[64];	/* the first of them */
static struct anchor ring = {(struct node *)&ring, (struct node *)&ring};
static struct node built_in; /* an element that is no block */
static struct {
	char *name;
	struct node *last;
} unrelated[4];

static struct node *make(int number)
{
	struct node *node = calloc(1, sizeof *node);

	node->text[0] = (char)('a' + number % 26);
	return node;
}

static void push(struct node **list, int number)
{
	struct node *node = make(number);

	node->next = *list;
	if (node->next)
		node->next->previous = node;
	*list = node;
}

static void join_ring(struct node *node)
{
	node->next = (struct node *)&ring;
	node->previous = ring.previous;
	ring.previous->next = node;
	ring.previous = node;
}

static int keep_in_local(int rounds)
{
	struct node *own = NULL;

	for (int i = 0; i < rounds; i++) {
		push(&own, i);
		if (i == rounds / 2)
			remembered = own;
		usleep(1000);
	}
	return own == remembered;
}

/* An object whose address only a register has, and a list in it, of which another register has
 * the newest. */
struct book {
	long pages;
	struct node *entries;
};

static int write_book(struct book *book, int rounds)
{
	for (int i = 0; i < rounds; i++) {
		struct node *node = make(i);

		node->next = book->entries;
		book->entries = node;
		usleep(1000);
		book->pages += node->text[0];
	}
	return book->pages == 0;
}

static int rounds_of_thread;

static void *writer(void *book)
{
	write_book(book, rounds_of_thread);
	return NULL;
}

/* Only the thread that it is given to knows the object. */
static int keep_in_thread(int rounds)
{
	pthread_t thread;

	rounds_of_thread = rounds;
	pthread_create(&thread, NULL, writer, calloc(1, sizeof(struct book)));
	pthread_join(thread, NULL);
	return 0;
}

/* Each of three threads has a table of its own, and a variable with the newest element. */
#define CHAINS 32

static void *fill_table(void *argument)
{
	static _Thread_local struct node *table[CHAINS];
	int sum = 0;

	for (int i = 0; i < rounds_of_thread; i++) {
		struct node *node = make(i);

		node->next = table[i % CHAINS];
		table[i % CHAINS] = node;
		usleep(1000);
		sum += node->text[0];
	}
	return sum ? NULL : argument;
}

static int keep_in_tables(int rounds)
{
	pthread_t threads[3];

	rounds_of_thread = rounds;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, fill_table, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int rounds = argc > 2 ? atoi(argv[2]) : 1500;

	if (strcmp(mode, "local") == 0)
		return keep_in_local(rounds);
	if (strcmp(mode, "object") == 0)
		return write_book(calloc(1, sizeof(struct book)), rounds);
	if (strcmp(mode, "thread") == 0)
		return keep_in_thread(rounds);
	if (strcmp(mode, "tables") == 0)
		return keep_in_tables(rounds);
	for (int i = 0; i < rounds; i++) {
		if (strcmp(mode, "ring") == 0) {
			join_ring(make(i));
			if (i == 5)
				join_ring(&built_in);
		} else {
			push(&chain, i);
			if (strcmp(mode, "middle") == 0 && i == 200)
				remembered = unrelated[2].last = chain;
			if (strcmp(mode, "view") == 0 && i < 64)
				some[i] = chain;
		}
		usleep(1000);
	}
	return remembered == some[0];
}
