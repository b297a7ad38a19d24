/*
 * Panels of a desktop that follow a settings object, in GObject.
 *
 * follow: closed panels stay connected to the settings' signal; leave: they disconnect; keep: a
 * panel is referenced once more than it is given back when it was dragged; later: a closure that
 * waits for its time keeps a whole picture; soon: such closures run at once. Libraries: gobject-2.0
 * glib-2.0
 */
#include "rounds.h"
#include <glib-object.h>

typedef struct {
	GObject parent;
	unsigned width;
	char title[260];
} Panel;

typedef struct {
	GObjectClass parent;
} PanelClass;

GType panel_get_type(void);
G_DEFINE_TYPE(Panel, panel, G_TYPE_OBJECT)

static unsigned shown;

static void panel_init(Panel *panel)
{
	panel->width = 100;
}

static void panel_class_init(PanelClass *class)
{
	g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
		     G_TYPE_NONE, 0);
}

static Panel *settings;

static Panel *panel_open(void)
{
	Panel *panel = g_object_new(panel_get_type(), NULL);

	snprintf(panel->title, sizeof panel->title, "panel");
	return panel;
}

struct panel_state {
	unsigned width, height;
	unsigned char colours[700];
};

static void state_on_changed(Panel *source, gpointer data)
{
	struct panel_state *state = data;

	state->width = source->width;
}

static void panel_follow(bool leave)
{
	struct panel_state *state = g_malloc0(sizeof *state);
	gulong handler = g_signal_connect(settings, "changed", G_CALLBACK(state_on_changed), state);

	if (leave) {
		g_signal_handler_disconnect(settings, handler);
		g_free(state);
	}
}

static void panel_drag(Panel *panel, bool give_back)
{
	g_object_ref(panel);
	panel->width++;
	if (give_back)
		g_object_unref(panel);
}

struct picture {
	unsigned width, height;
	unsigned char *pixels;
};

static void picture_free(gpointer data)
{
	struct picture *picture = data;

	g_free(picture->pixels);
	g_free(picture);
}

static gboolean picture_show(gpointer data)
{
	struct picture *picture = data;

	shown += picture->width;
	return G_SOURCE_REMOVE;
}

static void picture_later(unsigned milliseconds)
{
	struct picture *picture = g_malloc0(sizeof *picture);

	picture->width = 300;
	picture->height = 200;
	picture->pixels = g_malloc0(300 * 200);
	g_timeout_add_full(G_PRIORITY_DEFAULT, milliseconds, picture_show, picture, picture_free);
}

int main(int argc, char **argv)
{
	enum { FOLLOW, LEAVE, KEEP, LATER, SOON };
	int mode = rounds_begin(argc, argv, "follow leave keep later soon");
	Panel *open[40] = {NULL};

	settings = panel_open();
	while (next_round()) {
		if (mode == FOLLOW || mode == LEAVE) {
			panel_follow(mode == LEAVE || rounds.number % 4 != 0);
			if (rounds.number % 10 == 0)
				g_signal_emit_by_name(settings, "changed");
		} else if (mode == KEEP) {
			Panel **place = &open[rounds.number % 40];

			if (*place)
				g_object_unref(*place);
			*place = panel_open();
			panel_drag(*place, rounds.number % 3 != 0);
		} else if (rounds.number % 12 == 0) {
			picture_later(mode == LATER ? 3600000 : 20);
		}
		while (g_main_context_iteration(NULL, FALSE))
			;
	}
	printf("%u shown\n", shown);
	return 0;
}
