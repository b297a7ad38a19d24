/*
 * A key-value server in a thread, asked over a socket pair by the program's first thread.
 *
 * SET, GET, DEL and EXPIRE; a hash table that is resized step by step, and an index of what expires
 * when. fixed: as it should be; leaky: a key that is deleted or set anew stays in the index of
 * expiries until its time, which is an hour; replies: the list of what a client still has to get is
 * taken over by the next request, except for the errors in it.
 */
#include "rounds.h"
#include <pthread.h>
#include <sys/socket.h>

struct value {
	size_t length;
	char bytes[];
};

struct item {
	struct item *next;
	unsigned long hash;
	struct expiry *expiry;
	struct value *value;
	char key[];
};

struct table {
	struct item **slots;
	size_t size, count;
};

struct expiry {
	long at_ms;
	size_t place;
	char key[80];
};

struct reply {
	struct reply *next;
	bool error;
	size_t length;
	char text[];
};

static struct depot {
	struct table now, before;
	size_t moved;
	struct expiry **expiries; /* a heap, the earliest first */
	size_t expiry_count, expiry_capacity;
	struct reply *replies, **replies_end;
	unsigned long requests, errors;
	bool keep_expiries, forget_errors;
} depot;

static unsigned long hash_of(const char *key)
{
	unsigned long hash = 14695981039346656037UL;

	while (*key)
		hash = (hash ^ (unsigned char)*key++) * 1099511628211UL;
	return hash ^ hash >> 29;
}

/* The index of expiries. */

static void expiry_swap(size_t a, size_t b)
{
	struct expiry *expiry = depot.expiries[a];

	depot.expiries[a] = depot.expiries[b];
	depot.expiries[b] = expiry;
	depot.expiries[a]->place = a;
	depot.expiries[b]->place = b;
}

static void expiry_up(size_t i)
{
	while (i > 0 && depot.expiries[i]->at_ms < depot.expiries[(i - 1) / 2]->at_ms) {
		expiry_swap(i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
}

static void expiry_down(size_t i)
{
	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < depot.expiry_count;
		     child++)
			if (depot.expiries[child]->at_ms < depot.expiries[least]->at_ms)
				least = child;
		if (least == i)
			return;
		expiry_swap(i, least);
		i = least;
	}
}

static struct expiry *expiry_add(const char *key, long at_ms)
{
	struct expiry *expiry = checked(calloc(1, sizeof *expiry));

	snprintf(expiry->key, sizeof expiry->key, "%s", key);
	expiry->at_ms = at_ms;
	expiry->place = depot.expiry_count;
	if (depot.expiry_count == depot.expiry_capacity) {
		depot.expiry_capacity = depot.expiry_capacity ? depot.expiry_capacity * 2 : 128;
		depot.expiries = checked(
			realloc(depot.expiries, depot.expiry_capacity * sizeof *depot.expiries));
	}
	depot.expiries[depot.expiry_count++] = expiry;
	expiry_up(expiry->place);
	return expiry;
}

static void expiry_remove(struct expiry *expiry)
{
	size_t i = expiry->place;

	expiry_swap(i, depot.expiry_count - 1);
	depot.expiry_count--;
	if (i < depot.expiry_count) {
		expiry_up(i);
		expiry_down(i);
	}
	free(expiry);
}

/* The table. */

static struct item **table_link(struct table *table, const char *key, unsigned long hash)
{
	struct item **link;

	if (!table->size)
		return NULL;
	link = &table->slots[hash % table->size];
	while (*link && ((*link)->hash != hash || strcmp((*link)->key, key) != 0))
		link = &(*link)->next;
	return link;
}

static void table_step(void)
{
	for (int i = 0; i < 8 && depot.moved < depot.before.size; i++, depot.moved++) {
		while (depot.before.slots[depot.moved]) {
			struct item *item = depot.before.slots[depot.moved];

			depot.before.slots[depot.moved] = item->next;
			item->next = depot.now.slots[item->hash % depot.now.size];
			depot.now.slots[item->hash % depot.now.size] = item;
			depot.now.count++;
		}
	}
	if (depot.before.size && depot.moved == depot.before.size) {
		free(depot.before.slots);
		memset(&depot.before, 0, sizeof depot.before);
	}
}

static void table_widen(void)
{
	if (depot.before.size || depot.now.count < depot.now.size)
		return;
	depot.before = depot.now;
	depot.moved = 0;
	depot.now.size = depot.before.size ? depot.before.size * 2 : 64;
	depot.now.count = 0;
	depot.now.slots = checked(calloc(depot.now.size, sizeof *depot.now.slots));
}

static struct item *item_find(const char *key)
{
	unsigned long hash = hash_of(key);
	struct item **link = table_link(&depot.now, key, hash);

	if (link && *link)
		return *link;
	link = table_link(&depot.before, key, hash);
	return link ? *link : NULL;
}

static void item_let_expiry_go(struct item *item)
{
	if (item->expiry && !depot.keep_expiries)
		expiry_remove(item->expiry);
	item->expiry = NULL;
}

static bool item_delete(const char *key)
{
	struct table *tables[] = {&depot.now, &depot.before};

	for (int i = 0; i < 2; i++) {
		struct item **link = table_link(tables[i], key, hash_of(key)),
			    *item = link ? *link : NULL;

		if (item) {
			*link = item->next;
			if (i == 0)
				depot.now.count--;
			item_let_expiry_go(item);
			free(item->value);
			free(item);
			return true;
		}
	}
	return false;
}

