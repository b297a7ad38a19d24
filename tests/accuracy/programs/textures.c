/*
 * A renderer's textures, counted by reference.
 *
 * draw: every sprite gives its texture back; skip: a hidden sprite does not; atlas: the atlas has a
 * reference of its own and lets go of textures nobody else uses, but hidden sprites never give
 * theirs back; tidy: the atlas, and all do.
 */
#include "rounds.h"

struct texture {
	struct texture *next; /* in the atlas */
	unsigned width, height;
	int users;
	unsigned char texels[300];
};

struct sprite {
	struct texture *texture;
	bool hidden;
};

static struct sprite *scene[256];
static struct texture *atlas;

static struct texture *texture_load(unsigned width)
{
	struct texture *texture = checked(calloc(1, sizeof *texture));

	texture->width = texture->height = width;
	texture->users = 1;
	memset(texture->texels, 3, sizeof texture->texels);
	return texture;
}

static struct texture *texture_use(struct texture *texture)
{
	texture->users++;
	return texture;
}

static void texture_done(struct texture *texture)
{
	if (--texture->users == 0)
		free(texture);
}

static void atlas_add(struct texture *texture)
{
	texture->next = atlas;
	atlas = texture_use(texture);
}

static void atlas_sweep(void)
{
	struct texture **link = &atlas;

	while (*link) {
		struct texture *texture = *link;

		if (texture->users == 1) {
			*link = texture->next;
			texture_done(texture);
		} else {
			link = &texture->next;
		}
	}
}

static void sprite_leave(struct sprite *sprite, bool forget)
{
	if (!sprite)
		return;
	if (!forget || !sprite->hidden)
		texture_done(sprite->texture);
	free(sprite);
}

static struct sprite *sprite_enter(struct texture *texture)
{
	struct sprite *sprite = checked(malloc(sizeof *sprite));

	sprite->texture = texture_use(texture);
	sprite->hidden = pick(4) == 0;
	return sprite;
}

int main(int argc, char **argv)
{
	enum { DRAW, SKIP, ATLAS, TIDY };
	int mode = rounds_begin(argc, argv, "draw skip atlas tidy");
	bool forget = mode == SKIP || mode == ATLAS;
	unsigned place = 0;

	while (next_round()) {
		for (int i = 0; i < 2; i++) {
			struct texture *texture = texture_load(16 + (unsigned)pick(4) * 16);

			if (mode == ATLAS || mode == TIDY)
				atlas_add(texture);
			for (unsigned long users = 1 + pick(3); users > 0; users--) {
				sprite_leave(scene[place % 256], forget);
				scene[place++ % 256] = sprite_enter(texture);
			}
			texture_done(texture);
		}
		atlas_sweep();
	}
	printf("%u sprites\n", place);
	return 0;
}
