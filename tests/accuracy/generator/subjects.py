"""What a program does with its memory: the containers that keep, and (in leaks.py) everything else."""
import dataclasses
import math

from . import calls, containers, holders, items, lives


# Of what stays, at most so many in a run: more takes longer to look through than there is time between two snapshots.
MOST_ITEMS = 50000


@dataclasses.dataclass
class Subject:
    """declare: at file scope. begin, step, tick, end: statements of the working function; step does work number `$n`."""

    declare: str = ""
    begin: str = ""
    step: str = ""
    tick: str = ""
    end: str = ""
    rate: float = 100
    verdict: str = "steady"
    finding: dict = None
    about: dict = dataclasses.field(default_factory=dict)
    argument: str = ""
    headers: tuple = ()
    # What the native counter is asked for, where it is not blocks and bytes.
    measure: list = None
    # What stays a second, natively: blocks and bytes, at least.
    grows: tuple = (0, 0)


@dataclasses.dataclass
class Shared:
    """One static object with several containers as members."""

    name: str
    members: list = dataclasses.field(default_factory=list)

    def subject(self):
        rows = "".join(f"\t{box} {member};\n\tlong {member}_{i};\n" for i, (box, member) in enumerate(self.members))
        return Subject(declare=f"static struct {{\n{rows}}} {self.name};\n", rate=0)


class Plan:
    """Rates and sizes that go together: a run stays within some tens of MiB."""

    def __init__(self, rng, seconds, active):
        self.rng, self.seconds, self.active = rng, seconds, active
        self.size = int(math.exp(rng.uniform(math.log(16), math.log(65536 if rng.random() < 0.3 else 2000))))
        most = min(MOST_ITEMS / active, 40e6 / active / self.size)
        self.drawn = math.exp(rng.uniform(math.log(10), math.log(max(most, 30))))
        self.reset()

    def reset(self):
        self.rate = self.leak_rate = min(self.drawn, 40e6 / self.active / self.size)
        self.bound_at = None
        return self

    def slower(self, most):
        self.drawn = min(self.drawn, most)
        return self.reset()

    def bound(self, share):
        return max(3, int(self.rate * self.active * share))


def pick_container(rng, language, listener):
    if language == "c++":
        choice = containers.CXX * 2 + containers.C
    elif language == "glib":
        choice = containers.GLIB * 3 + containers.C
    else:
        choice = containers.C
    return rng.choice([c for c in choice if c.walk or not listener])


def container_code(scope, rng, container):
    values = {"growth": rng.choice(["? 2 * b->$room : 16", "+ 64", "? b->$room + b->$room / 2 : 8", "+ 1000"]), "width": rng.choice([16, 64, 256]),
              "fixed": rng.choice(["", f"!b->$width || b->$width < {rng.choice([512, 2048])} && "]), "order": rng.choice([4, 8, 15, 32])}
    code = container.code
    for key, value in values.items():
        code = code.replace(f"<<{key}>>", str(value))
    return scope.render(code)


def kept(program, rng, leaking, listener=False, shared=None):
    """Items kept in a container: a growing cache or forgotten listeners, or one of their steady twins.

    shared: an object that has the container as a member; what is a member so far is in its list."""
    scope, plan = program.scope(), Plan(rng, program.seconds, program.active)
    if listener:
        plan.slower(1500)
    container = pick_container(rng, program.style.language, listener)
    if "std::vector" == container.name or container.name == "GPtrArray":
        plan.slower(5000)
    box = scope.render("struct $box")
    kind = holders.choose(rng)
    if kind == "argument" and (shared or program.thread_taken()):
        kind = "heap member"
    worker = program.worker
    life = lives.choose(rng, plan, container, leaking)
    if shared is not None:
        shared.members.append((box, scope["member"]))
        holder = holders.outside(scope, f"&{shared.name}.{scope['member']}", shared.name)
        kind = holder.kind
    else:
        holder = holders.hold(kind, scope, program.style, box, worker)
    size = max(1, plan.size - 24)
    item, sort, making, backs, call = items.item_code(scope, rng, container, size, listener)
    scope.known["b"] = holder.expr
    stale = rng.random() < 0.15
    if stale:
        # Pointers to some items that nobody clears, also when the items are gone.
        count = rng.choice([4, 64, 400])
        life = life._replace(begin=f"static struct $item *$seen_last[{count}];\n" + life.begin,
                             leaf=life.leaf.replace("$add(b, $make(n));", f"$add(b, $seen_last[n % {count}] = $make(n));"))
    leaf = scope.render(f"ATTR static void $leaf(struct $box *b, uint64_t n)\n{{\n\t{life.leaf}\n}}\n")
    depth = rng.choice([0, 1, 1, 1, 2])
    layers = [rng.choice(list(calls.LAYERS)) for _ in range(depth)]
    begin_life = scope.render(life.begin)
    chain, top, passed = calls.reach(program.scope, rng, scope["leaf"], box, layers)
    walk = scope.render(f"\nATTR static void $fire(struct $box *b)\n{{\n\t{container.walk}\n}}\n") if listener else ""
    tick = scope.render(life.tick)
    if listener:
        every = rng.choice([50, 100, 200])
        begin_life += scope.render("\nstatic uint32_t $fired;")
        tick += scope.render(f"\n\t\tif ($ms > $fired + {every}) {{\n\t\t\t$fired = $ms;\n\t\t\t$fire($b);\n\t\t}}")
    sites = making + [scope["leaf"]] + [scope[a] for a in container.allocates]
    names = holder.names + ([] if holder.threaded or holder.root != "stack" else ["main"])
    subject = Subject(declare=item + call + container_code(scope, rng, container) + holder.declare + begin_life + "\n" + leaf + chain + walk,
                      begin=holder.begin, step=f"{top}({holder.expr}, $n);", tick=tick, end=scope.render("$sweep($b, ~0u);"),
                      rate=plan.rate, verdict=life.verdict, headers=container.headers)
    if container is containers.RING and life.name == "immortal" and not listener and rng.random() < 0.5:
        # One element is static: from it half of the ring is nearer than from the head.
        fixed = f"static struct {scope['item']} {scope['fixed']};\n"
        subject.declare += fixed
        subject.begin += f"{scope['add']}({holder.expr}, &{scope['fixed']});\n"
        subject.end = ""
        stale = "static member"
    subject.argument = holders.argument_code(scope, program.style) if holder.threaded else ""
    family = "listener-leak" if listener else "growing-cache"
    subject.about = {"family": family, "container": container.name, "holder": kind, "life": life.name, "calls": "+".join(layers) or "none",
                     "item": sort, "bytes": plan.size, "rate": round(plan.rate, 1), "bound": plan.bound_at,
                     "stale": stale or None}
    if life.verdict == "leaking":
        subject.about["stays"] = round(plan.rate * life.share, 1)
        subject.grows = (plan.rate * life.share, plan.rate * life.share * plan.size)
        near = ["growing-cache"] if listener else []
        # Objects with operations that are found by a key are as much a cache as a list of listeners.
        kinds = [family, "growing-cache"] if listener and "keyed" in container.can else [family]
        subject.finding = {"kinds": kinds, "near": near + ["growing"], "sites": sites, "wanted": making[0],
                           "stack": [making[0], scope["leaf"]] + passed + [worker], "holders": names, "root": holder.root,
                           "shape": container.shape, "callbacks": backs}
    return subject
