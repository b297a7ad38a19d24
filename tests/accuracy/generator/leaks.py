"""Leaks of other kinds than a container that grows, and their steady twins.

Each function returns a Subject: what is drawn for the leaking program and for its twin is the same but for the mistake.
"""
from . import calls, leaks_more
from .leaks_more import early, finish
from .subjects import Plan, Subject, kept


def reached(program, rng, scope, leaf):
    """Code that calls leaf(n) through some layers: without a container, the box is any pointer."""
    box = scope.render("struct $none")
    layers = [rng.choice(list(calls.LAYERS)) for _ in range(rng.choice([0, 1, 1, 2]))]
    code, top, passed = calls.reach(program.scope, rng, leaf, box, layers)
    return f"struct {scope['none']};\n", code, f"{top}(NULL, $n);", passed, "+".join(layers) or "none"


def some_rate(program, rng, most, slow=10):
    plan = Plan(rng, program.seconds, program.active).slower(most)
    plan.drawn = max(plan.drawn, slow)
    plan.reset()
    plan.rate = max(plan.rate, slow)
    return plan


def lost(program, rng, leaking):
    """A path that forgets to free: an early return, an overwritten member, a list of which only the head is freed."""
    scope, plan = program.scope(), some_rate(program, rng, 3000)
    size, sort, one_in = max(plan.size, 40), rng.choice(["early return", "overwritten", "head only", "boxed"]), rng.choice([1, 3, 10, 40])
    rate = min(20000, plan.rate * (one_in if sort == "early return" else 1))
    slots = min(200, early(program, rate))
    free_here = "" if leaking else "$drop(p);\n\t\t"
    body = {
        "early return": f"""struct $part *p = $open(n);

	if ($rnd() % {one_in} == 0) {{
		{free_here}$uses++;
		return;
	}}
	$uses += p->$text[0];
	$drop(p);""",
        "overwritten": f"""struct $part *p = $open(n), *old = $latest;

	$latest = p;
	{"" if leaking else "if (old)"}
		{"(void)old;" if leaking else "$drop(old);"}""",
        "head only": f"""struct $part *head = $open(n);

	head->$next = $open(n + 1);
	head->$next->$next = $open(n + 2);
	$uses += head->$next->$text[1];
	{"" if leaking else "$drop(head->$next->$next);"}
	{"" if leaking else "$drop(head->$next);"}
	$drop(head);""",
        # The only pointers have a tag in their upper bits; a slot is given to somebody else without a look at what is in it.
        "boxed": f"""uint64_t *at = &$slots[$rnd() % {slots}];

	if (*at && ({0 if leaking else 1} || $rnd() % 2))
		$drop((struct $part *)(uintptr_t)(*at & 0xffffffffffffu));
	{"" if leaking else "else if (*at)"}
		{"" if leaking else "$drop((struct $part *)(uintptr_t)(*at & 0xffffffffffffu));"}
	*at = 0xfffc000000000000u | (uint64_t)(uintptr_t)$open(n);""",
    }[sort]
    code = f"""
struct $part {{
	struct $part *$next;
	char $text[{size}];
}};
static struct $part *$latest;
static uint64_t $slots[{slots}];

ATTR static struct $part *$open(uint64_t n)
{{
	struct $part *p = ALLOC{{struct $part}}{{sizeof(struct $part)}};

	p->$next = NULL;
	memset(p->$text, (int)n, sizeof(p->$text));
	return p;
}}

ATTR static void $drop(struct $part *p)
{{
	$uses += p->$text[2];
	FREE{{p}};
}}

ATTR static void $leaf(struct $none *b, uint64_t n)
{{
	(void)b;
	{body}
}}
"""
    head, chain, step, passed, layers = reached(program, rng, scope, scope["leaf"])
    subject = Subject(declare=head + scope.render(code) + chain, step=step, rate=rate,
                      about={"family": "lost", "item": sort, "calls": layers, "bytes": size, "rate": round(rate, 1)})
    kept_rate = {"early return": rate / one_in, "overwritten": rate, "head only": 2 * rate, "boxed": rate / 2}[sort]
    return finish(subject, leaking, kept_rate, size, kinds=["lost", "growing"] if sort == "boxed" else ["lost"], near=["growing-cache"] if sort == "boxed" else [], sites=[scope["open"], scope["leaf"]], wanted=scope["open"],
                  stack=[scope["open"], scope["leaf"]] + passed + [program.worker], root="none")


