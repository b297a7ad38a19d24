/*
 * What grows hangs in a container of GLib, which the argument names; for tests/e2e/containers.sh.
 */
#include <glib.h>
#include <string.h>

#define ELEMENTS 400

typedef struct {
	char *text;
	char more[72];
} Note;

typedef struct {
	int number;
	GList *list;
	GSList *chain;
	GQueue *queue;
	GQueue inbox;
	GPtrArray *watchers;
	GHashTable *sessions;
	GHashTable *names;
	GTree *tree;
	GSequence *sequence;
	GAsyncQueue *jobs;
	GArray *rows;
	GPtrArray *lists;
} Server;

typedef struct {
	long number;
	Note *note;
} Row;

static Server *server;

static Note *new_note(void)
{
	Note *note = g_new0(Note, 1);

	note->text = g_strnfill(40, 'x');
	return note;
}

static gint compare(gconstpointer a, gconstpointer b, gpointer data)
{
	(void)data;
	return g_strcmp0(((const Note *)a)->more, ((const Note *)b)->more);
}

static void add_to_list(const char *mode)
{
	if (strcmp(mode, "GList") == 0)
		server->list = g_list_prepend(server->list, new_note());
	if (strcmp(mode, "GSList") == 0)
		server->chain = g_slist_prepend(server->chain, new_note());
	if (strcmp(mode, "GQueue") == 0)
		g_queue_push_tail(server->queue, new_note());
	if (strcmp(mode, "inbox") == 0)
		g_queue_push_head(&server->inbox, new_note());
	if (strcmp(mode, "GAsyncQueue") == 0)
		g_async_queue_push(server->jobs, new_note());
}

static void add_to_array(const char *mode, int i)
{
	if (strcmp(mode, "GPtrArray") == 0)
		g_ptr_array_add(server->watchers, new_note());
	if (strcmp(mode, "GArray") == 0) {
		Row row = {i, new_note()};

		g_array_append_val(server->rows, row);
	}
	if (strcmp(mode, "lists") == 0)
		g_ptr_array_add(server->lists, g_list_append(NULL, new_note()));
}

static void add_to_table(const char *mode, int i)
{
	Note *note;

	if (strcmp(mode, "GHashTable") == 0)
		g_hash_table_insert(server->sessions,
				    g_strdup_printf("session with a long name %d", i), new_note());
	if (strcmp(mode, "set") == 0)
		g_hash_table_add(server->names, g_strdup_printf("a name that is longer %d", i));
	if (strcmp(mode, "GTree") == 0) {
		note = new_note();
		g_snprintf(note->more, sizeof note->more, "%d", i * 7919 % 1009);
		g_tree_insert(server->tree, note, note);
	}
	if (strcmp(mode, "GSequence") == 0)
		g_sequence_append(server->sequence, new_note());
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	server = g_new0(Server, 1);
	server->queue = g_queue_new();
	server->watchers = g_ptr_array_new();
	server->lists = g_ptr_array_new();
	server->sessions = g_hash_table_new(g_str_hash, g_str_equal);
	server->names = g_hash_table_new(g_str_hash, g_str_equal);
	server->tree = g_tree_new_full(compare, NULL, NULL, NULL);
	server->sequence = g_sequence_new(NULL);
	server->jobs = g_async_queue_new();
	server->rows = g_array_new(FALSE, FALSE, sizeof(Row));
	for (int i = 0; i < ELEMENTS; i++) {
		add_to_list(mode);
		add_to_array(mode, i);
		add_to_table(mode, i);
	}
	return 0;
}
