"""Containers in C: each keeps `struct $item *` in a `struct $box` and has the same four functions.

$add(box, item); $take(box, key) unlinks one item and returns it: the one with that key, or the oldest, or any;
$find(box, key); $sweep(box, before) unlinks and frees what $goes(item, before) says, all of it if before is ~0.
"""


class Container:
    """links: what an item has for being a member. can: what the functions are good for. walk: calls $call(item) for each.

    allocates: the functions that allocate parts of the container."""

    def __init__(self, name, code, links="", can="take sweep find", allocates=(), shape="unknown", headers=(), walk=""):
        self.name, self.code, self.links, self.walk = name, code, links, walk
        self.can = set(can.split())
        self.allocates, self.shape, self.headers = allocates, shape, headers


NODE_LIST = Container("node list", """
struct $node {
	struct $node *$next;
	struct $item *$what;
};
struct $box {
	uint32_t $count;
	struct $node *$head;
	struct $node *$tail;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	struct $node *n = ALLOC{struct $node}{sizeof(struct $node)};

	n->$next = NULL;
	n->$what = it;
	if (b->$tail)
		b->$tail->$next = n;
	else
		b->$head = n;
	b->$tail = n;
	b->$count++;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $node *n = b->$head;
	struct $item *it;

	(void)key;
	if (!n)
		return NULL;
	it = n->$what;
	b->$head = n->$next;
	if (!b->$head)
		b->$tail = NULL;
	FREE{n};
	b->$count--;
	return it;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $node *n = b->$head;

	for (int i = 0; n && i < 40; i++, n = n->$next)
		if (n->$what->$key == key)
			return n->$what;
	return NULL;
}

static void $sweep(struct $box *b, uint32_t before)
{
	struct $node **at = &b->$head, *n;

	b->$tail = NULL;
	while ((n = *at) != NULL) {
		if ($goes(n->$what, before)) {
			*at = n->$next;
			$unmake(n->$what);
			FREE{n};
			b->$count--;
		} else {
			b->$tail = n;
			at = &n->$next;
		}
	}
}
""", allocates=("add",), shape="list", can="take sweep find",
    walk="for (struct $node *n = b->$head; n; n = n->$next)\n\t\t$call(n->$what);")

STACKED_LIST = Container("stacked list", """
struct $box {
	struct $item *$top;
	uint64_t $count;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	it->$below = b->$top;
	b->$top = it;
	b->$count++;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it = b->$top;

	(void)key;
	if (it) {
		b->$top = it->$below;
		b->$count--;
	}
	return it;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	int i = 0;

	for (struct $item *it = b->$top; it && i < 60; it = it->$below, i++)
		if (it->$key == key)
			return it;
	return NULL;
}

static void $sweep(struct $box *b, uint32_t before)
{
	struct $item **at = &b->$top;

	while (*at) {
		struct $item *it = *at;

		if ($goes(it, before)) {
			*at = it->$below;
			b->$count--;
			$unmake(it);
		} else {
			at = &it->$below;
		}
	}
}
""", links="struct $item *$below;", can="sweep find", shape="list",
    walk="for (struct $item *it = b->$top; it; it = it->$below)\n\t\t$call(it);")

DOUBLE_LIST = Container("doubly linked list", """
struct $box {
	struct $item *$first, *$last;
	size_t $count;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	it->$after = NULL;
	it->$before = b->$last;
	if (b->$last)
		b->$last->$after = it;
	else
		b->$first = it;
	b->$last = it;
	b->$count++;
}

static void $unlink(struct $box *b, struct $item *it)
{
	if (it->$before)
		it->$before->$after = it->$after;
	else
		b->$first = it->$after;
	if (it->$after)
		it->$after->$before = it->$before;
	else
		b->$last = it->$before;
	b->$count--;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it = b->$first;

	(void)key;
	if (it)
		$unlink(b, it);
	return it;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $item *it = b->$last;

	for (int i = 0; it && i < 50; i++, it = it->$before)
		if (it->$key == key)
			return it;
	return NULL;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (struct $item *it = b->$first, *next; it; it = next) {
		next = it->$after;
		if (!$goes(it, before))
			continue;
		$unlink(b, it);
		$unmake(it);
	}
}
""", links="struct $item *$before, *$after;", can="take sweep find", shape="list",
    walk="for (struct $item *it = b->$first; it; it = it->$after)\n\t\t$call(it);")