def cycle(program, rng, leaking):
    """Parents and children that point at each other, and nobody at them."""
    scope, plan = program.scope(), some_rate(program, rng, 1500)
    size, kids, counted = min(max(plan.size, 16), 3000), rng.choice([1, 1, 2, 4]), rng.random() < 0.5
    rate = min(plan.rate, 20e6 / program.active / (size * (kids + 1)))
    release = "" if leaking else """for (struct $child *c = p->$kids, *next; c; c = next) {
		next = c->$next;
		FREE{c};
	}
	FREE{p};"""
    if counted:
        release = f"""{"" if leaking else "for (struct $child *c = p->$kids; c; c = c->$next) { c->$parent = NULL; p->$count--; }"}
	$put(p);"""
    code = f"""
struct $child;
struct $parent {{
	{"int $count;" if counted else "double $when;"}
	struct $child *$kids;
	char $text[{size}];
}};
struct $child {{
	struct $child *$next;
	int $number;
	struct $parent *$parent;
	char $text[{max(8, size // 2)}];
}};

ATTR static struct $parent *$raise(uint64_t n)
{{
	struct $parent *p = ALLOC{{struct $parent}}{{sizeof(struct $parent)}};

	memset(p, 0, sizeof(*p));
	memset(p->$text, (int)n, sizeof(p->$text));
	{"p->$count = 1;" if counted else ""}
	return p;
}}

ATTR static void $bear(struct $parent *p, int number)
{{
	struct $child *c = ALLOC{{struct $child}}{{sizeof(struct $child)}};

	memset(c, 0, sizeof(*c));
	c->$number = number;
	c->$parent = p;
	{"p->$count++;" if counted else ""}
	c->$next = p->$kids;
	p->$kids = c;
}}
{'''
static void $put(struct $parent *p)
{
	if (--p->$count > 0)
		return;
	for (struct $child *c = p->$kids, *next; c; c = next) {
		next = c->$next;
		FREE{c};
	}
	FREE{p};
}
''' if counted else ""}
ATTR static void $leaf(struct $none *b, uint64_t n)
{{
	struct $parent *p = $raise(n);

	(void)b;
	for (int i = 0; i < {kids}; i++)
		$bear(p, i);
	$uses += p->$text[1] + p->$kids->$number;
	{release}
}}
"""
    head, chain, step, passed, layers = reached(program, rng, scope, scope["leaf"])
    subject = Subject(declare=head + scope.render(code) + chain, step=step, rate=rate,
                      about={"family": "lost-cycle", "item": "counted" if counted else "plain", "calls": layers, "bytes": size,
                             "rate": round(rate, 1)})
    return finish(subject, leaking, rate * (kids + 1), size * 0.6, kinds=["lost-cycle"],
                  near=["refcount-leak", "lost"], sites=[scope["raise"], scope["bear"], scope["leaf"]],
                  wanted=scope["raise"], stack=[scope["raise"], scope["leaf"]] + passed + [program.worker], root="none")


def counted(program, rng, leaking):
    """Objects with a count of references; one path takes a reference and does not give it back."""
    scope, plan = program.scope(), some_rate(program, rng, 1500)
    size, indexed, one_in = min(max(plan.size, 24), 4000), rng.random() < 0.5, rng.choice([1, 3, 8])
    rate, users = plan.rate * one_in, rng.choice([8, 40, 200])
    rate = min(rate, 20000)
    users = min(users, early(program, rate))
    slips = "" if leaking else "$give(o);"
    lookup = """struct $object **at = &$index[key * 2654435761u >> 8 & 511];

	for (struct $object *o = *at; o; o = o->$next)
		if (o->$key == key) {
			o->$refs++;
			return o;
		}""" if indexed else "struct $object **at = NULL;"
    enter = "o->$next = *at;\n\t*at = o;" if indexed else "(void)at;"
    leave = """for (struct $object **at = &$index[o->$key * 2654435761u >> 8 & 511]; *at; at = &(*at)->$next)
		if (*at == o) {
			*at = o->$next;
			break;
		}""" if indexed else ""
    code = f"""
struct $object {{
	{rng.choice(["uint64_t $key;", "uint64_t $key; void *$none1;"])}
	struct $object *$next;
	{rng.choice(["int $refs;", "unsigned $flags; unsigned $refs;", "long $refs;"])}
	char $text[{size}];
}};
{"static struct $object *$index[512];" if indexed else ""}
static struct $object *$held[{users}][2];

ATTR static struct $object *$get(uint64_t key)
{{
	{lookup}
	struct $object *o = ALLOC{{struct $object}}{{sizeof(struct $object)}};

	memset(o, 0, sizeof(*o));
	o->$key = key;
	o->$refs = 1;
	memset(o->$text, (int)key, sizeof(o->$text));
	{enter}
	return o;
}}

ATTR static void $give(struct $object *o)
{{
	if (--o->$refs > 0)
		return;
	{leave}
	FREE{{o}};
}}

static struct $object *$share(struct $object *o)
{{
	o->$refs++;
	return o;
}}

ATTR static void $leaf(struct $none *b, uint64_t n)
{{
	struct $object **at = $held[$rnd() % {users}], *o;

	(void)b;
	for (int i = 0; i < 2; i++)
		if (at[i])
			$give(at[i]);
	at[0] = $get(n + 1);
	at[1] = $share(at[0]);
	if ($rnd() % {one_in} == 0) {{
		o = $share(at[0]);
		$uses += o->$text[0];
		{slips}
	}}
}}
"""
    head, chain, step, passed, layers = reached(program, rng, scope, scope["leaf"])
    subject = Subject(declare=head + scope.render(code) + chain, step=step, rate=rate,
                      about={"family": "refcount-leak", "item": "indexed" if indexed else "not indexed", "calls": layers, "bytes": size,
                             "rate": round(rate, 1)})
    return finish(subject, leaking, rate / one_in, size, kinds=["refcount-leak"], near=["growing-cache"] if indexed else ["lost"],
                  sites=[scope["get"], scope["leaf"]], wanted=scope["get"],
                  stack=[scope["get"], scope["leaf"]] + passed + [program.worker], root="global" if indexed else "none",
                  holders=[scope["index"]] if indexed else [])


