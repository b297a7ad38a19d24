/*
 * Barns with a fixed number of sacks, filled in one place and refilled in others.
 *
 * rotate: the first filling gives way to later ones, the number of sacks stays; thresh: sacks of
 * several sizes for a moment, and a count in place; spill: the same, and the smallest of a
 * refilling is not put anywhere; late: sacks are kept from the third second on, in an index.
 */
#include "rounds.h"

#define SACKS 12000

struct sack {
	unsigned grains;
	char mark[150];
};

static struct sack *barn[SACKS];
static struct {
	struct sack **kept;
	size_t count, capacity;
} ledge;
static unsigned long counts[64];

static struct sack *sack_first(unsigned grains)
{
	struct sack *sack = checked(malloc(sizeof *sack));

	sack->grains = grains;
	return sack;
}

static struct sack *sack_later(unsigned grains)
{
	struct sack *sack = checked(calloc(1, sizeof *sack));

	sack->grains = grains;
	return sack;
}

static void sack_exchange(void)
{
	struct sack **place = &barn[pick(SACKS)];

	free(*place);
	*place = sack_later((unsigned)pick(100));
}

static void thresh(void)
{
	for (int i = 0; i < 60; i++) {
		char *grains = checked(malloc(30 + pick(6000)));

		counts[(unsigned long)(grains[0] = (char)pick(64))]++;
		free(grains);
	}
}

static void spill(void)
{
	struct sack *pair[2] = {sack_later((unsigned)pick(50)), sack_later((unsigned)pick(50))};
	int smaller = pair[1]->grains < pair[0]->grains;

	counts[pair[smaller]->grains]++;
	free(pair[!smaller]);
}

static void keep(void)
{
	if (ledge.count == ledge.capacity) {
		ledge.capacity = ledge.capacity ? ledge.capacity * 2 : 64;
		ledge.kept = checked(realloc(ledge.kept, ledge.capacity * sizeof(struct sack *)));
	}
	ledge.kept[ledge.count++] = sack_later(3);
}

int main(int argc, char **argv)
{
	enum { ROTATE, THRESH, SPILL, LATE };
	int mode = rounds_begin(argc, argv, "rotate thresh spill late");

	for (unsigned i = 0; i < SACKS && mode != THRESH; i++)
		barn[i] = sack_first(i);
	while (next_round()) {
		thresh();
		for (int i = 0; i < 20 && mode == ROTATE; i++)
			sack_exchange();
		if (mode == SPILL)
			spill();
		if (mode == LATE && elapsed_ms() > 2500)
			for (int i = 0; i < 4; i++)
				keep();
	}
	printf("%lu of the third kind\n", counts[3]);
	return 0;
}
