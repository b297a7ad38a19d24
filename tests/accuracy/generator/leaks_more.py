"""More leaks and twins: threads, fragmentation, mappings, buffers, arenas, what a library holds."""
from .subjects import Subject


def finish(subject, leaking, rate, size, **finding):
    subject.verdict = "leaking" if leaking else "steady"
    if leaking:
        subject.about["stays"] = round(rate, 1)
        subject.grows = (rate, rate * size)
        subject.finding = {"near": [], "holders": [], "shape": None, "callbacks": [], **finding}
    return subject


def early(program, rate):
    """A bound that is reached early in the run."""
    return max(2, int(rate * program.active * 0.1))


def threads(program, rng, leaking):
    """A thread for each request that nobody joins, or that waits for ever."""
    scope, rate, sort = program.scope(), rng.uniform(8, 25), rng.choice(["ended", "blocked"])
    size = rng.choice([0, 100, 4000, 20000])
    wait = "pthread_mutex_lock(&$lock);\n\tfor (;;)\n\t\tpthread_cond_wait(&$never, &$lock);" if sort == "blocked" and leaking else ""
    last = ("" if leaking else "pthread_join(id, NULL);") if sort == "ended" else ("pthread_detach(id);" if leaking else "pthread_join(id, NULL);")
    mine = f"$mine = (char *)malloc({size});\n\tmemset($mine, 1, {size});" if size else ""
    free = "free($mine);\n\t$mine = NULL;" if size and not (leaking and sort == "ended" and rng.random() < 0.5) else ""
    keeps = size > 0 and (not free or sort == "blocked")
    tls = "thread_local" if program.style.language == "c++" else "_Thread_local"
    code = f"""
static pthread_mutex_t $lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t $never = PTHREAD_COND_INITIALIZER;
static {tls} char *$mine;

static void *$serve(void *argument)
{{
	{mine}
	$uses += (uintptr_t)argument;
	{wait}
	{free}
	return argument;
}}

ATTR static void $leaf(uint64_t n)
{{
	pthread_attr_t attributes;
	pthread_t id;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 65536);
	if (pthread_create(&id, &attributes, $serve, (void *)(uintptr_t)n))
		return;
	pthread_attr_destroy(&attributes);
	{last}
}}
"""
    subject = Subject(declare=scope.render(code), step=scope.render("$leaf($n);"), rate=rate,
                      about={"family": "thread-leak", "item": sort + (", keeps" if keeps else ""), "bytes": size, "rate": round(rate, 1)})
    finish(subject, leaking, rate, 65536, kinds=["thread-leak"], sites=[], wanted="thread", stack=[], root="none")
    subject.measure = ["space"]
    return subject


def fragmentation(program, rng, leaking):
    """Small blocks made between large ones keep the holes of those apart, too small for what comes later."""
    scope, count = program.scope(), rng.choice([2000, 4000])
    # Each hole is left once in a run: from then on there is nothing more to leave.
    rate, budget, pinned = round(count * 0.9 / program.active), count * 3000, rng.choice([24, 48, 80])
    step = rng.choice([500, 900])
    larger = f" + ($turns ? 1800 + $turns / {max(1, int(rate * program.active / 8))} * {step} : 0)" if leaking else ""
    code = f"""
static char *$large[{count}], *$small[{count}];
static unsigned $sizes[{count}], $total, $turns;

ATTR static char *$entry(int number)
{{
	char *e = ALLOC{{char}}{{{pinned}}};

	memset(e, number, {pinned});
	return e;
}}

ATTR static void $render(int i)
{{
	if ($large[i]) {{
		$total -= $sizes[i];
		free($large[i]);
	}}
	$sizes[i] = 2600 + $rnd() % 300{larger};
	$large[i] = (char *)malloc($sizes[i]);
	memset($large[i], i, $sizes[i]);
	$total += $sizes[i];
}}

static void $set_up(void)
{{
	for (int i = 0; i < {count}; i++) {{
		$render(i);
		$small[i] = $entry(i);
	}}
}}

ATTR static void $leaf(uint64_t n)
{{
	(void)n;
	$turns++;
	$render($rnd() % {count});
	while ($total > {budget}u) {{
		int i = $rnd() % {count};

		if (!$large[i])
			continue;
		$total -= $sizes[i];
		free($large[i]);
		$large[i] = NULL;
	}}
}}
"""
    subject = Subject(declare=scope.render(code), begin=scope.render("$set_up();\n"), step=scope.render("$leaf($n);"), rate=rate,
                      about={"family": "fragmentation", "bytes": pinned, "rate": rate})
    finish(subject, leaking, 0, 0, kinds=["fragmentation"], near=[], pinned=[scope["entry"], scope["set_up"]], sites=[], wanted="fragmentation", stack=[], root="none")
    subject.grows = (0, rate * 4000)
    subject.measure = ["resident"]
    return subject


