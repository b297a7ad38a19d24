/*
 * The event bus of listeners_leak.c repaired: it holds widgets by weak handles.
 *
 * A handle is a slot number and the generation of the slot's tenant. Closing a widget ends its
 * generation; the bus drops listeners whose handle leads nowhere when it next publishes. silt
 * should have nothing to report.
 *
 * Usage: listeners_weak [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOTS 64

struct handle {
	unsigned slot, generation;
};

static struct {
	void *object;
	unsigned generation;
} slots[SLOTS];

static struct handle handle_new(void *object)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (!slots[i].object) {
			slots[i].object = object;
			return (struct handle){i, slots[i].generation};
		}
	}
	return (struct handle){SLOTS, 0};
}

static void *handle_get(struct handle handle)
{
	return handle.slot < SLOTS && slots[handle.slot].generation == handle.generation
		       ? slots[handle.slot].object
		       : NULL;
}

static void handle_end(struct handle handle)
{
	if (handle_get(handle)) {
		slots[handle.slot].object = NULL;
		slots[handle.slot].generation++;
	}
}

struct listener {
	struct listener *next;
	void (*callback)(void *object, int theme);
	struct handle object;
};

static struct {
	struct listener *listeners;
	size_t count;
} bus;

static void bus_subscribe(void (*callback)(void *, int), struct handle object)
{
	struct listener *listener = malloc(sizeof *listener);

	if (!listener)
		return;
	listener->callback = callback;
	listener->object = object;
	listener->next = bus.listeners;
	bus.listeners = listener;
	bus.count++;
}

static void bus_publish(int theme)
{
	struct listener **link = &bus.listeners;

	while (*link) {
		struct listener *listener = *link;
		void *object = handle_get(listener->object);

		if (object) {
			listener->callback(object, theme);
			link = &listener->next;
		} else {
			*link = listener->next;
			free(listener);
			bus.count--;
		}
	}
}

struct widget {
	struct handle self;
	int theme;
	unsigned char *image;
	size_t image_size;
};

static void widget_on_theme(void *object, int theme)
{
	struct widget *widget = object;

	widget->theme = theme;
}

static struct widget *widget_new(void)
{
	struct widget *widget = malloc(sizeof *widget);

	if (!widget)
		return NULL;
	widget->image_size = 1500;
	widget->image = malloc(widget->image_size);
	if (widget->image)
		memset(widget->image, 0x7f, widget->image_size);
	widget->self = handle_new(widget);
	bus_subscribe(widget_on_theme, widget->self);
	return widget;
}

static void widget_free(struct widget *widget)
{
	if (!widget)
		return;
	handle_end(widget->self);
	free(widget->image);
	free(widget);
}

static void show_dialog(int buttons)
{
	struct widget *dialog[8];

	for (int i = 0; i < buttons; i++)
		dialog[i] = widget_new();
	bus_publish(buttons);
	for (int i = 0; i < buttons; i++)
		widget_free(dialog[i]);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20, pause = argc > 2 ? atoi(argv[2]) : 50;

	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < 20; i++)
			show_dialog(5);
		usleep((useconds_t)pause * 1000);
	}
	bus_publish(0);
	printf("%zu listeners\n", bus.count);
	return 0;
}
