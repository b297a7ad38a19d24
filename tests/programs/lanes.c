/*
 * Swimmers that accumulate in the lanes of pools. A pool has a number of lanes, which by chance
 * looks like a count of references that is too high; but few pools are added, while swimmers are
 * added all the time.
 *   lanes ROUNDS
 */
#include <stdlib.h>
#include <unistd.h>

enum { POOLS = 700, SHOWN = 40, MORE = 200, EVERY = 40 };

struct swimmer {
	struct swimmer *next;
	char name[40];
};
struct pool {
	struct swimmer *swimmers;
	unsigned lanes, length;
	char name[48];
};

struct pool **pools, **shown;
int pool_count;

static void add_swimmer(struct pool *pool)
{
	struct swimmer *swimmer = calloc(1, sizeof *swimmer);

	swimmer->next = pool->swimmers;
	pool->swimmers = swimmer;
}

static void add_pool(void)
{
	struct pool *pool = calloc(1, sizeof *pool);

	pool->lanes = pool_count < SHOWN ? 1 : 2;
	pool->length = 50;
	if (pool_count < SHOWN)
		shown[pool_count] = pool;
	pools[pool_count++] = pool;
	add_swimmer(pool);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1000;

	pools = calloc(POOLS + MORE, sizeof(struct pool *));
	shown = calloc(SHOWN, sizeof(struct pool *));
	for (int i = 0; i < POOLS; i++)
		add_pool();
	for (int i = 0; i < rounds; i++) {
		if (i % EVERY == 0 && pool_count < POOLS + MORE)
			add_pool();
		for (int k = 0; k < 4; k++)
			add_swimmer(pools[(i * 4 + k) % pool_count]);
		usleep(1000);
	}
	return 0;
}