def regions(program, rng, leaking):
    """Memory got by mmap and not given back."""
    scope, rate, size = program.scope(), rng.uniform(8, 40), rng.choice([16, 64, 256, 512]) * 1024
    rate = max(6, min(rate, 80e6 / program.active / size))
    bound = min(rng.choice([2, 8, 20]), early(program, rate))
    give = "" if leaking else f"if ($maps[n % {bound}])\n\t\tmunmap($maps[n % {bound}], {size});\n\t$maps[n % {bound}] = p;"
    code = f"""
static char *$maps[{bound}];

ATTR static char *$region(void)
{{
	void *p = mmap(NULL, {size}, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : (char *)p;
}}

ATTR static void $leaf(uint64_t n)
{{
	char *p = $region();

	if (!p)
		return;
	memset(p, (int)n, {size});
	{"$maps[0] = p;" if leaking else give}
}}
"""
    subject = Subject(declare=scope.render(code), step=scope.render("$leaf($n);"), rate=rate,
                      about={"family": "regions by mmap", "bytes": size, "rate": round(rate, 1)})
    finish(subject, leaking, rate, size, kinds=["growing", "growing-cache", "lost"], sites=[scope["region"], scope["leaf"]], wanted=scope["region"],
           stack=[scope["region"], scope["leaf"], program.worker], root="none")
    subject.measure = ["mapped"]
    return subject


BUFFERS = {
    "doubled bytes": ("char *$data;\n\tsize_t $used, $room;", """if (b->$used + {chunk} > b->$room) {{
		b->$room = b->$room ? b->$room * 2 : {start};
		b->$data = (char *)realloc(b->$data, b->$room);
		if (!b->$data)
			exit(1);
	}}
	memset(b->$data + b->$used, (int)n | 1, {chunk});
	b->$used += {chunk};""", "b->$used = 0;", "c"),
    "records, stepwise": ("struct {{ double a, b; uint32_t c[2]; }} *$data;\n\tsize_t $used, $room;", """if (b->$used == b->$room) {{
		b->$room += {step};
		*(void **)&b->$data = realloc(b->$data, b->$room * sizeof(*b->$data));
		if (!b->$data)
			exit(1);
	}}
	b->$data[b->$used].a = n + 0.5;
	b->$data[b->$used].b = 1.5;
	b->$data[b->$used].c[0] = b->$data[b->$used].c[1] = 7;
	b->$used++;""", "b->$used = 0;", "c"),
    "std::string": ("std::string $data;", "b->$data.append({chunk}, (char)(n | 1));", "b->$data.clear();", "c++"),
    "std::vector of numbers": ("std::vector<double> $data;", "b->$data.insert(b->$data.end(), {chunk} / 8 + 1, n + 0.25);",
                               "b->$data.clear();", "c++"),
    "GString": ("GString *$data;", "if (!b->$data)\n\t\tb->$data = g_string_new(\"x\");\n\tfor (int i = 0; i < {chunk}; i++)\n\t\t"
                "g_string_append_c(b->$data, 'a');", "if (b->$data)\n\t\tg_string_truncate(b->$data, 1);", "glib"),
    "GByteArray": ("GByteArray *$data;", "static const guint8 bytes[{chunk}] = {{ 1, 2, 3 }};\n\n\tif (!b->$data)\n\t\t"
                   "b->$data = g_byte_array_new();\n\tg_byte_array_append(b->$data, bytes, {chunk});",
                   "if (b->$data)\n\t\tg_byte_array_set_size(b->$data, 0);", "glib"),
}


