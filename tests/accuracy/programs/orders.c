/*
 * A shop's orders in a table of uthash, their lines in lists of utlist.
 *
 * ship: shipped orders leave the table and are freed; cancel: cancelled ones leave it and are not;
 * open: orders are never shipped; lines: an order is freed, but not the lines of its list.
 */
#include "rounds.h"
#include <uthash.h>
#include <utlist.h>

struct line {
	struct line *next;
	unsigned article, count;
	char remark[40];
};

struct order {
	unsigned number;
	struct line *lines;
	char address[90];
	UT_hash_handle hh;
};

static struct order *orders;

static void order_place(unsigned number)
{
	struct order *order = checked(calloc(1, sizeof *order));

	order->number = number;
	snprintf(order->address, sizeof order->address, "%u, Long Street", number % 300);
	for (unsigned long i = 1 + pick(3); i > 0; i--) {
		struct line *line = checked(calloc(1, sizeof *line));

		line->article = (unsigned)pick(5000);
		LL_PREPEND(order->lines, line);
	}
	HASH_ADD_INT(orders, number, order);
}

static void order_end(unsigned number, bool free_order, bool free_lines)
{
	struct order *order;
	struct line *line, *next;

	HASH_FIND_INT(orders, &number, order);
	if (!order)
		return;
	HASH_DEL(orders, order);
	LL_FOREACH_SAFE(order->lines, line, next)
	{
		if (free_lines)
			free(line);
	}
	if (free_order)
		free(order);
}

int main(int argc, char **argv)
{
	enum { SHIP, CANCEL, STANDING, LINES };
	int mode = rounds_begin(argc, argv, "ship cancel open lines");
	unsigned number = 0;

	while (next_round()) {
		for (int i = 0; i < 3; i++, number++) {
			bool cancelled = number % 4 == 0;

			order_place(number);
			if (mode != STANDING && number > 200)
				order_end(number - 200, mode != CANCEL || !cancelled,
					  mode != LINES || !cancelled);
		}
	}
	printf("%u orders, %u in the table\n", number, HASH_COUNT(orders));
	return 0;
}
