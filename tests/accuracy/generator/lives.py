"""How long items live: the code of $leaf, what is done between times, and whether it leaks."""
import collections

# leaf: statements for one piece of work. tick: statements between times. needs: what the container must be able to.
# verdict: leaking, steady, filling (steady, but its bound is reached late) or open (nobody can tell within the run).
Life = collections.namedtuple("Life", "name verdict leaf tick begin needs share", defaults=("", "", "", 1.0))


def immortal(rng, plan):
    return Life("immortal", "leaking", "$add(b, $make(n));", "", "", "")


def needle(rng, plan):
    one_in = rng.choice([20, 100, 500])
    plan.rate = min(20000, plan.leak_rate * one_in)
    share = plan.leak_rate / plan.rate
    return Life("needle", "leaking", f"""struct $item *it = $make(n);

	$uses += it->$body[0];
	if ($rnd() % 65536 >= {max(1, round(share * 65536))}u)
		$unmake(it);
	else
		$add(b, it);""", "", "", "", share)


def floor(rng, plan):
    one_in, period = rng.choice([4, 8, 20]), rng.randrange(250, 1500)
    plan.rate = min(20000, plan.leak_rate * one_in)
    return Life("sweep with a rising floor", "leaking", f"""struct $item *it = $make(n);

	it->$keep = $rnd() % {one_in} == 0;
	$add(b, it);""", f"""if ($ms > $last + {period}) {{
			$last = $ms;
			$sweep($b, $ms - 20);
		}}""", "static uint32_t $last;", "sweep", 1 / one_in)


def missed(rng, plan):
    ways = rng.choice([2, 3, 5])
    plan.rate = min(20000, plan.leak_rate * ways)
    window = max(4, min(300, int(plan.rate / 10)))
    return Life("missed at one of several places", "leaking", f"""struct $item *it;

	$add(b, $make(n));
	if (n < {window})
		return;
	switch ((n * 2654435761u >> 16) % {ways}) {{
	case {rng.randrange(ways)}:
		$uses++;
		break;
	default:
		it = $take(b, $mix(n - {window}));
		if (it)
			$unmake(it);
	}}""", "", "", "take keyed", 1 / ways)


def backlog(rng, plan):
    """Every item goes in the end, but more come than go."""
    share = rng.choice([0.2, 0.5])
    plan.rate = min(20000, plan.leak_rate / share)
    return Life("a backlog that grows", "leaking", f"""struct $item *it;

	$add(b, $make(n));
	if ($rnd() % 100 < {round(share * 100)})
		return;
	it = $take(b, $mix($from++));
	if (it)
		$unmake(it);""", "", "static uint64_t $from;", "take", share)


def fraction(rng, plan):
    """When a bound is reached, as a share of the run, and the verdict for it."""
    at = rng.choice([0.03, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9])
    plan.bound_at = at
    return at, "steady" if at <= 0.5 else "filling"


def bounded(rng, plan):
    at, verdict = fraction(rng, plan)
    bound = plan.bound(at)
    return Life("bounded, the oldest goes", verdict, f"""struct $item *it;

	$add(b, $make(n));
	if (b->$count <= {bound})
		return;
	it = $take(b, $mix(n - {bound}));
	if (it)
		$unmake(it);""", "", "", "take")


def until_full(rng, plan):
    at, verdict = fraction(rng, plan)
    return Life("fills, then stays", verdict, f"""if (b->$count < {plan.bound(at)})
		$add(b, $make(n));
	else
		$uses += $find(b, $mix(n % 1000)) != NULL;""", "", "", "find")


def coupon(rng, plan):
    at = rng.choice([0.2, 0.3, 0.5, 0.8, 1.5])
    plan.bound_at = at
    keys = plan.bound(at / 4)
    return Life("each key once", "steady" if at <= 0.5 else "filling", f"""uint64_t key = $rnd() % {keys};

	if (!$find(b, $mix(key)))
		$add(b, $make(key));""", "", "", "find keyed")


def timed(rng, plan):
    age = rng.randrange(150, int(plan.seconds * 250))
    period = rng.choice([20, 50, 100])
    return Life("each for some time", "steady", "$add(b, $make(n));", f"""if ($ms > $last + {period}) {{
			$last = $ms;
			if ($ms > {age})
				$sweep($b, $ms - {age});
		}}""", "static uint32_t $last;", "sweep")


def swept(rng, plan):
    period = rng.randrange(200, 1300)
    return Life("swept", "steady", "$add(b, $make(n));", f"""if ($ms > $last + {period}) {{
			$last = $ms;
			$sweep($b, $ms - 20);
		}}""", "static uint32_t $last;", "sweep")


def emptied(rng, plan):
    period = rng.randrange(200, int(plan.seconds * 200))
    return Life("emptied", "steady", "$add(b, $make(n));", f"""if ($ms > $last + {period}) {{
			$last = $ms;
			$sweep($b, ~0u);
		}}""", "static uint32_t $last;", "")


def breathing(rng, plan):
    bound, period = plan.bound(rng.choice([0.05, 0.1, 0.2])), rng.randrange(500, 2500)
    return Life("swells and shrinks", "steady", f"""struct $item *it;
	uint64_t phase = $ms % {period} * 2, limit = {bound} / 2 + {bound} * (phase > {period} ? 2 * {period} - phase : phase) / {2 * period};

	$add(b, $make(n));
	while (b->$count > limit) {{
		it = $take(b, $mix($from++));
		if (it)
			$unmake(it);
	}}""", "", "static uint64_t $from;", "take")


def start_only(rng, plan):
    return Life("at the start only", "steady", f"""if (n < {plan.bound(0.05)})
		$add(b, $make(n));
	else
		$uses += $find(b, $mix(n % 1000)) != NULL;""", "", "", "find")


def by_request(rng, plan):
    return Life("for one request", "steady", f"""int parts = 1 + (int)($rnd() % 12);

	for (int i = 0; i < parts; i++)
		$add(b, $make(n * 16 + i));
	$sweep(b, ~0u);""", "", "", "")


def finished(rng, plan):
    window = max(4, plan.bound(rng.choice([0.01, 0.05])))
    return Life("each until it is done", "steady", f"""struct $item *it;

	$add(b, $make(n));
	if (n < {window})
		return;
	it = $take(b, $mix(n - {window}));
	if (it)
		$unmake(it);""", "", "", "take keyed")


def all_done(rng, plan):
    """The twin of the needle: nothing stays beyond a few, of which one in a hundred items is one."""
    plan.rate = min(20000, plan.rate * 20)
    verdict = "steady" if 2900 / plan.rate <= 0.5 * plan.active else "filling"
    return Life("at once", verdict, f"""struct $item *it = $make(n);

	$uses += it->$body[0];
	if (n % 100 || b->$count >= 30)
		$unmake(it);
	else
		$add(b, it);""", "", "", "")


LEAKING = [immortal, immortal, immortal, immortal, needle, floor, floor, missed, missed, backlog]
STEADY = [bounded, bounded, bounded, until_full, coupon, timed, swept, emptied, breathing, start_only, by_request, finished, all_done]


def choose(rng, plan, container, leaking):
    """A life that the container can give its items."""
    while True:
        life = rng.choice(LEAKING if leaking else STEADY)(rng, plan.reset())
        if all(need in container.can for need in life.needs.split()):
            return life
