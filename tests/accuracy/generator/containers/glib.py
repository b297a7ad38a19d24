"""Containers of GLib."""
from .base import Container

G_LIST = Container("GList", """
struct $box {
	GList *$all;
	unsigned $count;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	b->$all = g_list_prepend(b->$all, it);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	GList *at = b->$all;

	for (int i = 0; at && i < 50; i++, at = at->next)
		if (((struct $item *)at->data)->$key == key)
			return (struct $item *)at->data;
	return NULL;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	(void)b;
	(void)key;
	return NULL;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (GList *at = b->$all, *next; at; at = next) {
		next = at->next;
		if (!$goes((struct $item *)at->data, before))
			continue;
		$unmake((struct $item *)at->data);
		b->$all = g_list_delete_link(b->$all, at);
		b->$count--;
	}
}
""", allocates=("add",), can="sweep find", walk="for (GList *at = b->$all; at; at = at->next)\n\t\t$call((struct $item *)at->data);",
                   shape="list")

G_QUEUE = Container("GQueue", """
struct $box {
	GQueue *$all;
	unsigned $count;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	if (!b->$all)
		b->$all = g_queue_new();
	g_queue_push_tail(b->$all, it);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	GList *at = b->$all ? b->$all->tail : NULL;

	for (int i = 0; at && i < 50; i++, at = at->prev)
		if (((struct $item *)at->data)->$key == key)
			return (struct $item *)at->data;
	return NULL;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it = b->$all ? (struct $item *)g_queue_pop_head(b->$all) : NULL;

	(void)key;
	b->$count -= it != NULL;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (GList *at = b->$all ? b->$all->head : NULL, *next; at; at = next) {
		next = at->next;
		if (!$goes((struct $item *)at->data, before))
			continue;
		$unmake((struct $item *)at->data);
		g_queue_delete_link(b->$all, at);
		b->$count--;
	}
}
""", allocates=("add",), can="take sweep find",
                    walk="for (GList *at = b->$all ? b->$all->head : NULL; at; at = at->next)\n\t\t$call((struct $item *)at->data);",
                    shape="list")

G_HASH = Container("GHashTable", """
struct $box {
	GHashTable *$all;
	unsigned $count;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	if (!b->$all)
		b->$all = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_hash_table_insert(b->$all, &it->$key, it);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	return b->$all ? (struct $item *)g_hash_table_lookup(b->$all, &key) : NULL;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it = $find(b, key);

	if (!it)
		return NULL;
	g_hash_table_remove(b->$all, &key);
	b->$count--;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	GHashTableIter iter;
	gpointer value;

	if (!b->$all)
		return;
	g_hash_table_iter_init(&iter, b->$all);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		if (!$goes((struct $item *)value, before))
			continue;
		g_hash_table_iter_remove(&iter);
		$unmake((struct $item *)value);
		b->$count--;
	}
}
""", allocates=("add",), can="take sweep find keyed", shape="hash")

G_ARRAY = Container("GPtrArray", """
struct $box {
	GPtrArray *$all;
	unsigned $count;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	if (!b->$all)
		b->$all = g_ptr_array_new();
	g_ptr_array_add(b->$all, it);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	for (guint i = b->$count; i > 0 && b->$count - i < 50; i--)
		if (((struct $item *)b->$all->pdata[i - 1])->$key == key)
			return (struct $item *)b->$all->pdata[i - 1];
	return NULL;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it;

	if (!b->$count)
		return NULL;
	it = (struct $item *)g_ptr_array_remove_index_fast(b->$all, (guint)(key % b->$count));
	b->$count--;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (guint i = b->$count; i > 0; i--) {
		struct $item *it = (struct $item *)b->$all->pdata[i - 1];

		if (!$goes(it, before))
			continue;
		g_ptr_array_remove_index_fast(b->$all, i - 1);
		$unmake(it);
		b->$count--;
	}
}
""", allocates=("add",), can="take sweep find", walk="for (guint i = 0; i < b->$count; i++)\n\t\t$call((struct $item *)b->$all->pdata[i]);",
                    shape="array")

ALL = [G_LIST, G_QUEUE, G_HASH, G_ARRAY]
