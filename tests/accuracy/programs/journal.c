/*
 * A journal of lines.
 *
 * tail: the last 800 lines in a ring; rotate: a buffer is filled and put away, three are kept;
 * shelves: all are kept; errors: a line is formatted into a buffer that is not freed when the line
 * is an error.
 */
#include "rounds.h"

#define LINES 800

struct volume {
	struct volume *older;
	size_t used;
	char text[32000];
};

static char *tail[LINES];
static unsigned tail_next;
static struct volume *current;
static unsigned volume_count;

static char *line_format(const char *text, unsigned long number)
{
	char *line = checked(malloc(140));

	snprintf(line, 140, "%lu: %s, and what else there is to say about it", number, text);
	return line;
}

static void volume_begin(unsigned keep)
{
	struct volume *volume = checked(calloc(1, sizeof *volume)), **link = &current;

	volume->older = current;
	current = volume;
	volume_count++;
	while (volume_count > keep) {
		while ((*link)->older)
			link = &(*link)->older;
		free(*link);
		*link = NULL;
		link = &current;
		volume_count--;
	}
}

static void volume_append(const char *line, unsigned keep)
{
	size_t length = strlen(line);

	if (!current || current->used + length > sizeof current->text)
		volume_begin(keep);
	memcpy(current->text + current->used, line, length);
	current->used += length;
}

int main(int argc, char **argv)
{
	enum { TAIL, ROTATE, SHELVES, ERRORS };
	int mode = rounds_begin(argc, argv, "tail rotate shelves errors");
	unsigned long number = 0;

	while (next_round()) {
		for (int i = 0; i < 12; i++) {
			bool error = pick(8) == 0;
			char *line = line_format(error ? "it failed" : "it went well", number++);

			if (mode == TAIL) {
				free(tail[tail_next % LINES]);
				tail[tail_next++ % LINES] = line;
				continue;
			}
			volume_append(line, mode == SHELVES ? 1000000 : 3);
			if (mode != ERRORS || !error)
				free(line);
		}
	}
	printf("%lu lines\n", number);
	return 0;
}
