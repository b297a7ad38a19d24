/*
 * What grows hangs in a list or tree whose links lie in the elements, as the macros of BSD, uthash
 * and Linux make them. The argument says which; for tests/e2e/containers.sh.
 */
#include <bsd/sys/tree.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#define ELEMENTS 400
#define CHAINS 16

struct list_head {
	struct list_head *next, *prev;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};
/* as Wayland has it: the links in the other order */
struct wl_list {
	struct wl_list *prev, *next;
};

struct parcel {
	char *note;
	long weight;
	TAILQ_ENTRY(parcel) by_route;
	TAILQ_ENTRY(parcel) by_age;
};
struct lease {
	long address;
	LIST_ENTRY(lease) chain;
	char *note;
};
struct report {
	char *note;
	STAILQ_ENTRY(report) later;
};
struct draft {
	long number;
	SLIST_ENTRY(draft) older;
	char *note;
};
struct station {
	RB_ENTRY(station) place;
	long kilometre;
	char *note;
};
struct voter {
	char *note;
	long number;
	UT_hash_handle by_name;
	UT_hash_handle by_number;
	char name[24];
};
struct plugin {
	char *note;
	struct list_head inside;
};
struct seat {
	long number;
	struct wl_list link;
	char *note;
};
struct route {
	long number;
	char *note;
	struct hlist_node same_hash;
};

struct depot {
	long number;
	TAILQ_HEAD(, parcel) parcels;
	LIST_HEAD(, lease) leases[CHAINS];
	STAILQ_HEAD(, report) reports;
	SLIST_HEAD(, draft) drafts;
	RB_HEAD(line, station) line;
	struct voter *voters, *numbers;
	struct list_head plugins;
	struct wl_list seats;
	struct hlist_head routes[CHAINS];
};

static int station_order(struct station *a, struct station *b)
{
	return a->kilometre < b->kilometre ? -1 : a->kilometre > b->kilometre;
}

RB_PROTOTYPE(line, station, place, station_order)
RB_GENERATE(line, station, place, station_order)

static struct depot *depot;

static void *with_note(size_t size, size_t note)
{
	char *element = calloc(1, size), *text = malloc(40);

	memcpy(element + note, &text, sizeof text);
	return element;
}

#define NEW(type) with_note(sizeof(struct type), offsetof(struct type, note))

static void add_parcel(void)
{
	struct parcel *parcel = NEW(parcel);

	TAILQ_INSERT_TAIL(&depot->parcels, parcel, by_route);
}

static void add_lease(long number)
{
	struct lease *lease = NEW(lease);

	LIST_INSERT_HEAD(&depot->leases[number % CHAINS], lease, chain);
}

static void add_report(void)
{
	struct report *report = NEW(report);

	STAILQ_INSERT_TAIL(&depot->reports, report, later);
}

static void add_draft(void)
{
	struct draft *draft = NEW(draft);

	SLIST_INSERT_HEAD(&depot->drafts, draft, older);
}

static void add_station(long number)
{
	struct station *station = NEW(station);

	station->kilometre = number * 7919 % 1009;
	RB_INSERT(line, &depot->line, station);
}

static void add_voter(long number)
{
	struct voter *voter = NEW(voter);

	voter->number = number;
	snprintf(voter->name, sizeof voter->name, "voter %ld", number);
	HASH_ADD(by_name, depot->voters, name, strlen(voter->name), voter);
	HASH_ADD(by_number, depot->numbers, number, sizeof voter->number, voter);
}

static void add_plugin(void)
{
	struct plugin *plugin = NEW(plugin);

	plugin->inside = (struct list_head){&depot->plugins, depot->plugins.prev};
	depot->plugins.prev->next = &plugin->inside;
	depot->plugins.prev = &plugin->inside;
}

static void add_seat(void)
{
	struct seat *seat = NEW(seat);

	seat->link = (struct wl_list){&depot->seats, depot->seats.next};
	depot->seats.next->prev = &seat->link;
	depot->seats.next = &seat->link;
}

static void add_route(long number)
{
	struct route *route = NEW(route);
	struct hlist_head *head = &depot->routes[number % CHAINS];

	route->same_hash = (struct hlist_node){head->first, &head->first};
	if (head->first)
		head->first->pprev = &route->same_hash.next;
	head->first = &route->same_hash;
}

static void add(const char *mode, long number)
{
	if (strcmp(mode, "TAILQ") == 0)
		add_parcel();
	if (strcmp(mode, "LIST") == 0)
		add_lease(number);
	if (strcmp(mode, "STAILQ") == 0)
		add_report();
	if (strcmp(mode, "SLIST") == 0)
		add_draft();
	if (strcmp(mode, "RB") == 0)
		add_station(number);
	if (strcmp(mode, "uthash") == 0)
		add_voter(number);
	if (strcmp(mode, "list_head") == 0)
		add_plugin();
	if (strcmp(mode, "wl_list") == 0)
		add_seat();
	if (strcmp(mode, "hlist") == 0)
		add_route(number);
}

int main(int argc, char **argv)
{
	depot = calloc(1, sizeof *depot);
	TAILQ_INIT(&depot->parcels);
	STAILQ_INIT(&depot->reports);
	depot->plugins = (struct list_head){&depot->plugins, &depot->plugins};
	depot->seats = (struct wl_list){&depot->seats, &depot->seats};
	for (long i = 0; i < ELEMENTS; i++)
		add(argc > 1 ? argv[1] : "", i);
	return 0;
}
