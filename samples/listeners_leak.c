/*
 * An event bus whose widgets subscribe and never unsubscribe.
 *
 * The window forgets its closed widgets, but the bus still has their callbacks, and through the
 * context pointers the widgets themselves with their images. silt diff names widget_new and
 * bus_subscribe; the kind is `listener-leak`: callback widget_on_theme, held by the global `bus`.
 * listeners_weak.c is the repaired twin.
 *
 * Usage: listeners_leak [ROUNDS] [MILLISECONDS PER ROUND]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct listener {
	struct listener *next;
	void (*callback)(void *context, int theme);
	void *context;
};

static struct {
	struct listener *listeners;
	size_t count;
} bus;

static void bus_subscribe(void (*callback)(void *, int), void *context)
{
	struct listener *listener = malloc(sizeof *listener);

	if (!listener)
		return;
	listener->callback = callback;
	listener->context = context;
	listener->next = bus.listeners;
	bus.listeners = listener;
	bus.count++;
}

static void bus_publish(int theme)
{
	for (struct listener *listener = bus.listeners; listener; listener = listener->next)
		listener->callback(listener->context, theme);
}

struct widget {
	int theme;
	unsigned char *image;
	size_t image_size;
};

static void widget_on_theme(void *context, int theme)
{
	struct widget *widget = context;

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
	bus_subscribe(widget_on_theme, widget);
	return widget;
}

/* The window closes its widgets by forgetting them: "the last reference goes, so they go". */
static void show_dialog(int buttons)
{
	struct widget *dialog[8];

	for (int i = 0; i < buttons; i++)
		dialog[i] = widget_new();
	bus_publish(buttons);
	memset(dialog, 0, sizeof dialog);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20, pause = argc > 2 ? atoi(argv[2]) : 50;

	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < 20; i++)
			show_dialog(5);
		usleep((useconds_t)pause * 1000);
	}
	printf("%zu listeners\n", bus.count);
	return 0;
}
