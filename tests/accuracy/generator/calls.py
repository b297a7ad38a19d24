"""How the function that allocates is reached: every layer is a function (box, number) that calls the one below."""

LAYERS = {}


def layer(function):
    LAYERS[function.__name__] = function
    return function


@layer
def direct(scope, rng, below, box):
    text = f"""
ATTR static void $top({box} *b, uint64_t n)
{{
	$seen += n & 7;
	{below}(b, n);
	$seen ^= n;
}}
"""
    return "static volatile uint64_t $seen;\n" + text, ["top"]


@layer
def two_callers(scope, rng, below, box):
    return f"""
static volatile unsigned $first_seen, $second_seen;

ATTR static void $first({box} *b, uint64_t n)
{{
	{below}(b, n);
	$first_seen++;
}}

ATTR static void $second({box} *b, uint64_t n)
{{
	$second_seen += 2;
	{below}(b, n);
	$second_seen--;
}}

ATTR static void $top({box} *b, uint64_t n)
{{
	if ($rnd() % {rng.choice([2, 3, 10])} == 0)
		$first(b, n);
	else
		$second(b, n);
}}
""", ["first", "second", "top"]


@layer
def recursive(scope, rng, below, box):
    return f"""
static volatile unsigned $deepest;

__attribute__((noinline)) static void $down({box} *b, uint64_t n, unsigned depth)
{{
	if (depth > 0)
		$down(b, n, depth - 1);
	else
		{below}(b, n);
	if (depth > $deepest)
		$deepest = depth;
}}

ATTR static void $top({box} *b, uint64_t n)
{{
	$down(b, n, (unsigned)($rnd() % {rng.choice([3, 8, 25])}));
}}
""", ["down", "top"]


@layer
def forked_recursion(scope, rng, below, box):
    return f"""
static volatile unsigned $lefts, $rights;

__attribute__((noinline)) static void $down({box} *b, uint64_t n, unsigned depth, unsigned way)
{{
	if (depth == 0) {{
		{below}(b, n);
	}} else if (way & 1) {{
		$down(b, n, depth - 1, way >> 1);
		$lefts++;
	}} else {{
		$down(b, n, depth - 1, way >> 1);
		$rights++;
	}}
}}

ATTR static void $top({box} *b, uint64_t n)
{{
	$down(b, n, {rng.choice([2, 5, 9, 13])}, (unsigned)$rnd());
}}
""", ["down", "top"]


@layer
def table(scope, rng, below, box):
    count = rng.randrange(3, 14)
    names = [f"way{i}" for i in range(count)]
    text = f"static volatile uint64_t $total;\n"
    for i, name in enumerate(names):
        text += f"""
static void ${name}({box} *b, uint64_t n)
{{
	$total += {rng.randrange(1, 1000)};
	{below}(b, n);
	$total ^= {rng.randrange(1, 1000)};
}}
"""
    text += f"static void (*const $ways[])({box} *, uint64_t) = {{ {', '.join('$' + n for n in names)} }};\n"
    text += f"""
ATTR static void $top({box} *b, uint64_t n)
{{
	$ways[$rnd() % {count}](b, n);
	$total--;
}}
"""
    return text, names + ["top"]


@layer
def callback(scope, rng, below, box):
    return f"""
static volatile int $calls;

__attribute__((noinline)) static void $each({box} *b, uint64_t n, void (*what)({box} *, uint64_t))
{{
	$calls++;
	what(b, n);
	$calls--;
}}

ATTR static void $top({box} *b, uint64_t n)
{{
	$each(b, n, {below});
	$calls += 2;
}}
""", ["each", "top"]


@layer
def nested(scope, rng, below, box):
    count = rng.randrange(4, 12)
    names = [f"event{i}" for i in range(count)]
    text = f"static volatile uint64_t $total;\nstatic void $go({box} *b, uint64_t n, unsigned depth);\n"
    for name in names:
        text += f"""
static void ${name}({box} *b, uint64_t n, unsigned depth)
{{
	$total += {rng.randrange(1, 1000)};
	$go(b, n, depth);
	$total ^= {rng.randrange(1, 1000)};
}}
"""
    text += f"static void (*const $events[])({box} *, uint64_t, unsigned) = {{ {', '.join('$' + n for n in names)} }};\n"
    text += f"""
__attribute__((noinline)) static void $go({box} *b, uint64_t n, unsigned depth)
{{
	if (depth > 0)
		$events[$rnd() % {count}](b, n, depth - 1);
	else
		{below}(b, n);
	$total++;
}}

ATTR static void $top({box} *b, uint64_t n)
{{
	$go(b, n, (unsigned)($rnd() % {rng.choice([3, 5, 8])}));
}}
"""
    return text, names + ["go", "top"]


def reach(make_scope, rng, leaf, box, layers):
    """Code of some layers over a function, the name of the uppermost, and all functions on the way, innermost first."""
    code, below, passed = "", leaf, []
    for name in layers:
        scope = make_scope()
        text, functions = LAYERS[name](scope, rng, below, box)
        code += scope.render(text)
        passed += [scope[f] for f in functions]
        below = scope["top"]
    return code, below, passed
