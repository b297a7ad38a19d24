"""What is kept: a struct with a key, the time it was made, a body, and perhaps parts of its own and something to call."""

BASE = """
<<before>>
struct $item {
	<<first>>
	uint64_t $key;
	uint32_t $stamp;
	unsigned char $keep;
	<<fields>>
	unsigned char $body[<<body>>];
};

static int $goes(const struct $item *it, uint32_t before)
{
	return before == ~0u || (!it->$keep && it->$stamp < before);
}

ATTR static void $unmake(struct $item *it)
{
	$uses += it->$body[0];
	<<unmake>>
	FREE{it};
}
<<helpers>>
ATTR static struct $item *$make(uint64_t n)
{
	struct $item *it = ALLOC{struct $item}{<<size>>};

	memset(it, 0, sizeof(*it));
	it->$key = $mix(n);
	it->$stamp = $ms;
	memset(it->$body, (int)n, sizeof(it->$body));
	<<make>>
	return it;
}
"""

# name: fields, code of $unmake, code of $make, helpers, functions that allocate a part
PARTS = {
    "plain": ("", "", "", "", ()),
    "name": ("char *$label;", "FREE{it->$label};", "it->$label = ALLOC{char}{<<part>>};\n\tmemset(it->$label, 'a', <<part>>);", "", ()),
    "two": ("void *$blob[2];", "FREE{it->$blob[0]};\n\tFREE{it->$blob[1]};",
            "for (int i = 0; i < 2; i++) {\n\t\tit->$blob[i] = ALLOC{char}{<<part>>};\n\t\tmemset(it->$blob[i], i, <<part>>);\n\t}", "", ()),
    "helper": ("struct $more *$extra;", "FREE{it->$extra};", "it->$extra = $more_of(it);", """
struct $more {
	struct $item *$whose;
	char $text[<<part>>];
};

ATTR static struct $more *$more_of(struct $item *it)
{
	struct $more *m = ALLOC{struct $more}{sizeof(struct $more)};

	m->$whose = it;
	memset(m->$text, 'x', sizeof(m->$text));
	return m;
}
""", ("more_of",)),
}

# What makes an item a subscriber: fields, $unmake, $make, helpers, the call.
CALLS = {
    "bare": ("void (*$fn)(void *, int);\n\tvoid *$context;", "FREE{it->$context};",
             "it->$fn = <<pick>>;\n\tit->$context = $context_of(n);", "", "it->$fn(it->$context, 1)"),
    "bare, itself": ("void (*$fn)(void *, int);", "", "it->$fn = <<pick>>;", "", "it->$fn(it, 1)"),
    "ops": ("const struct $ops *$does;\n\tvoid *$context;", "FREE{it->$context};",
            "it->$does = &$ops_of[n % <<count>>];\n\tit->$context = $context_of(n);", "ops", "it->$does->$happens(it->$context, 2)"),
    "ops, itself": ("const struct $ops *$does;", "", "it->$does = &$ops_of[n % <<count>>];", "ops", "it->$does->$happens(it, 2)"),
    "closure": ("struct $closure *$inner;", "FREE{it->$inner->$context};\n\tFREE{it->$inner};", "it->$inner = $closure_of(n);", "closure",
                "it->$inner->$fn(it->$inner->$context, 3)"),
    "closure, deeper": ("struct $hook *$inner;", "FREE{it->$inner->$what->$context};\n\tFREE{it->$inner->$what};\n\tFREE{it->$inner};",
                        "it->$inner = ALLOC{struct $hook}{sizeof(struct $hook)};\n\tit->$inner->$hits = 0;\n\tit->$inner->$what = $closure_of(n);",
                        "closure", "it->$inner->$what->$fn(it->$inner->$what->$context, ++it->$inner->$hits)"),
}

CONTEXT = """
ATTR static void *$context_of(uint64_t n)
{
	char *c = ALLOC{char}{<<part>>};

	memset(c, (int)n, <<part>>);
	return c;
}
"""

CLOSURE = """
struct $closure {
	void (*$fn)(void *, int);
	void *$context;
};
struct $hook {
	int $hits;
	struct $closure *$what;
};

ATTR static struct $closure *$closure_of(uint64_t n)
{
	struct $closure *c = ALLOC{struct $closure}{sizeof(struct $closure)};

	c->$fn = <<pick>>;
	c->$context = $context_of(n);
	return c;
}
"""


