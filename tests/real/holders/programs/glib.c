/*
 * Mistakes with GLib: signal handlers that stay connected, sources that are never removed, a hash
 * table and a queue without a bound.
 *   glib handlers|sources|table|queue SECONDS
 */
#include <glib-object.h>
#include <stdlib.h>
#include <string.h>

static GObject *bus;
static GHashTable *sessions;
static GQueue *waiting;
static guint number;

struct view {
	char text[48];
};

static void on_changed(GObject *object, GParamSpec *spec, gpointer data)
{
	struct view *view = data;

	view->text[0] = object && spec ? 'x' : 'y';
}

static gboolean on_time(gpointer data)
{
	return data ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean handler(gpointer unused)
{
	(void)unused;
	g_signal_connect(bus, "notify", G_CALLBACK(on_changed), g_new0(struct view, 1));
	return G_SOURCE_CONTINUE;
}

static gboolean source(gpointer unused)
{
	(void)unused;
	g_timeout_add_seconds(3600, on_time, g_new0(struct view, 1));
	return G_SOURCE_CONTINUE;
}

static gboolean table(gpointer unused)
{
	(void)unused;
	g_hash_table_insert(sessions, g_strdup_printf("session-%u", number++),
			    g_new0(struct view, 1));
	return G_SOURCE_CONTINUE;
}

static gboolean queue(gpointer unused)
{
	(void)unused;
	g_queue_push_tail(waiting, g_new0(struct view, 1));
	return G_SOURCE_CONTINUE;
}

static gboolean quit(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	const char *what = argc > 1 ? argv[1] : "";

	bus = g_object_new(G_TYPE_OBJECT, NULL);
	sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	waiting = g_queue_new();
	g_timeout_add(2,
		      strcmp(what, "handlers") == 0  ? handler
		      : strcmp(what, "sources") == 0 ? source
		      : strcmp(what, "table") == 0   ? table
						     : queue,
		      NULL);
	g_timeout_add_seconds(argc > 2 ? (guint)atoi(argv[2]) : 1, quit, loop);
	g_main_loop_run(loop);
	return 0;
}
