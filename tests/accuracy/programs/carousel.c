/*
 * Horses of a carousel in rings.
 *
 * rings: a ring is forgotten as a whole; taken: its horses are freed; single: a horse taken out of
 * its ring points to itself, and is forgotten; pairs: rider and horse know each other, both are
 * forgotten; waiting: the rings wait in one long list.
 */
#include "rounds.h"

struct horse {
	struct horse *next, *previous;
	struct rider *rider;
	unsigned colour;
	char name[60];
};

struct rider {
	char name[100];
	struct horse *horse;
};

struct turn {
	struct turn *next;
	struct horse *first;
};

static struct horse *standing;
static struct turn *turns, **turns_end = &turns;
static unsigned turn_count;
static unsigned long colours;

static struct horse *horse_paint(unsigned colour)
{
	struct horse *horse = checked(calloc(1, sizeof *horse));

	horse->next = horse->previous = horse;
	horse->colour = colour;
	snprintf(horse->name, sizeof horse->name, "horse %u", colour);
	return horse;
}

static struct rider *rider_mount(struct horse *horse)
{
	struct rider *rider = checked(calloc(1, sizeof *rider));

	rider->horse = horse;
	horse->rider = rider;
	return rider;
}

static void horse_after(struct horse *first, struct horse *horse)
{
	horse->next = first->next;
	horse->previous = first;
	first->next->previous = horse;
	first->next = horse;
}

static struct horse *horse_out(struct horse *horse)
{
	horse->next->previous = horse->previous;
	horse->previous->next = horse->next;
	horse->next = horse->previous = horse;
	return horse;
}

static struct horse *ring_build(unsigned size)
{
	struct horse *first = horse_paint(0);

	while (--size > 0)
		horse_after(first, horse_paint(size));
	return first;
}

static void ring_free(struct horse *first)
{
	while (first->next != first)
		free(horse_out(first->next));
	free(first);
}

static void turn_add(struct horse *first)
{
	struct turn *turn = checked(malloc(sizeof *turn));

	turn->first = first;
	turn->next = NULL;
	*turns_end = turn;
	turns_end = &turn->next;
	turn_count++;
}

static void turn_end(void)
{
	struct turn *turn = turns;

	turns = turn->next;
	if (!turns)
		turns_end = &turns;
	ring_free(turn->first);
	free(turn);
	turn_count--;
}

int main(int argc, char **argv)
{
	enum { RINGS, TAKEN, SINGLE, PAIRS, WAITING };
	int mode = rounds_begin(argc, argv, "rings taken single pairs waiting");

	standing = ring_build(50);
	while (next_round()) {
		if (mode == RINGS || mode == TAKEN) {
			struct horse *ring = ring_build(2 + (unsigned)pick(6));

			colours += ring->next->colour;
			if (mode == TAKEN)
				ring_free(ring);
		} else if (mode == SINGLE) {
			for (unsigned i = 0; i < 3; i++) {
				struct horse *horse = horse_out(standing->next);

				colours += horse->colour;
				if (i > 0)
					free(horse);
				horse_after(standing->previous, horse_paint(i));
			}
		} else if (mode == PAIRS) {
			colours += rider_mount(horse_paint((unsigned)pick(9)))->horse->colour;
		} else {
			turn_add(ring_build(4));
			while (turn_count > 60)
				turn_end();
		}
	}
	printf("%lu\n", colours);
	return 0;
}