RING = Container("ring of links inside the items", """
struct $box {
	struct $link $ends;
	unsigned $count;
};
#define $OF(p) ((struct $item *)((char *)(p) - offsetof(struct $item, $place)))

ATTR static void $add(struct $box *b, struct $item *it)
{
	struct $link *head = &b->$ends, *n = &it->$place;

	if (!head->$forth)
		head->$forth = head->$back = head;
	n->$back = head->$back;
	n->$forth = head;
	head->$back->$forth = n;
	head->$back = n;
	b->$count++;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $link *n = b->$ends.$forth;

	(void)key;
	if (!n || n == &b->$ends)
		return NULL;
	n->$back->$forth = n->$forth;
	n->$forth->$back = n->$back;
	b->$count--;
	return $OF(n);
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $link *n = b->$ends.$forth;

	for (int i = 0; n && n != &b->$ends && i < 64; i++, n = n->$forth)
		if ($OF(n)->$key == key)
			return $OF(n);
	return NULL;
}

static void $sweep(struct $box *b, uint32_t before)
{
	struct $link *n = b->$ends.$forth, *next;

	for (; n && n != &b->$ends; n = next) {
		next = n->$forth;
		if (!$goes($OF(n), before))
			continue;
		n->$back->$forth = n->$forth;
		n->$forth->$back = n->$back;
		b->$count--;
		$unmake($OF(n));
	}
}
""", links="struct $link $place;", can="take sweep find", shape="ring",
    walk="for (struct $link *n = b->$ends.$forth; n && n != &b->$ends; n = n->$forth)\n\t\t$call($OF(n));")

QUEUE_H = Container("TAILQ of <sys/queue.h>", """
struct $box {
	int $count;
	TAILQ_HEAD($heads, $item) $q;
};

ATTR static void $add(struct $box *b, struct $item *it)
{
	if (!b->$q.tqh_last)
		TAILQ_INIT(&b->$q);
	TAILQ_INSERT_TAIL(&b->$q, it, $entry);
	b->$count++;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it = TAILQ_FIRST(&b->$q);

	(void)key;
	if (it) {
		TAILQ_REMOVE(&b->$q, it, $entry);
		b->$count--;
	}
	return it;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $item *it = TAILQ_FIRST(&b->$q);

	for (int i = 0; it && i < 40; i++, it = TAILQ_NEXT(it, $entry))
		if (it->$key == key)
			return it;
	return NULL;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (struct $item *it = TAILQ_FIRST(&b->$q), *next; it; it = next) {
		next = TAILQ_NEXT(it, $entry);
		if (!$goes(it, before))
			continue;
		TAILQ_REMOVE(&b->$q, it, $entry);
		b->$count--;
		$unmake(it);
	}
}
""", links="TAILQ_ENTRY($item) $entry;", headers=("sys/queue.h",), can="take sweep find", shape="list",
    walk="for (struct $item *it = TAILQ_FIRST(&b->$q); it; it = TAILQ_NEXT(it, $entry))\n\t\t$call(it);")

VECTOR = Container("growing vector", """
struct $box {
	struct $item **$all;
	uint32_t $count, $room;
};

ATTR static void $grow(struct $box *b)
{
	b->$room = b->$room <<growth>>;
	b->$all = (struct $item **)realloc(b->$all, b->$room * sizeof(*b->$all));
	if (!b->$all)
		exit(1);
}

ATTR static void $add(struct $box *b, struct $item *it)
{
	if (b->$count == b->$room)
		$grow(b);
	b->$all[b->$count++] = it;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $item *it;
	uint32_t i;

	if (!b->$count)
		return NULL;
	i = (uint32_t)(key % b->$count);
	it = b->$all[i];
	b->$all[i] = b->$all[--b->$count];
	return it;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	for (uint32_t i = b->$count; i > 0 && b->$count - i < 64; i--)
		if (b->$all[i - 1]->$key == key)
			return b->$all[i - 1];
	return NULL;
}

static void $sweep(struct $box *b, uint32_t before)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < b->$count; i++) {
		if ($goes(b->$all[i], before))
			$unmake(b->$all[i]);
		else
			b->$all[left++] = b->$all[i];
	}
	b->$count = left;
}
""", allocates=("grow", "add"), shape="array", can="take sweep find",
    walk="for (uint32_t i = 0; i < b->$count; i++)\n\t\t$call(b->$all[i]);")

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