def pooled(base):
    """Items that are done with wait for being used again."""
    base = base.replace("static int $goes", "static struct $spare {\n\tstruct $spare *$next;\n} *$spares;\n\nstatic int $goes")
    base = base.replace("\tFREE{it};", "\t((struct $spare *)it)->$next = $spares;\n\t$spares = (struct $spare *)it;")
    return base.replace("struct $item *it = ALLOC{struct $item}{<<size>>};\n", """struct $item *it = (struct $item *)$spares;

	if (it)
		$spares = $spares->$next;
	else
		it = ALLOC{struct $item}{sizeof(struct $item)};""")


def callbacks(scope, rng):
    """One to four functions that subscribers have, and the code of them."""
    names = [f"back{i}" for i in range(rng.choice([1, 1, 2, 4]))]
    text = "".join(f"""
__attribute__((noinline)) static void ${name}(void *context, int what)
{{
	$uses += *(unsigned char *)context + what * {rng.randrange(1, 99)};
}}
""" for name in names)
    if len(names) == 1:
        pick = f"${names[0]}"
    else:
        text += f"static void (*const $backs[])(void *, int) = {{ {', '.join('$' + n for n in names)} }};\n"
        pick = f"$backs[n % {len(names)}]"
    return names, scope.render(text), scope.render(pick)


def subscriber(scope, rng, part):
    """Fields and code of a subscriber of a random sort. Returns its sort, the five texts, callbacks, allocating functions."""
    sort = rng.choice(list(CALLS))
    fields, unmake, make, needs, call = CALLS[sort]
    names, code, pick = callbacks(scope, rng)
    if "$context_of" in make or needs == "closure":
        code += scope.render(CONTEXT, part=part)
    allocating = ["context_of"]
    if needs == "closure":
        code += scope.render(CLOSURE, pick=pick)
        allocating.append("closure_of")
    if needs == "ops":
        rows = "".join(f"\t{{ {i + 3}, ${name}, \"{rng.randrange(10000)}\" }},\n" for i, name in enumerate(names))
        code += scope.render("struct $ops {\n\tint $version;\n\tvoid (*$happens)(void *, int);\n\tconst char *$title;\n};\n"
                             f"static const struct $ops $ops_of[] = {{\n{rows}}};\n")
    make = scope.render(make, pick=pick, count=len(names))
    call = f"static void $call(struct $item *it)\n{{\n\t{call};\n}}\n"
    return sort, fields, unmake, make, code, call, [scope[n] for n in names], allocating


def item_code(scope, rng, container, size, listener):
    """The struct and its functions. Returns the code, a description, functions that allocate, callbacks, the rest of $call."""
    part = rng.choice([16, 24, 40, 64, 100])
    allocating, backs, call = ["make"], [], ""
    if listener:
        sort, fields, unmake, make, helpers, call, backs, more = subscriber(scope, rng, part)
        allocating += more
    else:
        sort = rng.choice(["plain", "plain", "name", "two", "helper"]) if size < 4000 else "plain"
        fields, unmake, make, helpers, more = PARTS[sort]
        allocating += more
        fields, unmake, make = (scope.render(text, part=part) for text in (fields, unmake, make))
        helpers = scope.render(helpers, part=part)
    links = container.links
    last = rng.random() < 0.4 and "$link" not in links
    extent = "sizeof(struct $item)"
    if size > 64 and rng.random() < 0.3:
        extent += f" + $rnd() % {size}"
    before = "struct $link {\n\tstruct $link *$forth, *$back;\n};" if "$link" in links else ""
    if listener:
        before, helpers = before + helpers, ""
    fields = fields if not last else fields + "\n\t" + links
    base = BASE
    if sort == "plain" and "+" not in extent and rng.random() < 0.15:
        sort, base = "pooled", pooled(BASE)
    text = scope.render(base, before=before, first="" if last else links, fields=fields, body=size, unmake=unmake, make=make,
                        helpers=helpers, size=extent)
    return text, sort, [scope[a] for a in allocating], backs, scope.render(call) if call else ""
