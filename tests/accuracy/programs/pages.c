/*
 * Pages rendered into arenas.
 *
 * request: each page has an arena that is freed after it; session: the session's arena is used for
 * each page, and lives in main; restart: the session starts anew every second.
 */
#include "rounds.h"

struct chunk {
	struct chunk *next;
	size_t used;
	char bytes[4000];
};

struct arena {
	struct chunk *chunks;
};

static void *arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;

	if (!chunk || chunk->used + size > sizeof chunk->bytes) {
		chunk = checked(malloc(sizeof *chunk));
		chunk->used = 0;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	chunk->used += size;
	return chunk->bytes + chunk->used - size;
}

static void arena_release(struct arena *arena)
{
	while (arena->chunks) {
		struct chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		free(chunk);
	}
}

static __attribute__((noinline)) size_t page_render(struct arena *arena, unsigned paragraphs)
{
	size_t length = 0;

	for (unsigned i = 0; i < paragraphs; i++) {
		char *text = arena_alloc(arena, 96);

		length += (size_t)snprintf(text, 96, "<p>paragraph %u</p>", i);
	}
	return length;
}

int main(int argc, char **argv)
{
	enum { REQUEST, SESSION, RESTART };
	int mode = rounds_begin(argc, argv, "request session restart");
	struct arena session = {NULL};
	size_t length = 0;

	while (next_round()) {
		if (mode == REQUEST) {
			struct arena request = {NULL};

			length += page_render(&request, 200 + (unsigned)pick(400));
			arena_release(&request);
		} else {
			length += page_render(&session, 5 + (unsigned)pick(10));
			if (mode == RESTART && rounds.number % 200 == 0)
				arena_release(&session);
		}
	}
	printf("%zu characters\n", length);
	return 0;
}
