/*
 * Halls, each with a list of guests that hear what is said in it.
 *
 * stay: whoever leaves stays on the list of the hall; leave: it is taken off.
 */
#include "rounds.h"

#define HALLS 16
#define PRESENT 8

struct hearer {
	struct hearer *next;
	void (*hear)(void *, const char *);
	void *who;
};

struct hall {
	char name[24];
	struct hearer *hearers;
};

struct guest {
	char name[40];
	int heard;
	char *plate;
	struct hall *hall;
};

static struct house {
	struct hall **halls;
} * house;

static void guest_hears(void *who, const char *what)
{
	struct guest *guest = who;

	guest->heard += what[0];
}

static void hall_listen(struct hall *hall, void (*hear)(void *, const char *), void *who)
{
	struct hearer *hearer = checked(malloc(sizeof *hearer));

	*hearer = (struct hearer){hall->hearers, hear, who};
	hall->hearers = hearer;
}

static void hall_forget(struct hall *hall, const void *who)
{
	for (struct hearer **link = &hall->hearers; *link; link = &(*link)->next) {
		struct hearer *hearer = *link;

		if (hearer->who != who)
			continue;
		*link = hearer->next;
		free(hearer);
		return;
	}
}

static void hall_say(const struct hall *hall, const char *text)
{
	char *what = checked(strdup(text));

	for (const struct hearer *hearer = hall->hearers; hearer; hearer = hearer->next)
		hearer->hear(hearer->who, what);
	free(what);
}

static struct guest *guest_come(unsigned number)
{
	struct guest *guest = checked(calloc(1, sizeof *guest));

	snprintf(guest->name, sizeof guest->name, "guest %u", number);
	guest->plate = checked(malloc(200));
	guest->hall = house->halls[pick(HALLS)];
	hall_listen(guest->hall, guest_hears, guest);
	return guest;
}

static void guest_go(struct guest *guest, bool forget)
{
	free(guest->plate);
	guest->plate = NULL;
	if (!forget)
		return;
	hall_forget(guest->hall, guest);
	free(guest);
}

int main(int argc, char **argv)
{
	enum { STAY, LEAVE };
	int mode = rounds_begin(argc, argv, "stay leave");
	struct guest *present[PRESENT] = {NULL};
	unsigned number = 0;

	house = checked(calloc(1, sizeof *house));
	house->halls = checked(calloc(HALLS, sizeof *house->halls));
	for (int i = 0; i < HALLS; i++)
		house->halls[i] = checked(calloc(1, sizeof **house->halls));
	while (next_round()) {
		struct guest **place = &present[number % PRESENT];

		if (*place)
			guest_go(*place, mode == LEAVE);
		*place = guest_come(number++);
		hall_say(house->halls[pick(HALLS)], "welcome");
	}
	printf("%u guests\n", number);
	return 0;
}