def buffer(program, rng, leaking):
    """One block that gets longer and longer; or one that is emptied and filled again."""
    scope, language = program.scope(), program.style.language
    sort = rng.choice([name for name, row in BUFFERS.items() if row[3] == language or (row[3] == "c")])
    fields, append, empty, _ = BUFFERS[sort]
    chunk, start, step = rng.choice([8, 24, 100]), rng.choice([256, 4096]), rng.choice([64, 500])
    per_second = rng.choice([8000, 40000, 200000])
    rate, period = per_second / chunk, rng.randrange(300, 1200)
    text = append.format(chunk=chunk, start=start, step=step)
    code = f"""
struct $long {{
	int $state;
	{fields.replace("{{", "{").replace("}}", "}")}
}};
static struct $long {rng.choice(["$g", "$g"])};

ATTR static void $leaf(struct $long *b, uint64_t n)
{{
	{text}
}}
"""
    tick = "" if leaking else f"""if ($ms > $last + {period}) {{
			struct $long *b = &$g;

			$last = $ms;
			{empty}
		}}"""
    headers = ("string", "vector") if language == "c++" else ()
    subject = Subject(declare=scope.render(code + "static uint32_t $last;\n"), step=scope.render("$leaf(&$g, $n);"), tick=scope.render(tick),
                      rate=rate, headers=headers,
                      about={"family": "one growing block", "item": sort, "bytes": per_second, "rate": round(rate, 1)})
    if not leaking and sort == "doubled bytes" and rng.random() < 0.5:
        # A ring: what is written goes round in a block of fixed size.
        ring = rng.choice([4096, 100000, 2000000])
        subject.declare = subject.declare.replace(scope.render(f"b->$used += {chunk};"),
                                                  scope.render(f"b->$used = (b->$used + {chunk}) % {ring};"))
        subject.tick, subject.about["item"] = "", f"ring of {ring}"
    finish(subject, leaking, rate, chunk, kinds=["growing-cache"], near=["growing"], sites=[scope["leaf"]], wanted=scope["leaf"],
           stack=[scope["leaf"], program.worker], root="global", holders=[scope["g"]])
    subject.grows = (0, per_second)
    subject.measure = ["bytes"]
    return subject


def arena(program, rng, leaking):
    """Chunks from which parts are cut; never freed, or all at once after each request."""
    scope, chunk = program.scope(), rng.choice([4096, 16384, 65536])
    cut, per_second = rng.choice([24, 100, 500]), rng.choice([100_000, 500_000, 3_000_000])
    rate, period = min(20000, per_second / cut), rng.randrange(50, 600)
    code = f"""
struct $chunk {{
	struct $chunk *$older;
	size_t $used;
	char $space[{chunk} - 16];
}};
struct $arena {{
	struct $chunk *$newest;
	unsigned $chunks;
}};
static struct $arena {rng.choice(["$g", "$g"])};

ATTR static void *$cut(struct $arena *a, size_t size)
{{
	struct $chunk *c = a->$newest;

	if (!c || c->$used + size > sizeof(c->$space)) {{
		c = ALLOC{{struct $chunk}}{{sizeof(struct $chunk)}};
		c->$older = a->$newest;
		c->$used = 0;
		a->$newest = c;
		a->$chunks++;
	}}
	c->$used += size;
	return c->$space + c->$used - size;
}}

ATTR static void $reset(struct $arena *a)
{{
	while (a->$newest && a->$newest->$older) {{
		struct $chunk *c = a->$newest;

		a->$newest = c->$older;
		FREE{{c}};
	}}
	if (a->$newest)
		a->$newest->$used = 0;
}}

ATTR static void $number(struct $arena *a, uint64_t n)
{{
	*(uint64_t *)$cut(a, 8 + {cut} / 8 * 8) = n;
}}

ATTR static void $word(struct $arena *a, uint64_t n)
{{
	memset($cut(a, 8 + {cut} / 8 * 8), (int)n, {cut});
}}

ATTR static void $leaf(uint64_t n)
{{
	if (n & 1)
		$word(&$g, n);
	else
		$number(&$g, n);
}}
static uint32_t $last;
"""
    tick = "" if leaking else f"""if ($ms > $last + {period}) {{
			$last = $ms;
			$reset(&$g);
		}}"""
    subject = Subject(declare=scope.render(code), step=scope.render("$leaf($n);"), tick=scope.render(tick), rate=rate,
                      about={"family": "arena", "bytes": chunk, "rate": round(rate, 1)})
    blocks = rate * (cut + 8) / chunk
    if leaking and blocks * program.active < 60:
        subject.rate = 60 * chunk / (cut + 8) / program.active
        blocks = subject.rate * (cut + 8) / chunk
    if leaking and blocks * chunk * program.active > 100e6:
        subject.rate = 100e6 / (cut + 8) / program.active
        blocks = subject.rate * (cut + 8) / chunk
    subject.about["rate"] = round(subject.rate, 1)
    return finish(subject, leaking, blocks, chunk, kinds=["growing-cache"], near=["growing"],
                  sites=[scope["cut"], scope["number"], scope["word"], scope["leaf"]], wanted=scope["cut"],
                  stack=[scope["cut"], scope["word"], scope["leaf"], program.worker], root="global", holders=[scope["g"]])


