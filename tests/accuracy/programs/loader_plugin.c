/*
 * The filter that loader.c loads: tables made at the start, and a memory of what it has seen.
 */
#include "rounds.h"

void filter_tables(unsigned long count);
void filter_end(unsigned long number);
void filter_see(unsigned long number);
void filter_forget(unsigned long keep);

struct seen {
	struct seen *next;
	unsigned long number;
	char mark[120];
};

static struct seen *memory;
static unsigned long remembered;
static short *tables[32];

void filter_tables(unsigned long count)
{
	for (unsigned long i = 0; i < count && i < 32; i++) {
		tables[i] = checked(malloc(256 * sizeof(short)));
		memset(tables[i], 1, 256 * sizeof(short));
	}
}

void filter_end(unsigned long number)
{
	for (unsigned long i = number; i < 32; i++)
		free(tables[i]);
}

void filter_see(unsigned long number)
{
	struct seen *seen = checked(calloc(1, sizeof *seen));

	seen->number = number;
	seen->next = memory;
	memory = seen;
	remembered++;
}

void filter_forget(unsigned long keep)
{
	while (remembered > keep) {
		struct seen **link = &memory;

		while ((*link)->next)
			link = &(*link)->next;
		free(*link);
		*link = NULL;
		remembered--;
	}
}
