/* Loaded by observers.c: keeps who observes an object in a table by the object's address, and who
 * observes a topic in a table by its name. */
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 64 };

struct observer {
	struct observer *next;
	void (*notify)(void *context);
	void *context;
	const void *object; /* or a name */
};
struct registry {
	long count;
	const void **keys;
	struct observer **values;
};

static struct registry *registry, *topics;

void observe(void *object, void (*notify)(void *), void *context);
void observe_topic(const char *topic, void (*notify)(void *), void *context);

static struct registry *new_registry(void)
{
	struct registry *made = calloc(1, sizeof *made);

	made->keys = calloc(SLOTS, sizeof *made->keys);
	made->values = calloc(SLOTS, sizeof(struct observer *));
	return made;
}

static void add(struct registry *to, int slot, const void *key, struct observer *observer)
{
	observer->object = key;
	observer->next = to->values[slot];
	to->keys[slot] = key;
	to->values[slot] = observer;
	to->count++;
}

static struct observer *new_observer(void (*notify)(void *), void *context)
{
	struct observer *observer = calloc(1, sizeof *observer);

	observer->notify = notify;
	observer->context = context;
	return observer;
}

void observe(void *object, void (*notify)(void *), void *context)
{
	int slot = 0;

	if (!registry)
		registry = new_registry();
	while (registry->keys[slot] && registry->keys[slot] != object)
		slot++;
	add(registry, slot, object, new_observer(notify, context));
}

void observe_topic(const char *topic, void (*notify)(void *), void *context)
{
	int slot = 0;

	if (!topics)
		topics = new_registry();
	while (topics->keys[slot] && strcmp(topics->keys[slot], topic) != 0)
		slot++;
	add(topics, slot, topics->keys[slot] ? topics->keys[slot] : strdup(topic),
	    new_observer(notify, context));
}
