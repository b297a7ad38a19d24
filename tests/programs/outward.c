/*
 * Lists linked in both directions, of which one leads outward from the variable that holds them:
 * newest (by the second link), oldest (by the first), object (a heap object holds the list, both
 * ends known), far (the other end is held by a thread's stack). 20 snapshots.
 */
#include <stdlib.h>
#include <string.h>

#include "silt.h"

#define ELEMENTS 400
#define SNAPSHOTS 20

struct post {
	struct post *newer, *older;
	char text[40];
};
struct board {
	long posts;
	struct post *oldest, *newest;
};

struct post *newest, *oldest;
struct board *board;

static struct post *new_post(void)
{
	return calloc(1, sizeof(struct post));
}

static void add_to_board(void)
{
	struct post *post = new_post();

	post->older = board->newest;
	if (board->newest)
		board->newest->newer = post;
	else
		board->oldest = post;
	board->newest = post;
	board->posts++;
}

/* `end` is that of the list that the global variable does not hold. */
static void add(const char *mode, struct post **end)
{
	struct post *post = new_post();

	if (strcmp(mode, "oldest") == 0) {
		post->older = *end;
		if (*end)
			(*end)->newer = post;
		else
			oldest = post;
		*end = post;
	} else {
		post->older = newest;
		if (newest)
			newest->newer = post;
		newest = post;
		if (!*end && strcmp(mode, "far") == 0)
			*end = post;
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	struct post *end = NULL;

	board = calloc(1, sizeof *board);
	for (int i = 0; i < ELEMENTS; i++) {
		if (strcmp(mode, "object") == 0)
			add_to_board();
		else
			add(mode, &end);
		if (i % (ELEMENTS / SNAPSHOTS) == 0)
			silt_snapshot(NULL);
	}
	return end && end->text[0] == 1;
}
