"""Lists and a vector in C."""
from .base import Container

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

ALL = [NODE_LIST, STACKED_LIST, DOUBLE_LIST, RING, QUEUE_H, VECTOR]