static struct value *value_make(const char *bytes)
{
	size_t length = strlen(bytes);
	struct value *value = checked(malloc(sizeof *value + length + 1));

	value->length = length;
	memcpy(value->bytes, bytes, length + 1);
	return value;
}

static void item_set(const char *key, const char *bytes)
{
	struct item *item = item_find(key);
	size_t length = strlen(key);

	if (item) {
		free(item->value);
		item->value = value_make(bytes);
		item_let_expiry_go(item);
		return;
	}
	table_widen();
	item = checked(calloc(1, sizeof *item + length + 1));
	memcpy(item->key, key, length + 1);
	item->hash = hash_of(key);
	item->value = value_make(bytes);
	item->next = depot.now.slots[item->hash % depot.now.size];
	depot.now.slots[item->hash % depot.now.size] = item;
	depot.now.count++;
}

static void items_expire(void)
{
	while (depot.expiry_count && depot.expiries[0]->at_ms <= elapsed_ms()) {
		struct expiry *expiry = depot.expiries[0];
		struct item *item = item_find(expiry->key);

		if (item && item->expiry == expiry) {
			item->expiry = NULL;
			item_delete(expiry->key);
		}
		expiry_remove(expiry);
	}
}

/* Requests and replies. */

static void reply_add(bool error, const char *text)
{
	size_t length = strlen(text);
	struct reply *reply = checked(malloc(sizeof *reply + length + 1));

	reply->next = NULL;
	reply->error = error;
	reply->length = length;
	memcpy(reply->text, text, length + 1);
	*depot.replies_end = reply;
	depot.replies_end = &reply->next;
}

static void request_run(char *line)
{
	char *rest = NULL, *verb = strtok_r(line, " ", &rest), *key = strtok_r(NULL, " ", &rest);
	struct item *item;

	depot.requests++;
	if (!verb || !key) {
		reply_add(true, "error: this is not a request, or it has no key, and so there is "
				"nothing to be done");
	} else if (strcmp(verb, "SET") == 0) {
		item_set(key, rest ? rest : "");
		reply_add(false, "ok");
	} else if (strcmp(verb, "GET") == 0) {
		item = item_find(key);
		reply_add(false, item ? item->value->bytes : "nothing");
	} else if (strcmp(verb, "DEL") == 0) {
		reply_add(false, item_delete(key) ? "1" : "0");
	} else if (strcmp(verb, "EXPIRE") == 0) {
		item = item_find(key);
		if (item) {
			item_let_expiry_go(item);
			item->expiry =
				expiry_add(key, elapsed_ms() + 1000 * strtol(rest, NULL, 10));
		}
		reply_add(false, item ? "1" : "0");
	} else {
		reply_add(true, "error: the verbs are SET, GET, DEL and EXPIRE, all in capital "
				"letters, and "
				"no others");
	}
}

static void replies_send(int socket)
{
	while (depot.replies) {
		struct reply *reply = depot.replies;

		depot.replies = reply->next;
		depot.errors += reply->error;
		if (send(socket, reply->text, reply->length + 1, MSG_NOSIGNAL) < 0)
			reply->error = false;
		if (!reply->error || !depot.forget_errors)
			free(reply);
	}
	depot.replies_end = &depot.replies;
}

static void *serve(void *argument)
{
	int socket = *(int *)argument;
	char line[600];
	ssize_t length;

	depot.replies_end = &depot.replies;
	while ((length = recv(socket, line, sizeof line - 1, 0)) > 0) {
		line[length] = 0;
		request_run(line);
		items_expire();
		table_step();
		replies_send(socket);
	}
	return NULL;
}

static void ask(int socket, const char *request)
{
	char reply[600];

	if (send(socket, request, strlen(request) + 1, 0) < 0 ||
	    recv(socket, reply, sizeof reply, 0) <= 0)
		exit(1);
}

static void play_client(int socket)
{
	char request[400];
	unsigned long number = pick(700);

	snprintf(request, sizeof request, "SET key:%lu the value of %lu, %0*lu", number, number,
		 (int)(20 + pick(100)), number);
	ask(socket, request);
	snprintf(request, sizeof request, "EXPIRE key:%lu 3600", number);
	ask(socket, request);
	snprintf(request, sizeof request, "GET key:%lu", pick(700));
	ask(socket, request);
	snprintf(request, sizeof request, "%s key:%lu", pick(3) ? "DEL" : "TAKE", pick(700));
	ask(socket, request);
}

int main(int argc, char **argv)
{
	enum { FIXED, LEAKY, REPLIES };
	int mode = rounds_begin(argc, argv, "fixed leaky replies"), ends[2];
	pthread_t server;

	depot.keep_expiries = mode == LEAKY;
	depot.forget_errors = mode == REPLIES;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0 ||
	    pthread_create(&server, NULL, serve, &ends[0]) != 0)
		return 1;
	while (next_round())
		for (int i = 0; i < 4; i++)
			play_client(ends[1]);
	shutdown(ends[1], SHUT_RDWR);
	pthread_join(server, NULL);
	printf("%lu requests, %lu errors, %zu keys, %zu expiries\n", depot.requests, depot.errors,
	       depot.now.count + depot.before.count, depot.expiry_count);
	return 0;
}