TREAP = Container("treap, recursive", """
struct $node {
	uint32_t $weight;
	struct $node *$left, *$right;
	struct $item *$what;
};
struct $box {
	struct $node *$root;
	int $count;
};

static struct $node *$put(struct $node *n, struct $item *it)
{
	struct $node *kid;

	if (!n) {
		n = ALLOC{struct $node}{sizeof(struct $node)};
		n->$weight = (uint32_t)$rnd();
		n->$left = n->$right = NULL;
		n->$what = it;
		return n;
	}
	if (it->$key < n->$what->$key) {
		kid = n->$left = $put(n->$left, it);
		if (kid->$weight > n->$weight) {
			n->$left = kid->$right;
			kid->$right = n;
			return kid;
		}
	} else {
		kid = n->$right = $put(n->$right, it);
		if (kid->$weight > n->$weight) {
			n->$right = kid->$left;
			kid->$left = n;
			return kid;
		}
	}
	return n;
}

static struct $node *$join(struct $node *a, struct $node *b)
{
	if (!a || !b)
		return a ? a : b;
	if (a->$weight > b->$weight) {
		a->$right = $join(a->$right, b);
		return a;
	}
	b->$left = $join(a, b->$left);
	return b;
}

ATTR static void $add(struct $box *b, struct $item *it)
{
	b->$root = $put(b->$root, it);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $node *n = b->$root;

	while (n && n->$what->$key != key)
		n = key < n->$what->$key ? n->$left : n->$right;
	return n ? n->$what : NULL;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $node **at = &b->$root, *n;
	struct $item *it;

	while (*at && (*at)->$what->$key != key)
		at = key < (*at)->$what->$key ? &(*at)->$left : &(*at)->$right;
	if (!*at)
		return NULL;
	n = *at;
	it = n->$what;
	*at = $join(n->$left, n->$right);
	FREE{n};
	b->$count--;
	return it;
}

static struct $node *$prune(struct $box *b, struct $node *n, uint32_t before)
{
	struct $node *rest;

	if (!n)
		return NULL;
	n->$left = $prune(b, n->$left, before);
	n->$right = $prune(b, n->$right, before);
	if (!$goes(n->$what, before))
		return n;
	rest = $join(n->$left, n->$right);
	$unmake(n->$what);
	FREE{n};
	b->$count--;
	return rest;
}

static void $sweep(struct $box *b, uint32_t before)
{
	b->$root = $prune(b, b->$root, before);
}
""", allocates=("put",), can="take sweep find keyed", shape="tree")

SKIP = Container("skip list", """
struct $node {
	struct $item *$what;
	int $height;
	struct $node *$next[1];
};
struct $box {
	struct $node *$lanes[12];
	unsigned $count;
};

ATTR static struct $node *$tower(struct $item *it, int height)
{
	struct $node *n = ALLOC{struct $node}{sizeof(struct $node) + (height - 1) * sizeof(void *)};

	n->$what = it;
	n->$height = height;
	return n;
}

static struct $node **$lane(struct $box *b, struct $node *n, int level)
{
	return n ? &n->$next[level] : &b->$lanes[level];
}

static void $seek(struct $box *b, uint64_t key, struct $node ***at)
{
	struct $node *n = NULL;

	for (int level = 11; level >= 0; level--) {
		for (struct $node *k = *$lane(b, n, level); k && k->$what->$key < key; k = *$lane(b, n, level))
			n = k;
		at[level] = $lane(b, n, level);
	}
}

ATTR static void $add(struct $box *b, struct $item *it)
{
	struct $node **at[12], *n;
	int height = 1;

	while (height < 12 && $rnd() % 4 == 0)
		height++;
	$seek(b, it->$key, at);
	n = $tower(it, height);
	for (int level = 0; level < height; level++) {
		n->$next[level] = *at[level];
		*at[level] = n;
	}
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $node **at[12];

	$seek(b, key, at);
	return *at[0] && (*at[0])->$what->$key == key ? (*at[0])->$what : NULL;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	struct $node **at[12], *n;
	struct $item *it;

	$seek(b, key, at);
	n = *at[0];
	if (!n || n->$what->$key != key)
		return NULL;
	for (int level = 0; level < n->$height; level++)
		if (*at[level] == n)
			*at[level] = n->$next[level];
	it = n->$what;
	FREE{n};
	b->$count--;
	return it;
}

static void $sweep(struct $box *b, uint32_t before)
{
	for (struct $node *n = b->$lanes[0], *next; n; n = next) {
		struct $item *it = n->$what;

		next = n->$next[0];
		if ($goes(it, before)) {
			$take(b, it->$key);
			$unmake(it);
		}
	}
}
""", allocates=("tower",), can="take sweep find keyed", shape="list")

