/*
 * Writes folded stacks: see exports.h.
 * Must not: apply a rule of diagnosis.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "model/stacks.h"
#include "render/exports.h"
#include "render/names.h"
#include "util/mem.h"

/* Stacks of the same functions are one line, even if their source lines differ. */
struct folded {
	char *text;
	uint64_t old, new;
	UT_hash_handle hh;
};

/* Replaces what a reader would misparse: a semicolon begins the next frame, and digits after a
 * space at the end of the line are the first of two numbers. */
static void add_name(FILE *file, const char *name, bool last)
{
	const char *space = strrchr(name, ' ');

	if (space &&
	    (!last || space[1] == '\0' || space[1 + strspn(space + 1, "0123456789.")] != '\0'))
		space = NULL;
	for (; *name; name++)
		fputc(*name == ';' ? ':' : name == space ? '_' : *name, file);
}

static char *fold(struct names *names, const struct stack *stack)
{
	char *buffer = NULL, *text;
	size_t size;
	FILE *file = open_memstream(&buffer, &size);

	if (!file)
		abort();
	for (uint32_t i = stack->frame_count; i-- > 0;) {
		add_name(file, names_get(names, names_of(names, stack->frames[i]))->function,
			 i == 0);
		if (i)
			fputc(';', file);
	}
	fclose(file);
	text = mem_string(buffer); /* copied, because the stream's buffer has 8 KiB */
	free(buffer);
	return text;
}

static int compare(struct folded *a, struct folded *b)
{
	return strcmp(a->text, b->text);
}

void folded_write(FILE *file, const struct stacks *stacks, enum stacks_figure figure)
{
	struct names *names = names_new();
	struct folded *table = NULL, *folded, *next;

	for (size_t i = 0; i < stacks->count; i++) {
		const struct stack *stack = &stacks->list[i];
		char *text;

		if (!stack->new[figure] && !stack->old[figure])
			continue;
		text = fold(names, stack);
		HASH_FIND_STR(table, text, folded);
		if (folded) {
			free(text);
		} else {
			folded = mem_zeroed(1, sizeof *folded);
			folded->text = text;
			HASH_ADD_KEYPTR(hh, table, folded->text, strlen(folded->text), folded);
		}
		folded->old += stack->old[figure];
		folded->new += stack->new[figure];
	}
	HASH_SORT(table, compare);
	HASH_ITER(hh, table, folded, next)
	{
		if (stacks->old)
			fprintf(file, "%s %" PRIu64 " %" PRIu64 "\n", folded->text, folded->old,
				folded->new);
		else
			fprintf(file, "%s %" PRIu64 "\n", folded->text, folded->new);
		HASH_DEL(table, folded);
		free(folded->text);
		free(folded);
	}
	names_free(names);
}
