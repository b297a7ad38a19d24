/*
 * A router's table of routes, a binary tree.
 *
 * learn: it learns more routes the longer it runs and forgets none; refresh: routes are replaced,
 * their number wanders; withdraw: a branch is cut off, its top is freed and what hangs below
 * forgotten; prune: the branch is freed.
 */
#include "rounds.h"

struct route {
	struct route *left, *right;
	unsigned long prefix;
	unsigned hops, seen;
	char via[72];
};

static struct route *table;
static unsigned route_count;

static struct route *route_make(unsigned long prefix)
{
	struct route *route = checked(calloc(1, sizeof *route));

	route->prefix = prefix;
	route->hops = 1 + (unsigned)pick(20);
	snprintf(route->via, sizeof route->via, "gateway %lu", prefix % 17);
	route_count++;
	return route;
}

static void route_learn(unsigned long prefix)
{
	struct route **link = &table;

	while (*link && (*link)->prefix != prefix)
		link = prefix < (*link)->prefix ? &(*link)->left : &(*link)->right;
	if (!*link)
		*link = route_make(prefix);
	else
		(*link)->seen++;
}

static void branch_free(struct route *route, bool below)
{
	if (!route)
		return;
	if (below) {
		branch_free(route->left, true);
		branch_free(route->right, true);
	}
	free(route);
	route_count--;
}

/* Cuts off the branch that a walk of some steps ends at. */
static void branch_cut(unsigned steps, bool below)
{
	struct route **link = &table;

	while (*link && steps-- > 0)
		link = pick(2) ? &(*link)->left : &(*link)->right;
	if (*link) {
		struct route *route = *link;

		*link = NULL;
		branch_free(route, below);
	}
}

int main(int argc, char **argv)
{
	enum { LEARN, REFRESH, WITHDRAW, PRUNE };
	int mode = rounds_begin(argc, argv, "learn refresh withdraw prune");

	while (next_round()) {
		long routes = mode == LEARN ? 2 + elapsed_ms() / 1000 : 8;

		if (mode == REFRESH) {
			for (int i = 0; i < 20; i++)
				route_learn(pick(1500) * 2654435761UL % 1000003);
			if (route_count > 900)
				branch_cut(3, true);
		} else {
			for (long i = 0; i < routes; i++)
				route_learn(pick(1UL << 40));
			if (mode != LEARN)
				branch_cut(7, mode == PRUNE);
		}
	}
	printf("%u routes\n", route_count);
	return 0;
}
