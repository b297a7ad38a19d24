/*
 * Entries that accumulate, each with a body cut from a page of bodies; all pages are in a
 * table of their own, as an interpreter keeps them. One mistake: nobody removes entries.
 *   pieces ROUNDS
 */
#include <stdlib.h>
#include <unistd.h>

enum { BODIES = 60, PAGES = 4096 };

struct body {
	double value;
	long kind[7];
};
struct page {
	struct body bodies[BODIES];
};
struct entry {
	struct entry *next;
	struct body *body;
	char name[40];
};

struct page *pages[PAGES];
int page_count;
struct entry *entries;

static struct body *cut_body(void)
{
	static int used = BODIES;

	if (used == BODIES) {
		if (page_count == PAGES)
			abort();
		pages[page_count++] = calloc(1, sizeof(struct page));
		used = 0;
	}
	return &pages[page_count - 1]->bodies[used++];
}

static void add_entry(int number)
{
	struct entry *entry = calloc(1, sizeof *entry);

	entry->body = cut_body();
	entry->body->value = number;
	entry->next = entries;
	entries = entry;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1000;

	for (int i = 0; i < rounds; i++) {
		for (int k = 0; k < 10; k++)
			add_entry(i);
		usleep(1000);
	}
	return entries == NULL;
}
