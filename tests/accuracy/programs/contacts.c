/*
 * Contacts in GLib's containers.
 *
 * book: a GHashTable that keeps everybody; recent: it is emptied when it has 600; groups: a GList
 * is freed but not the names in it; invitations: a GQueue with turnover; sorted: a GTree that keeps
 * everybody, from main's stack. Libraries: glib-2.0
 */
#include "rounds.h"
#include <glib.h>

static GHashTable *book;
static GQueue *invitations;

static char *contact_name(unsigned number)
{
	return g_strdup_printf("contact %u of the whole wide world, and what is known about them",
			       number);
}

static gpointer contact_card(unsigned number)
{
	unsigned *card = g_malloc0(220);

	*card = number;
	return card;
}

static void group_print(unsigned first)
{
	GList *group = NULL;

	for (unsigned i = 0; i < 6; i++)
		group = g_list_prepend(group, contact_name(first + i));
	g_list_free(group);
}

static gint by_number(gconstpointer a, gconstpointer b, gpointer data)
{
	(void)data;
	return GPOINTER_TO_INT(a) - GPOINTER_TO_INT(b);
}

int main(int argc, char **argv)
{
	enum { BOOK, RECENT, GROUPS, INVITATIONS, SORTED };
	int mode = rounds_begin(argc, argv, "book recent groups invitations sorted");
	GTree *sorted = g_tree_new_full(by_number, NULL, NULL, g_free);
	unsigned number = 0;

	book = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	invitations = g_queue_new();
	while (next_round()) {
		for (int i = 0; i < 3; i++, number++) {
			if (mode == BOOK || mode == RECENT) {
				g_hash_table_insert(book, contact_name(number),
						    contact_card(number));
				if (mode == RECENT && g_hash_table_size(book) >= 600)
					g_hash_table_remove_all(book);
			} else if (mode == INVITATIONS) {
				g_queue_push_tail(invitations, contact_name(number));
				if (g_queue_get_length(invitations) > 150)
					g_free(g_queue_pop_head(invitations));
			} else if (mode == SORTED) {
				g_tree_insert(sorted, GINT_TO_POINTER(number),
					      contact_card(number));
			}
		}
		if (mode == GROUPS)
			group_print(number);
	}
	printf("%u contacts, %d sorted\n", number, g_tree_nnodes(sorted));
	return 0;
}