def captured(program, rng, leaking):
    """Small records of a callback and its context, each of which keeps a large block."""
    scope, rate, size = program.scope(), rng.uniform(8, 40), rng.choice([16384, 40000, 65536, 100000])
    rate = min(rate, 40e6 / program.active / size)
    rate = max(rate, 6)
    bound = min(rng.choice([3, 10, 20]), early(program, rate))
    drop = "" if leaking else f"""if (++$records > {bound}) {{
		struct $record **at = &$all, *old;

		while ((*at)->$next)
			at = &(*at)->$next;
		old = *at;
		*at = NULL;
		$records--;
		FREE{{old->$data}};
		FREE{{old}};
	}}"""
    code = f"""
struct $record {{
	struct $record *$next;
	void (*$call)(void *);
	unsigned char *$data;
	char $title[16];
}};
static struct $record *$all;
static unsigned $records;

__attribute__((noinline)) static void $back(void *data)
{{
	$uses += *(unsigned char *)data;
}}

ATTR static unsigned char *$read(uint64_t n)
{{
	unsigned char *d = ALLOC{{unsigned char}}{{{size}}};

	memset(d, (int)n, {size});
	return d;
}}

ATTR static void $leaf(struct $none *b, uint64_t n)
{{
	struct $record *r = ALLOC{{struct $record}}{{sizeof(struct $record)}};

	(void)b;
	r->$call = $back;
	r->$data = $read(n);
	memset(r->$title, 't', sizeof(r->$title));
	r->$next = $all;
	$all = r;
	r->$call(r->$data);
	{drop}
}}
"""
    head, chain, step, passed, layers = reached(program, rng, scope, scope["leaf"])
    subject = Subject(declare=head + scope.render(code) + chain, step=step, rate=rate,
                      about={"family": "captured", "calls": layers, "bytes": size, "rate": round(rate, 1)})
    return finish(subject, leaking, rate * 2, size / 2, kinds=["captured"], near=["listener-leak", "growing-cache"],
                  sites=[scope["read"], scope["leaf"]], wanted=scope["read"],
                  stack=[scope["read"], scope["leaf"]] + passed + [program.worker], root="global", holders=[scope["all"]],
                  callbacks=[scope["back"]])


FAMILIES = [(kept, 30), (lambda p, r, l: kept(p, r, l, listener=True), 14), (lost, 9), (cycle, 6), (counted, 7), (captured, 5),
            (leaks_more.threads, 5), (leaks_more.fragmentation, 4), (leaks_more.regions, 4), (leaks_more.buffer, 7), (leaks_more.arena, 5),
            (leaks_more.timers, 4), (leaks_more.functions, 5), (leaks_more.searched, 3)]


def choose(rng, language):
    """A family that the language has."""
    while True:
        family = rng.choices([f for f, _ in FAMILIES], [w for _, w in FAMILIES])[0]
        if getattr(family, "language", language) == language:
            return family