BTREE = Container("B-tree", """
struct $page {
	int $used;
	struct $item *$keys[<<order>>];
	struct $page *$kids[<<order>> + 1];
};
struct $box {
	struct $page *$root;
	unsigned $count;
};

ATTR static struct $page *$page_of(void)
{
	struct $page *p = ALLOC{struct $page}{sizeof(struct $page)};

	memset(p, 0, sizeof(*p));
	return p;
}

static void $split(struct $page *up, int i)
{
	struct $page *a = up->$kids[i], *b = $page_of();
	int half = <<order>> / 2;

	b->$used = <<order>> - half - 1;
	memcpy(b->$keys, a->$keys + half + 1, b->$used * sizeof(b->$keys[0]));
	memcpy(b->$kids, a->$kids + half + 1, (b->$used + 1) * sizeof(b->$kids[0]));
	a->$used = half;
	memmove(up->$kids + i + 2, up->$kids + i + 1, (up->$used - i) * sizeof(up->$kids[0]));
	memmove(up->$keys + i + 1, up->$keys + i, (up->$used - i) * sizeof(up->$keys[0]));
	up->$kids[i + 1] = b;
	up->$keys[i] = a->$keys[half];
	memset(a->$keys + half, 0, (<<order>> - half) * sizeof(a->$keys[0]));
	memset(a->$kids + half + 1, 0, (<<order>> - half) * sizeof(a->$kids[0]));
	up->$used++;
}

static void $sink(struct $page *p, struct $item *it)
{
	int i = p->$used;

	while (i > 0 && it->$key < p->$keys[i - 1]->$key)
		i--;
	if (!p->$kids[0]) {
		memmove(p->$keys + i + 1, p->$keys + i, (p->$used - i) * sizeof(p->$keys[0]));
		p->$keys[i] = it;
		p->$used++;
		return;
	}
	if (p->$kids[i]->$used == <<order>>) {
		$split(p, i);
		if (it->$key > p->$keys[i]->$key)
			i++;
	}
	$sink(p->$kids[i], it);
}

ATTR static void $add(struct $box *b, struct $item *it)
{
	if (!b->$root)
		b->$root = $page_of();
	if (b->$root->$used == <<order>>) {
		struct $page *top = $page_of();

		top->$kids[0] = b->$root;
		b->$root = top;
		$split(top, 0);
	}
	$sink(b->$root, it);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $page *p = b->$root;

	while (p) {
		int i = 0;

		while (i < p->$used && p->$keys[i]->$key < key)
			i++;
		if (i < p->$used && p->$keys[i]->$key == key)
			return p->$keys[i];
		p = p->$kids[i];
	}
	return NULL;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	(void)b;
	(void)key;
	return NULL;
}

static void $fell(struct $page *p)
{
	if (!p)
		return;
	for (int i = 0; i <= p->$used; i++)
		$fell(p->$kids[i]);
	for (int i = 0; i < p->$used; i++)
		$unmake(p->$keys[i]);
	FREE{p};
}

static void $sweep(struct $box *b, uint32_t before)
{
	(void)before;
	$fell(b->$root);
	b->$root = NULL;
	b->$count = 0;
}
""", allocates=("page_of",), can="clear find keyed", shape="tree")

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

TRIE = Container("trie, recursive", """
struct $node {
	struct $node *$kids[4];
	struct $item *$what;
};
struct $box {
	struct $node *$root;
	unsigned $count;
};

static struct $node *$put(struct $node *n, struct $item *it, int shift)
{
	unsigned way = (unsigned)(it->$key >> shift) & 3;

	if (!n) {
		n = ALLOC{struct $node}{sizeof(struct $node)};
		memset(n, 0, sizeof(*n));
		n->$what = it;
		return n;
	}
	if (way == 0)
		n->$kids[0] = $put(n->$kids[0], it, shift + 2);
	else if (way == 1)
		n->$kids[1] = $put(n->$kids[1], it, shift + 2);
	else if (way == 2)
		n->$kids[2] = $put(n->$kids[2], it, shift + 2);
	else
		n->$kids[3] = $put(n->$kids[3], it, shift + 2);
	return n;
}

ATTR static void $add(struct $box *b, struct $item *it)
{
	b->$root = $put(b->$root, it, 0);
	b->$count++;
}

static struct $item *$find(struct $box *b, uint64_t key)
{
	struct $node *n = b->$root;

	for (int shift = 0; n && n->$what->$key != key; shift += 2)
		n = n->$kids[key >> shift & 3];
	return n ? n->$what : NULL;
}

static struct $item *$take(struct $box *b, uint64_t key)
{
	(void)b;
	(void)key;
	return NULL;
}

static void $fell(struct $node *n)
{
	if (!n)
		return;
	for (int i = 0; i < 4; i++)
		$fell(n->$kids[i]);
	$unmake(n->$what);
	FREE{n};
}

static void $sweep(struct $box *b, uint32_t before)
{
	(void)before;
	$fell(b->$root);
	b->$root = NULL;
	b->$count = 0;
}
""", allocates=("put",), can="clear find keyed", shape="tree")

ALL_C = [NODE_LIST, STACKED_LIST, DOUBLE_LIST, RING, QUEUE_H, VECTOR, CHAINED, OPEN, TREAP, SKIP, BTREE, TRIE, UTHASH]