def timers(program, rng, leaking):
    """Each object has a timeout in GLib's main loop, which is not taken away with the object."""
    scope, rate = program.scope(), rng.uniform(15, 300)
    size, bound = rng.choice([24, 80, 300]), min(rng.choice([10, 50]), early(program, rate))
    code = f"""
struct $thing {{
	guint $id;
	char $text[{size}];
}};
static struct $thing *$ring[{bound}];

static gboolean $due(gpointer data)
{{
	$uses += ((struct $thing *)data)->$text[0];
	return G_SOURCE_CONTINUE;
}}

ATTR static struct $thing *$plan(uint64_t n)
{{
	struct $thing *t = ALLOC{{struct $thing}}{{sizeof(struct $thing)}};

	memset(t, (int)n, sizeof(*t));
	t->$id = g_timeout_add_seconds(300 + n % 100, $due, t);
	return t;
}}

ATTR static void $leaf(uint64_t n)
{{
	struct $thing **at = &$ring[n % {bound}];

	{"" if leaking else "if (*at) { g_source_remove((*at)->$id); FREE{*at}; }"}
	*at = $plan(n);
	g_main_context_iteration(NULL, FALSE);
}}
"""
    subject = Subject(declare=scope.render(code), step=scope.render("$leaf($n);"), rate=rate,
                      about={"family": "timers of GLib", "bytes": size, "rate": round(rate, 1)})
    return finish(subject, leaking, rate * 3, size / 3 + 32, kinds=["listener-leak"], near=["growing-cache"],
                  sites=[scope["plan"], scope["leaf"]], wanted=scope["plan"], stack=[scope["plan"], scope["leaf"], program.worker],
                  root="global", callbacks=[scope["due"]])


timers.language = "glib"


