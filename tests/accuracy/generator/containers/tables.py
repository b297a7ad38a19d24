"""Hash tables in C."""
from .base import Container

CHAINED = Container("hash table with chains", """
struct $box {
	size_t $count;
	size_t $width;
	struct $item **$rows;
};

ATTR static void $widen(struct $box *b)
{
	size_t width = b->$width ? b->$width * 2 : <<width>>;
	struct $item **rows = (struct $item **)calloc(width, sizeof(*rows));

	for (size_t i = 0; i < b->$width; i++)
		for (struct $item *it = b->$rows[i], *next; it; it = next) {
			next = it->$chain;
			it->$chain = rows[it->$key * 0x9e3779b97f4a7c15u >> 20 & (width - 1)];
			rows[it->$key * 0x9e3779b97f4a7c15u >> 20 & (width - 1)] = it;
		}
	free(b->$rows);
	b->$rows = rows;
	b->$width = width;
}

static struct $item **$row(struct $box *b, uint64_t key)
{
	return &b->$rows[key * 0x9e3779b97f4a7c15u >> 20 & (b->$width - 1)];
}

ATTR static void $add(struct $box *b, struct $item *it)
{
	struct $item **at;

	if (<<fixed>>b->$count >= b->$width)
		$widen(b);
	at = $row(b, it->$key);
	it->$chain = *at;
	*at = it;
	b->$count++;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	if (!b->$width)
		return NULL;
	for (struct $item **at = $row(b, key); *at; at = &(*at)->$chain)
		if ((*at)->$key == key) {
			struct $item *it = *at;

			*at = it->$chain;
			b->$count--;
			return it;
		}
	return NULL;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $item *it = b->$width ? *$row(b, key) : NULL;

	while (it && it->$key != key)
		it = it->$chain;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (size_t i = 0; i < b->$width; i++)
		for (struct $item **at = &b->$rows[i]; *at;) {
			struct $item *it = *at;

			if (!$goes(it, before)) {
				at = &it->$chain;
				continue;
			}
			*at = it->$chain;
			b->$count--;
			$unmake(it);
		}
}
""", links="struct $item *$chain;", allocates=("widen", "add"), can="take sweep find keyed", shape="hash",
    walk="for (size_t i = 0; i < b->$width; i++)\n\t\tfor (struct $item *it = b->$rows[i]; it; it = it->$chain)\n\t\t\t$call(it);")

OPEN = Container("open addressing", """
struct $box {
	struct $item **$slots;
	uint32_t $room, $count, $used;
};
#define $GONE ((struct $item *)1)

static void $place(struct $item **slots, uint32_t room, struct $item *it)
{
	uint32_t i = (uint32_t)(it->$key * 0x9e3779b97f4a7c15u >> 40) & (room - 1);

	while (slots[i])
		i = (i + 1) & (room - 1);
	slots[i] = it;
}

ATTR static void $rehash(struct $box *b)
{
	uint32_t room = b->$room ? b->$room : <<width>>;
	struct $item **slots;

	while (b->$count * 2 >= room)
		room *= 2;
	slots = (struct $item **)calloc(room, sizeof(*slots));
	for (uint32_t i = 0; i < b->$room; i++)
		if (b->$slots[i] && b->$slots[i] != $GONE)
			$place(slots, room, b->$slots[i]);
	free(b->$slots);
	b->$slots = slots;
	b->$room = room;
	b->$used = b->$count;
}

ATTR static void $add(struct $box *b, struct $item *it)
{
	if (b->$used * 4 >= b->$room * 3)
		$rehash(b);
	$place(b->$slots, b->$room, it);
	b->$count++;
	b->$used++;
}

static uint32_t $seek(struct $box *b, uint64_t key)
{
	uint32_t i = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40) & (b->$room - 1);

	while (b->$slots[i] && (b->$slots[i] == $GONE || b->$slots[i]->$key != key))
		i = (i + 1) & (b->$room - 1);
	return i;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	return b->$room ? b->$slots[$seek(b, key)] : NULL;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it;
	uint32_t i;

	if (!b->$room)
		return NULL;
	i = $seek(b, key);
	it = b->$slots[i];
	if (it) {
		b->$slots[i] = $GONE;
		b->$count--;
	}
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (uint32_t i = 0; i < b->$room; i++) {
		struct $item *it = b->$slots[i];

		if (!it || it == $GONE || !$goes(it, before))
			continue;
		b->$slots[i] = $GONE;
		b->$count--;
		$unmake(it);
	}
}
""", allocates=("rehash", "add"), can="take sweep find keyed", shape="hash")

UTHASH = Container("uthash", """
struct $box {
	struct $item *$table;
	unsigned $count;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	HASH_ADD(hh, b->$table, $key, sizeof(it->$key), it);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $item *it;

	HASH_FIND(hh, b->$table, &key, sizeof(key), it);
	return it;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it = $find(b, key);

	if (!it)
		return NULL;
	HASH_DEL(b->$table, it);
	b->$count--;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	struct $item *it, *next;

	HASH_ITER(hh, b->$table, it, next)
	{
		if (!$goes(it, before))
			continue;
		HASH_DEL(b->$table, it);
		b->$count--;
		$unmake(it);
	}
}
""", links="UT_hash_handle hh;", allocates=("add",), can="take sweep find keyed", shape="hash", headers=("uthash.h",),
    walk="for (struct $item *it = b->$table; it; it = (struct $item *)it->hh.next)\n        $call(it);")

ALL = [CHAINED, OPEN, UTHASH]
