/*
 * One list, ring, array, hash table and tree beside the other, each of which grows; registries of
 * listeners, and what only looks like one. Two of them are members of one object. It takes its
 * snapshots itself, so that a busy machine changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "silt.h"

#define NOINLINE __attribute__((noinline))

static unsigned long uses;

static void *make(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		exit(1);
	return memory;
}

/* -- shapes: nothing here has a callback -- */

struct node {
	struct node *next;
	long value[3];
};
static struct node *stack;

static NOINLINE void add_list(long n)
{
	struct node *node = make(sizeof *node);

	node->value[0] = n;
	node->next = stack;
	stack = node;
}

struct twin {
	struct twin *next, *previous;
	long value[2];
};
static struct {
	struct twin *first, *last;
} twins;

static NOINLINE void add_double_list(long n)
{
	struct twin *twin = make(sizeof *twin);

	twin->value[0] = n;
	twin->previous = twins.last;
	if (twins.last)
		twins.last->next = twin;
	else
		twins.first = twin;
	twins.last = twin;
}

struct link {
	struct link *forth, *back;
};
struct bead {
	long value[2];
	struct link link;
};
static struct link necklace = {&necklace, &necklace};

static NOINLINE void add_ring(long n)
{
	struct bead *bead = make(sizeof *bead);

	bead->value[0] = n;
	bead->link.back = necklace.back;
	bead->link.forth = &necklace;
	necklace.back->forth = &bead->link;
	necklace.back = &bead->link;
}

static long **rows;
static size_t row_count, row_room;

static NOINLINE void add_array(long n)
{
	if (row_count == row_room) {
		row_room += 4096;
		rows = realloc(rows, row_room * sizeof *rows);
		if (!rows)
			exit(1);
	}
	rows[row_count] = make(40);
	rows[row_count++][1] = n;
}

struct entry {
	struct entry *next;
	unsigned long key;
	char value[32];
};
static struct entry *buckets[4096];

static NOINLINE void add_hash(long n)
{
	struct entry *entry = make(sizeof *entry),
		     **at = &buckets[(unsigned long)n * 2654435761u >> 7 & 4095];

	entry->key = (unsigned long)n;
	entry->next = *at;
	*at = entry;
}

struct leaf {
	struct leaf *left, *right;
	unsigned long key;
};
static struct leaf *tree;

static NOINLINE void add_tree(long n)
{
	struct leaf **at = &tree;
	unsigned long key = (unsigned long)n * 2654435761u % 1000003;

	while (*at)
		at = key < (*at)->key ? &(*at)->left : &(*at)->right;
	*at = make(sizeof **at);
	(*at)->key = key;
}

/* -- one mistake that two structures hold: both are members of one object -- */

struct member {
	unsigned long key;
	char name[40];
};
struct seat {
	struct seat *next;
	struct member *member;
};
struct index_node {
	struct index_node *left, *right;
	struct member *member;
};
static struct {
	struct seat *seats;
	long opened;
	struct index_node *index;
} room;

static NOINLINE void add_member(long n)
{
	struct member *member = make(sizeof *member);
	struct seat *seat = make(sizeof *seat);
	struct index_node **at = &room.index;

	member->key = (unsigned long)n * 2654435761u % 1000003;
	seat->member = member;
	seat->next = room.seats;
	room.seats = seat;
	room.opened++;
	while (*at)
		at = member->key < (*at)->member->key ? &(*at)->left : &(*at)->right;
	*at = make(sizeof **at);
	(*at)->member = member;
}

/* a table of keys and one of values, with the same places */
#define FIRST_PLACES 64
struct pairs {
	unsigned long places, used;
	long **keys, **values;
};
static struct pairs *pairs;

static void put_pair(long *key, long *value)
{
	unsigned long place = (unsigned long)*key * 2654435761u >> 5 & (pairs->places - 1);

	while (pairs->keys[place])
		place = (place + 1) & (pairs->places - 1);
	pairs->keys[place] = key;
	pairs->values[place] = value;
}

static void enlarge_pairs(void)
{
	long **keys = pairs->keys, **values = pairs->values;
	unsigned long places = pairs->places;

	pairs->places = places ? places * 2 : FIRST_PLACES;
	pairs->keys = make(pairs->places * sizeof *keys);
	pairs->values = make(pairs->places * sizeof *values);
	for (unsigned long i = 0; i < places; i++)
		if (keys[i])
			put_pair(keys[i], values[i]);
	free(keys);
	free(values);
}

static NOINLINE void add_pair(long n)
{
	long *key = make(sizeof *key);
	long *value = make(7 * sizeof *value);

	*key = n;
	if (!pairs)
		pairs = make(sizeof *pairs);
	if (pairs->used * 2 >= pairs->places)
		enlarge_pairs();
	pairs->used++;
	put_pair(key, value);
}

/* -- listeners -- */

static NOINLINE void on_change(void *context)
{
	uses += *(unsigned char *)context;
}

struct operations {
	int version;
	void (*changed)(void *);
	const char *name;
};
static const struct operations operations = {1, on_change, "observer"};

/* Operations and state in one record. */
struct observer {
	struct observer *next;
	const struct operations *does;
	char state[80];
};

static NOINLINE struct observer *add_observer(long n, struct observer *next)
{
	struct observer *observer = make(sizeof *observer);

	observer->does = &operations;
	observer->state[0] = (char)n;
	observer->next = next;
	return observer;
}