def functions(program, rng, leaking):
    """Lambdas or observers of C++ in a vector, a list or a map, and nobody takes them out."""
    scope, rate = program.scope(), rng.uniform(15, 800)
    size, bound, sort = rng.choice([16, 60, 300]), rng.choice([20, 200]), rng.choice(["lambda", "observer", "shared"])
    bound = min(bound, early(program, rate))
    keeper = rng.choice(["std::vector", "std::list", "std::deque"])
    held = {"lambda": "std::function<void(int)>", "observer": "struct $observer *", "shared": "std::shared_ptr<struct $observer>"}[sort]
    make = {
        "lambda": "auto *state = new $widget(n);\n\ts->$all.push_back([state](int what) { $uses += state->$text[0] + what; });\n\t"
                  "$states.push_back(state);",
        "observer": "auto *w = new $widget(n);\n\ts->$all.push_back(w);",
        "shared": "s->$all.push_back(std::make_shared<$widget>(n));",
    }[sort]
    drop = {"lambda": "delete $states.front();\n\t\t$states.erase($states.begin());", "observer": "delete s->$all.front();", "shared": ""}[sort]
    if sort == "lambda" and leaking:
        make = make.replace("\n\t$states.push_back(state);", "")
    bounded = "" if leaking else f"if (s->$all.size() > {bound}) {{\n\t\t{drop}\n\t\ts->$all.erase(s->$all.begin());\n\t}}"
    fire = {"lambda": "each(1)", "observer": "each->$heard(1)", "shared": "each->$heard(1)"}[sort]
    code = f"""
struct $observer {{
	virtual ~$observer() {{}}
	virtual void $heard(int what) = 0;
}};
struct $widget : $observer {{
	int $number;
	unsigned char $text[{size}];
	explicit $widget(uint64_t n) : $number((int)n) {{ memset($text, (int)n, sizeof($text)); }}
	void $heard(int what) override {{ $uses += what + $text[0]; }}
}};
struct $signal {{
	long $emitted = 0;
	{keeper}<{held}> $all;
}};
{"static std::vector<$widget *> $states;" if sort == "lambda" else ""}
static {rng.choice(["struct $signal $g;", "struct $signal *$g = new $signal();"])}

ATTR static void $leaf(struct $signal *s, uint64_t n)
{{
	{make}
	{bounded}
}}

static void $emit(struct $signal *s)
{{
	s->$emitted++;
	for (auto &each : s->$all)
		{fire};
}}
static uint32_t $last;
"""
    signal = "$g" if "new $signal()" in code else "&$g"
    tick = f"if ($ms > $last + 100) {{\n\t\t\t$last = $ms;\n\t\t\t$emit({signal});\n\t\t}}"
    subject = Subject(declare=scope.render(code), step=scope.render(f"$leaf({signal}, $n);"), tick=scope.render(tick), rate=rate,
                      headers=("functional", "memory", "vector", "list", "deque"),
                      about={"family": "listeners of C++", "item": sort, "container": keeper, "bytes": size, "rate": round(rate, 1)})
    return finish(subject, leaking, rate, size, kinds=["listener-leak"], near=["growing-cache"], sites=[scope["leaf"]], wanted=scope["leaf"],
                  stack=[scope["leaf"], program.worker], root="global", holders=[scope["g"]])


functions.language = "c++"


def searched(program, rng, leaking):
    """Nodes that libc's tsearch() makes."""
    scope, rate, bound = program.scope(), rng.uniform(15, 2000), rng.choice([50, 1000])
    code = f"""
static void *$tree;

static int $order(const void *a, const void *b)
{{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}}

ATTR static void $enter(uint64_t n)
{{
	uint64_t *key = ALLOC{{uint64_t}}{{{rng.choice([8, 24, 64])}}};

	*key = $mix(n);
	tsearch(key, &$tree, $order);
}}

ATTR static void $leave(uint64_t n)
{{
	uint64_t key = $mix(n), **at = (uint64_t **)tfind(&key, &$tree, $order), *old;

	if (!at)
		return;
	old = *at;
	tdelete(&key, &$tree, $order);
	FREE{{old}};
}}

ATTR static void $leaf(uint64_t n)
{{
	$enter(n);
	{"" if leaking else f"if (n >= {bound})"}
	{"" if leaking else f"	$leave(n - {bound});"}
}}
"""
    if not leaking and bound > rate * program.active * 0.4:
        rate = bound / program.active / 0.4
    subject = Subject(declare=scope.render(code), step=scope.render("$leaf($n);"), rate=rate, headers=("search.h",),
                      about={"family": "tsearch of libc", "rate": round(rate, 1)})
    return finish(subject, leaking, rate * 2, 16, kinds=["growing-cache"], near=["growing"], sites=[scope["enter"], scope["leaf"]],
                  wanted=scope["enter"], stack=[scope["enter"], scope["leaf"], program.worker], root="global", holders=[scope["tree"]])
