/*
 * Particles from a pool that takes memory by the slab.
 *
 * fountain: particles return to the pool; fireworks: they come in bursts, the largest decides;
 * smoke: some never return, so new slabs are needed for ever.
 */
#include "rounds.h"

#define SLAB 64

struct particle {
	struct particle *next;
	float position[3], speed[3];
	unsigned age;
};

struct slab {
	struct slab *next;
	struct particle particles[SLAB];
};

static struct {
	struct slab *slabs;
	struct particle *unused;
	unsigned long taken;
} pool;

static struct particle *flying;

static void pool_extend(void)
{
	struct slab *slab = checked(calloc(1, sizeof *slab));

	slab->next = pool.slabs;
	pool.slabs = slab;
	for (int i = 0; i < SLAB; i++) {
		slab->particles[i].next = pool.unused;
		pool.unused = &slab->particles[i];
	}
}

static struct particle *pool_take(void)
{
	struct particle *particle;

	if (!pool.unused)
		pool_extend();
	particle = pool.unused;
	pool.unused = particle->next;
	pool.taken++;
	memset(particle, 0, sizeof *particle);
	return particle;
}

static void emit(unsigned count)
{
	while (count-- > 0) {
		struct particle *particle = pool_take();

		particle->age = (unsigned)pick(30);
		particle->next = flying;
		flying = particle;
	}
}

static void age(bool smoke)
{
	struct particle **link = &flying;

	while (*link) {
		struct particle *particle = *link;

		if (++particle->age < 50) {
			link = &particle->next;
			continue;
		}
		*link = particle->next;
		if (smoke && pick(3) == 0)
			continue;
		particle->next = pool.unused;
		pool.unused = particle;
	}
}

int main(int argc, char **argv)
{
	enum { FOUNTAIN, FIREWORKS, SMOKE };
	int mode = rounds_begin(argc, argv, "fountain fireworks smoke");

	while (next_round()) {
		if (mode == FIREWORKS)
			emit(rounds.number % 130 == 100 ? 9000 : 10);
		else
			emit(30);
		age(mode == SMOKE);
	}
	printf("%lu taken\n", pool.taken);
	return 0;
}
