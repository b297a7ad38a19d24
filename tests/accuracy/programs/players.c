/*
 * A game's players in intrusive lists with a sentinel.
 *
 * lobby: they come and leave; gone: those that left go to a second list that nobody empties;
 * timeout: those that time out are taken out of the list and forgotten; spectators: a flood of
 * short visits and nothing else.
 */
#include "rounds.h"
#include <stddef.h>

struct link {
	struct link *next, *previous;
};

struct player {
	unsigned id;
	struct link link;
	char name[64];
	char *inventory;
};

static struct link online = {&online, &online}, offline = {&offline, &offline};
static unsigned online_count;

static void link_before(struct link *position, struct link *link)
{
	link->next = position;
	link->previous = position->previous;
	position->previous->next = link;
	position->previous = link;
}

static void link_remove(struct link *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
	link->next = link->previous = NULL;
}

static struct player *player_of(struct link *link)
{
	return (struct player *)((char *)link - offsetof(struct player, link));
}

static struct player *player_join(unsigned id)
{
	struct player *player = checked(malloc(sizeof *player));

	player->id = id;
	snprintf(player->name, sizeof player->name, "player %u", id);
	player->inventory = checked(malloc(200 + id % 7 * 40));
	memset(player->inventory, 0, 200);
	link_before(&online, &player->link);
	online_count++;
	return player;
}

static void player_free(struct player *player)
{
	free(player->inventory);
	free(player);
}

static struct player *first_out(void)
{
	struct player *player = player_of(online.next);

	link_remove(&player->link);
	online_count--;
	return player;
}

int main(int argc, char **argv)
{
	enum { LOBBY, GONE, TIMEOUT, SPECTATORS };
	int mode = rounds_begin(argc, argv, "lobby gone timeout spectators");
	unsigned id = 0;

	while (next_round()) {
		for (int i = mode == SPECTATORS ? 400 : 8; i > 0; i--)
			player_join(id++);
		while (online_count > 500) {
			struct player *player = first_out();

			if (mode == GONE && player->id % 5 == 0)
				link_before(&offline, &player->link);
			else if (mode != TIMEOUT || player->id % 5 != 0)
				player_free(player);
		}
	}
	printf("%u online\n", online_count);
	return 0;
}
