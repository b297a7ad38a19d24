"""Containers of the C++ library and of GLib, with the same functions as those in C."""
from .containers import Container


def keyed_map(name, of, header):
    """A map of the C++ library from the key to the item."""
    return Container(name, """
struct $box {
	""" + of + """ $all;
	uint64_t $count = 0;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	b->$all[it->$key] = it;
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	auto at = b->$all.find(key);

	return at == b->$all.end() ? nullptr : at->second;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	auto at = b->$all.find(key);
	struct $item *it = nullptr;

	if (at == b->$all.end())
		return it;
	it = at->second;
	b->$all.erase(at);
	b->$count--;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (auto at = b->$all.begin(); at != b->$all.end();) {
		if (!$goes(at->second, before)) {
			++at;
			continue;
		}
		$unmake(at->second);
		at = b->$all.erase(at);
		b->$count--;
	}
}
""", allocates=("add",), can="take sweep find keyed", headers=(header,), walk="for (auto &pair : b->$all)\n\t\t$call(pair.second);",
                     shape="tree" if header == "map" else "hash")


def shared_map(name, of, header, key):
    """The same with shared pointers and keys that are strings."""
    return Container(name, """
struct $box {
	""" + of + """ $all;
	uint64_t $count = 0;
};

static """ + key + """ $key_of(uint64_t key)
{
	""" + ("return key;" if key == "uint64_t" else "return \"entry number \" + std::to_string(key);") + """
}

ATTR static void $add(struct $box *b, struct $item *it)
{
	b->$all[$key_of(it->$key)] = std::shared_ptr<struct $item>(it, $unmake);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	auto at = b->$all.find($key_of(key));

	return at == b->$all.end() ? nullptr : at->second.get();
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	b->$count -= b->$all.erase($key_of(key));
	return nullptr;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (auto at = b->$all.begin(); at != b->$all.end();) {
		if (!$goes(at->second.get(), before)) {
			++at;
			continue;
		}
		at = b->$all.erase(at);
		b->$count--;
	}
}
""", allocates=("add", "key_of"), can="take sweep find keyed", headers=(header, "memory", "string"),
                     shape="tree" if header == "map" else "hash")


def sequence(name, of, header, front, value="it", raw="at"):
    """A sequence of the C++ library; the oldest is at the front."""
    return Container(name, """
struct $box {
	""" + of + """ $all;
	uint64_t $count = 0;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	b->$all.push_back(""" + value + """);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	int steps = 0;

	for (auto &at : b->$all) {
		if (""" + raw + """->$key == key)
			return """ + raw + """;
		if (++steps == 50)
			break;
	}
	return nullptr;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it = nullptr;

	(void)key;
	if (b->$all.empty())
		return it;
	""" + front + """
	b->$count--;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (auto &at : b->$all)
		if ($goes(""" + raw + """, before))
			$unmake(""" + raw + """), at = nullptr;
	b->$all.erase(std::remove(b->$all.begin(), b->$all.end(), nullptr), b->$all.end());
	b->$count = b->$all.size();
}
""", allocates=("add",), can="take sweep find", headers=(header, "algorithm"), walk="for (auto &at : b->$all)\n\t\t$call(at);",
                     shape="list" if header == "list" else "array")


ALL_CXX = [
    keyed_map("std::unordered_map", "std::unordered_map<uint64_t, struct $item *>", "unordered_map"),
    keyed_map("std::map", "std::map<uint64_t, struct $item *>", "map"),
    shared_map("std::unordered_map of shared_ptr", "std::unordered_map<uint64_t, std::shared_ptr<struct $item>>",
               "unordered_map", "uint64_t"),
    shared_map("std::map of strings and shared_ptr", "std::map<std::string, std::shared_ptr<struct $item>>", "map",
               "std::string"),
    sequence("std::vector", "std::vector<struct $item *>", "vector", "it = b->$all.back();\n\tb->$all.pop_back();"),
    sequence("std::list", "std::list<struct $item *>", "list", "it = b->$all.front();\n\tb->$all.pop_front();"),
    sequence("std::deque", "std::deque<struct $item *>", "deque", "it = b->$all.front();\n\tb->$all.pop_front();"),
]
ALL_CXX[4].can.discard("take")  # the youngest would go, the oldest stay

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

ALL_GLIB = [G_LIST, G_QUEUE, G_HASH, G_ARRAY]