/* The function is two levels below the record. */
struct closure {
	void (*call)(void *);
	void *data;
};
struct handler {
	struct closure *closure;
	long id;
};
struct slot {
	struct slot *next;
	struct handler *handler;
};
static struct slot *slots;

static NOINLINE void add_slot(long n)
{
	struct slot *slot = make(sizeof *slot);

	slot->handler = make(sizeof *slot->handler);
	slot->handler->id = n;
	slot->handler->closure = make(sizeof *slot->handler->closure);
	slot->handler->closure->call = on_change;
	slot->handler->closure->data = make(24);
	slot->next = slots;
	slots = slot;
}

/* -- no listeners -- */

/* A session has a callback beside much else. */
struct session {
	struct session *next;
	char *user, *input, *output;
	void (*closed)(void *);
	long socket;
};
static struct session *sessions;

static NOINLINE void add_session(long n)
{
	struct session *session = make(sizeof *session);

	session->user = make(20);
	session->input = make(100);
	session->output = make(120);
	session->closed = on_change;
	session->socket = n;
	session->next = sessions;
	sessions = session;
}

/* What is found by a key is a cache, also with operations. */
struct glyph {
	struct glyph *next;
	const struct operations *does;
	unsigned long key;
};

/* One object with two members: each is a holder of its own. */
static struct {
	struct glyph *glyphs[1024];
	struct observer *observers;
} app;

static NOINLINE void add_glyph(long n)
{
	struct glyph *glyph = make(sizeof *glyph),
		     **at = &app.glyphs[(unsigned long)n * 2654435761u >> 7 & 1023];

	glyph->does = &operations;
	glyph->key = (unsigned long)n;
	glyph->next = *at;
	*at = glyph;
}

/* -- one line that many callers lead to, by call stacks that come back seldom -- */

struct name {
	struct name *next;
	long text;
};
static struct name *names[256];

static NOINLINE void add_name(long n)
{
	struct name *name = make(sizeof *name),
		    **at = &names[(unsigned long)n * 2654435761u >> 7 & 255];

	name->text = n;
	name->next = *at;
	*at = name;
}

static NOINLINE void call_nested(long n, unsigned depth, unsigned long way);
#define WAY(number)                                                                                \
	static NOINLINE void way_##number(long n, unsigned depth, unsigned long way)               \
	{                                                                                          \
		call_nested(n, depth, way + (number));                                             \
	}
WAY(0)
WAY(1)
WAY(2)
WAY(3)

static NOINLINE void call_nested(long n, unsigned depth, unsigned long way)
{
	static void (*const ways[])(long, unsigned, unsigned long) = {way_0, way_1, way_2, way_3};

	if (depth == 0)
		add_name(n);
	else
		ways[way & 3](n, depth - 1, way >> 2);
}

/* -- what is in a list and found by a key, too -- */

struct calling {
	long references;
	void (*function)(void *);
	void *context;
};
struct timer {
	struct timer *next, *previous, *chain;
	unsigned long id;
	struct calling *calling;
};
static struct timer *timers, *timers_by_id[4096];

static NOINLINE void add_timer(long n)
{
	struct timer *timer = make(sizeof *timer),
		     **at = &timers_by_id[(unsigned long)n * 2654435761u >> 7 & 4095];

	timer->id = (unsigned long)n;
	timer->calling = make(sizeof *timer->calling);
	timer->calling->function = on_change;
	timer->calling->context = make(20);
	timer->chain = *at;
	*at = timer;
	timer->next = timers;
	if (timers)
		timers->previous = timer;
	timers = timer;
}

/* a cache that drops the least recently used one, some time */
struct cached {
	struct cached *newer, *older, *chain;
	unsigned long key;
	void (*drop)(void *);
	void *value;
};
static struct cached *newest, *cached[4096];

static NOINLINE void add_cached(long n)
{
	struct cached *one = make(sizeof *one),
		      **at = &cached[(unsigned long)n * 2654435761u >> 7 & 4095];

	one->key = (unsigned long)n;
	one->drop = on_change;
	one->value = make(90);
	one->chain = *at;
	*at = one;
	one->older = newest;
	if (newest)
		newest->newer = one;
	newest = one;
}

/* Ever fewer are new by the many ways, as many as ever by the few: the line as a whole slows
 * down. */
static void add_names(long n)
{
	unsigned long way = (unsigned long)n * 2654435761u;

	add_name(n);
	call_nested(n, 1, way);
	if (way % (unsigned long)(n + 100) < 100)
		call_nested(n, 6, way);
}

#define SNAPSHOTS 24
#define BETWEEN 80

int main(void)
{
	for (long n = 0; n < SNAPSHOTS * BETWEEN; n++) {
		add_list(n);
		add_double_list(n);
		add_ring(n);
		add_array(n);
		add_hash(n);
		add_tree(n);
		add_member(n);
		add_timer(n);
		add_cached(n);
		add_pair(n);
		add_slot(n);
		add_session(n);
		add_glyph(n);
		add_names(n);
		app.observers = add_observer(n, app.observers);
		for (struct observer *o = app.observers; o && n % 100 == 0; o = o->next)
			o->does->changed(o->state);
		silt_iteration();
		usleep(100);
		if (n % BETWEEN == BETWEEN - 1)
			silt_snapshot(NULL);
	}
	printf("%ld %ld %ld %zu %ld %lu\n", stack->value[0], twins.last->value[0],
	       slots->handler->id, row_count, sessions->socket, uses);
	return 0;
}
