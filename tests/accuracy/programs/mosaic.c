/*
 * Tiles of a mosaic, of changing sizes.
 *
 * relay: ever larger tiles replace smaller ones at random, their total stays the same, the holes
 * they leave are too small for what follows; peak: many tiles are laid at once and nearly all taken
 * away again, but some of each neighbourhood stay; swept: the same, and none stay; equal: tiles of
 * one size replace each other.
 */
#include "rounds.h"

#define PLACES 65536
#define TOTAL (6 << 20)

static struct {
	unsigned char *tiles[PLACES];
	unsigned sizes[PLACES];
	unsigned count, bytes;
} floor_plan;

static void tile_lay(unsigned size)
{
	unsigned char *tile = checked(malloc(size));

	memset(tile, 1, size);
	floor_plan.tiles[floor_plan.count] = tile;
	floor_plan.sizes[floor_plan.count++] = size;
	floor_plan.bytes += size;
}

static void tile_lift(unsigned place)
{
	free(floor_plan.tiles[place]);
	floor_plan.bytes -= floor_plan.sizes[place];
	floor_plan.count--;
	floor_plan.tiles[place] = floor_plan.tiles[floor_plan.count];
	floor_plan.sizes[place] = floor_plan.sizes[floor_plan.count];
	floor_plan.tiles[floor_plan.count] = NULL;
}

int main(int argc, char **argv)
{
	enum { RELAY, PEAK, SWEPT, EQUAL };
	int mode = rounds_begin(argc, argv, "relay peak swept equal");
	unsigned tile_size = 130;

	while (next_round()) {
		if (mode == PEAK || mode == SWEPT) {
			if (rounds.number > 1) {
				for (int i = 0; i < 10; i++) {
					tile_lay(1500);
					tile_lift((unsigned)pick(floor_plan.count));
				}
				continue;
			}
			for (unsigned i = 0; i < 20000; i++)
				tile_lay(1500);
			for (unsigned i = floor_plan.count; i-- > 300;)
				if (mode == SWEPT || i % 50)
					tile_lift(i);
			continue;
		}
		for (unsigned laid = 0; laid < TOTAL / 64;) {
			unsigned size = mode == EQUAL ? 240 : tile_size;

			size += (unsigned)pick(size / 8);
			tile_lay(size);
			laid += size;
			while (floor_plan.bytes > TOTAL)
				tile_lift((unsigned)pick(floor_plan.count));
		}
		if (rounds.number % 8 == 0)
			tile_size += tile_size / 20;
	}
	printf("%u tiles\n", floor_plan.count);
	return 0;
}
