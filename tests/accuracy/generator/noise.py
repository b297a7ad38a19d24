"""What goes on beside: all of it steady, some of it much."""
from .subjects import Subject


def churn(program, rng):
    """Pairs of malloc and free by the working thread, at most 60,000 a second."""
    scope = program.scope()
    pairs = int(100 * 600 ** rng.random())
    slots = min(rng.choice([1, 8, 64, 500]), int(pairs * program.active * 0.1))
    code = scope.render(f"""
static char *$recent[{slots}];

ATTR static void $churn(uint64_t n)
{{
	size_t size = {rng.choice([8, 30, 100])} + $rnd() % {rng.choice([40, 500, 3000])};
	char *p = ALLOC{{char}}{{size}};

	memset(p, (int)n, size > 64 ? 64 : size);
	if ($recent[n % {slots}])
		FREE{{$recent[n % {slots}]}};
	$recent[n % {slots}] = p;
}}
""")
    return Subject(declare=code, step=scope.render("$churn($n);"), rate=pairs, about={"noise": "churn", "rate": pairs})


def flat(program, rng):
    """A big heap that does not change."""
    scope = program.scope()
    count = rng.choice([500, 5000, 30000])
    size = min(rng.choice([40, 200, 1000, 4000]), 60_000_000 // count)
    code = scope.render(f"""
static void **$still;

ATTR static void $lay(void)
{{
	$still = (void **)malloc({count} * sizeof(void *));
	for (int i = 0; i < {count}; i++) {{
		$still[i] = malloc({size});
		memset($still[i], i, {size});
	}}
}}
""")
    return Subject(declare=code, begin=scope.render("$lay();\n"), rate=0, about={"noise": "flat heap", "bytes": count * size})


def burst(program, rng):
    """Much at the start, most of it freed at once."""
    scope = program.scope()
    count, keep = rng.choice([2000, 20000]), rng.choice([5, 10, 50])
    code = scope.render(f"""
static void *$left[{count} / {keep} + 1];

ATTR static void $start(void)
{{
	void **all = (void **)malloc({count} * sizeof(void *));

	for (int i = 0; i < {count}; i++)
		all[i] = calloc(1, 16 + $rnd() % 400);
	usleep({rng.choice([1000, 100000, 600000])});
	for (int i = 0; i < {count}; i++)
		if (i % {keep} == 0)
			$left[i / {keep}] = all[i];
		else
			free(all[i]);
	free(all);
}}
""")
    return Subject(declare=code, begin=scope.render("$start();\n"), rate=0, about={"noise": "start-up burst", "count": count})


def xored(program, rng):
    """A queue of fixed length, linked by the exclusive or of its neighbours' addresses."""
    scope = program.scope()
    bound, rate = rng.choice([50, 500, 2500]), rng.choice([50, 500, 3000])
    code = scope.render(f"""
struct $bead {{
	uintptr_t $both;
	char $text[{rng.choice([24, 80, 200])}];
}};
static struct $bead *$head, *$tail;
static unsigned $beads;

ATTR static void $thread_on(uint64_t n)
{{
	struct $bead *x = ALLOC{{struct $bead}}{{sizeof(struct $bead)}};

	memset(x, (int)n, sizeof(*x));
	x->$both = (uintptr_t)$tail;
	if ($tail)
		$tail->$both ^= (uintptr_t)x;
	else
		$head = x;
	$tail = x;
	if (++$beads > {bound}) {{
		struct $bead *next = (struct $bead *)$head->$both;

		next->$both ^= (uintptr_t)$head;
		FREE{{$head}};
		$head = next;
		$beads--;
	}}
}}
""")
    verdict = "steady" if bound / rate < program.active * 0.5 else "filling"
    if bound / rate > program.active * 0.95:
        rate = bound / program.active * 3
        verdict = "steady"
    return Subject(declare=code, step=scope.render("$thread_on($n);"), rate=rate, verdict=verdict,
                   about={"noise": "xored list", "bound": bound, "rate": rate})


def boxed(program, rng):
    """Strings that only words with a tag in their upper bits lead to; each is replaced in turn."""
    scope = program.scope()
    slots, rate = rng.choice([40, 400, 4000]), rng.choice([30, 300, 3000])
    code = scope.render(f"""
static uint64_t *$values;

ATTR static void $assign(uint64_t n)
{{
	uint64_t *at = &$values[$rnd() % {slots}];
	char *text = ALLOC{{char}}{{{rng.choice([20, 48])} + n % 16}};

	memset(text, 'v', 16);
	if (*at)
		FREE{{(void *)(uintptr_t)(*at & 0xffffffffffffu)}};
	*at = 0xfffb000000000000u | (uint64_t)(uintptr_t)text;
}}

static void $fill(void)
{{
	$values = (uint64_t *)calloc({slots}, sizeof(uint64_t));
	for (int i = 0; i < {slots * 4}; i++)
		$assign(i);
}}
""")
    return Subject(declare=code, begin=scope.render("$fill();\n"), step=scope.render("$assign($n);"), rate=rate,
                   about={"noise": "boxed values", "slots": slots, "rate": rate})


def threads(program, rng):
    """Threads with a churn of their own."""
    scope = program.scope()
    count, pause = rng.choice([1, 2, 3]), rng.choice([500, 3000, 20000])
    code = scope.render(f"""
static void *$toil(void *argument)
{{
	unsigned seed = (unsigned)(uintptr_t)argument;
	char *mine[32] = {{ NULL }};

	for (;;) {{
		for (int i = 0; i < 8; i++) {{
			char **at = &mine[rand_r(&seed) % 32];

			free(*at);
			*at = (char *)malloc(20 + rand_r(&seed) % 900);
			**at = 1;
		}}
		usleep({pause});
	}}
	return NULL;
}}

static void $hire(void)
{{
	for (int i = 0; i < {count}; i++) {{
		pthread_t id;

		if (pthread_create(&id, NULL, $toil, (void *)(uintptr_t)(i + 1)) == 0)
			pthread_detach(id);
	}}
}}
""")
    return Subject(declare=code, begin=scope.render("$hire();\n"), rate=0, about={"noise": "threads", "count": count})


ALL = [churn, churn, churn, flat, burst, xored, boxed, threads]
