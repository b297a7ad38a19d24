/*
 * A warehouse full of crates from the start.
 *
 * stock: crates come and go, as many as ever; returns: beside that, returned crates are put in a
 * list that nobody clears; misplaced: beside that, now and then a label is printed and lost;
 * seasons: the stock wanders about a mean; delivery: stock comes in for two and a half seconds, and
 * stays; inventory: one big list at the start, and nothing after.
 */
#include "rounds.h"

#define SHELVES 60000

struct crate {
	unsigned goods;
	unsigned char content[480];
};

struct returned {
	struct returned *next;
	unsigned reason;
	char comment[230];
};

static struct crate *shelves[SHELVES];
static struct returned *returns;

static struct crate *crate_pack(void)
{
	struct crate *crate = checked(malloc(sizeof *crate));

	crate->goods = (unsigned)pick(1000);
	memset(crate->content, 1, sizeof crate->content);
	return crate;
}

static void crate_exchange(void)
{
	struct crate **shelf = &shelves[pick(SHELVES)];

	if (*shelf) {
		free(*shelf);
		*shelf = crate_pack();
	}
}

static void take_back(unsigned reason)
{
	struct returned *returned = checked(malloc(sizeof *returned));

	returned->reason = reason;
	snprintf(returned->comment, sizeof returned->comment, "reason %u", reason);
	returned->next = returns;
	returns = returned;
}

static size_t label_print(unsigned goods)
{
	char *label = checked(malloc(160));

	return (size_t)snprintf(label, 160, "goods %u", goods);
}

static void seasons(unsigned *level)
{
	long wave = rounds.number % 120;
	unsigned wanted =
		20000 + (unsigned)(wave < 60 ? wave : 120 - wave) * 60 + (unsigned)pick(3000);

	while (*level < wanted)
		shelves[(*level)++] = crate_pack();
	while (*level > wanted) {
		free(shelves[--*level]);
		shelves[*level] = NULL;
	}
}

int main(int argc, char **argv)
{
	enum { STOCK, RETURNS, MISPLACED, SEASONS, DELIVERY, INVENTORY };
	int mode = rounds_begin(argc, argv, "stock returns misplaced seasons delivery inventory");
	unsigned level = 0;
	size_t printed = 0;

	if (mode != SEASONS && mode != DELIVERY)
		while (level < SHELVES)
			shelves[level++] = crate_pack();
	while (next_round()) {
		if (mode == SEASONS) {
			seasons(&level);
		} else if (mode == DELIVERY) {
			for (int i = 0; i < 40 && elapsed_ms() < 2500 && level < SHELVES; i++)
				shelves[level++] = crate_pack();
		} else if (mode != INVENTORY) {
			for (int i = 0; i < 100; i++)
				crate_exchange();
		}
		if (mode == RETURNS)
			take_back((unsigned)pick(9));
		else if (mode == MISPLACED && rounds.number % 5 == 0)
			printed += label_print((unsigned)pick(9));
	}
	printf("%u crates, %zu characters\n", level, printed);
	return 0;
}
