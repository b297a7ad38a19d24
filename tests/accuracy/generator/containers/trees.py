"""Ordered containers in C."""
from .base import Container

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

ALL = [TREAP, SKIP, BTREE, TRIE]
