"""Medians, ratios, goals; the table as text, as JSON and as rows for README."""
import statistics


class Spread:
    """The median of some figures, the least and the greatest."""

    def __init__(self, values):
        self.values = values
        self.median, self.least, self.greatest = statistics.median(values), min(values), max(values)

    def as_json(self):
        return {"median": self.median, "min": self.least, "max": self.greatest}


class Result:
    """What one measure of one row came to: by tool the values of the rounds, None where there is none, and why tools failed."""

    def __init__(self, row, measure):
        self.row, self.measure = row, measure
        self.name = row.name if len(row.measures) == 1 else f"{row.name}: {measure.name}"
        self.values = {tool: [] for tool in row.tools}
        self.failed = {}

    def spread(self, tool):
        values = [v for v in self.values.get(tool, []) if v is not None]
        return Spread(values) if values else None

    def compare(self, tool, function):
        """Spread of function(value, native's value of the same round)."""
        found = [function(v, n) for v, n in zip(self.values.get(tool, []), self.values.get("native", [])) if v is not None and n]
        return Spread(found) if found else None

    def ratio(self, tool):
        return self.compare(tool, lambda v, n: v / n)

    def added(self, tool):
        return self.compare(tool, lambda v, n: v - n)


# -- goals: DESIGN's, by name of result and tool: text, the figure and its limit, or None where it cannot be told


class Goal:
    def __init__(self, result, tool, text, value, limit, at_least=False, unknown=""):
        self.result, self.tool, self.text, self.value, self.limit, self.unknown = result, tool, text, value, limit, unknown
        self.met = None if value is None or limit is None or unknown else value >= limit if at_least else value <= limit

    def __str__(self):
        said = {True: "met", False: "NOT met", None: f"cannot be told{self.unknown and ': '}{self.unknown}"}[self.met]
        figure = "" if self.value is None else f": {number(self.value)} (limit {number(self.limit)})" if self.limit else ""
        return f"{self.tool}, goal {self.text}{figure}, {said}"


def median(spread):
    return spread.median if spread else None


def part_of_heaptrack(result, tool):
    ours, theirs = median(result.added(tool)), median(result.added("heaptrack"))
    value = None if ours is None or not theirs else ours / theirs
    return Goal(result, tool, "added time at most 1/15 of heaptrack's", value, 1 / 15)


def ratio_goal(result, tool, limit, text=None):
    at_least = result.measure.rate
    text = text or f"at {'least' if at_least else 'most'} {limit} of native"
    return Goal(result, tool, text, median(result.ratio(tool)), limit, at_least)


def added_mib(result, tool):
    added = result.added(tool)
    return added.median / 2**20 if added else None


def scaling(one, two, tool):
    """Throughput of two threads over that of one."""
    a, b = one.spread(tool), two.spread(tool)
    return 2 * a.median / b.median if a and b else None


def scaling_goal(result, tool, one):
    alone = scaling(one, result, "native")
    busy = f"native itself does {alone:.2f} here" if alone and alone < 1.9 else ""
    return Goal(result, tool, "2 threads at least 1.9 times one", scaling(one, result, tool), 1.9, True, busy)


def crowd_goal(result, tool, one):
    """Eight threads on two processors: how many times the time of one they take, beside how many times native's do."""
    ours, alone = (result.spread(name) and one.spread(name) and result.spread(name).median / one.spread(name).median
                   for name in (tool, "native"))
    return Goal(result, tool, "8 threads over one no more than native's", ours and alone and ours / alone, 1.05)


def goals(results):
    """The goals of the results there are."""
    found, by_name = [], {result.name: result for result in results}

    def each(names, tools, make):
        for name in names:
            for tool in tools:
                if name in by_name and by_name[name].spread(tool):
                    found.append(make(by_name[name], tool))

    pairs = ["silt preload", "silt"]
    each([f"{name}: {measure}" for name in ("pairs 4", "pairs 20", "pairs 60", "inner 20", "inner 60") for measure in ("time", "processor")],
         pairs, part_of_heaptrack)
    for frames in (4, 20):
        if f"pairs {frames}: time" in by_name:
            one = by_name[f"pairs {frames}: time"]
            each([f"pairs {frames} x2"], pairs, lambda result, tool, one=one: scaling_goal(result, tool, one))
            each([f"pairs {frames} x8"], pairs, lambda result, tool, one=one: crowd_goal(result, tool, one))
    if "recursion 900: processor" in by_name:
        shallow = by_name["recursion 900: processor"]
        each(["recursion 1100: processor", "recursion 1000000: processor"], pairs, lambda result, tool: Goal(
            result, tool, "added time at most 3 times that at 900 levels", median(result.added(tool)) / median(shallow.added(tool)), 3))
    for tool, most in (("silt preload", 1.5), ("silt", 3)):
        each(["commands: time"], [tool], lambda result, tool, most=most: Goal(
            result, tool, f"at most {most} ms a command more than native", median(result.added(tool)), most))
    each(["map: time", "map: processor"], pairs, lambda result, tool: ratio_goal(result, tool, 1.1))
    each(["live: memory", "live 1K: memory"], pairs, lambda result, tool: Goal(
        result, tool, "added memory at most 1/8 of the heap in memory + 8 MiB, in MiB", added_mib(result, tool),
        result.spread("native").median / 2**20 / 8 + 8 if result.spread("native") else None))
    each(["shrink: memory"], pairs, lambda result, tool: Goal(
        result, tool, "added memory at most 8 MiB once the heap is gone, in MiB", added_mib(result, tool), 8))
    scripts = {"sqlite3": 1.15, "jq": 1.08, "lua": 1.15, "perl": 1.15, "python3": 1.25, "gcc": 1.2}
    for name, limit in scripts.items():
        each([f"{name}: time", f"{name}: processor"], ["silt"], lambda result, tool, limit=limit: ratio_goal(result, tool, limit))
    redis = ["redis: SET", "redis: GET", "redis -P16: SET", "redis -P16: GET"]
    each(redis[:2], ["silt"], lambda result, tool: ratio_goal(result, tool, 0.98))
    each(redis[2:], ["silt"], lambda result, tool: ratio_goal(result, tool, 0.88))
    each([f"sampling {name}: {measure}" for name in scripts for measure in ("time", "processor")], ["silt 512K"],
         lambda result, tool: ratio_goal(result, tool, 1.01))
    each(redis, ["silt 512K"], lambda result, tool: ratio_goal(result, tool, 0.98))
    for size, sites in (("1k", 1000), ("10k", 10000), ("100k", 100000)):
        each([f"snapshot {size}: counters pause"], ["silt"], lambda result, tool, sites=sites: Goal(
            result, tool, "at most 1 ms per 10 k sites", result.spread(tool).median, max(1, sites / 10000)))
    each(["snapshot 100k: counters size"], ["silt"], lambda result, tool: Goal(
        result, tool, "a few MiB (at most 5), in MiB", result.spread(tool).median / 2**20, 5))
    each(["snapshot 10k heap: graph gap"], ["silt"], lambda result, tool: Goal(
        result, tool, "at most 20 ms per GiB of heap", result.spread(tool).median, 20))
    each(["diff 100k: diff", "diff wide: diff"], ["silt"], lambda result, tool: Goal(
        result, tool, "under 1 s", result.spread(tool).median, 1))
    return found


# -- text


def number(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def shown(value, unit):
    """A figure with its unit, in the unit that suits its size."""
    if unit == "bytes":
        return f"{value / 2**20:.1f} MiB" if abs(value) >= 1 << 20 else f"{value / 1024:.0f} KiB"
    if unit.startswith("ns/") and abs(value) >= 10000:
        return f"{value / 1000:.1f} us/{unit[3:]}"
    return f"{number(value)} {unit}"


def line(result, tool):
    """One tool's line: median (least to greatest), times native, what it adds."""
    if tool in result.failed and not result.spread(tool):
        return f"    {tool:13} {result.failed[tool]}"
    spread, unit = result.spread(tool), result.measure.unit
    text = f"    {tool:13} {shown(spread.median, unit):>18}  ({number(spread.least / scale(unit, spread))} to " \
           f"{number(spread.greatest / scale(unit, spread))})"
    ratio = result.ratio(tool)
    if tool == "native" or not ratio:
        return text
    text = f"{text:62} x{ratio.median:<7.3f} ({ratio.least:.3f} to {ratio.greatest:.3f})"
    if unit.startswith("ns/") or unit in ("bytes", "instructions/pair", "ms/command"):
        text += f"  adds {shown(result.added(tool).median, unit)}"
    if result.failed.get(tool):
        text += f"  then {result.failed[tool]}"
    return text


def scale(unit, spread):
    if unit == "bytes":
        return 2**20 if abs(spread.median) >= 1 << 20 else 1024
    return 1000 if unit.startswith("ns/") and abs(spread.median) >= 10000 else 1


def result_text(result, goal_list):
    lines = [f"{result.name}  [{result.measure.unit}{', more is better' if result.measure.rate else ''}]"]
    lines += [line(result, tool) for tool in result.row.tools if result.spread(tool) or tool in result.failed]
    lines += [f"      {goal}" for goal in goal_list if goal.result is result]
    return "\n".join(lines)


def scaling_text(results):
    """How much two threads do over one, for whoever was measured in both."""
    by_name = {result.name: result for result in results}
    lines = []
    for frames in (4, 20):
        one, two = by_name.get(f"pairs {frames}: time"), by_name.get(f"pairs {frames} x2")
        if one and two:
            known = [(tool, scaling(one, two, tool)) for tool in one.row.tools]
            lines.append(f"  at {frames} frames: " + ", ".join(f"{tool} {value:.2f}" for tool, value in known if value))
    return "\n".join(["two threads over one, pairs a second", *lines]) if lines else ""


# -- for README


def in_readme(result):
    """Not what stands beside a figure to explain it; of the two times that which other load on the machine does not change."""
    measure = result.measure.name
    if measure == "time" and any(other.name == "processor" for other in result.row.measures):
        return False
    if measure == "diff --by traceback" or measure in ("quiet gap", "counters gap", "graph pause") or "takes" in measure or "quiet" in measure:
        return False
    return not (result.row.name in ("snapshot 1k", "snapshot 10k") or result.name in ("snapshot 10k heap: counters size",
                "snapshot 10k heap: graph size", "snapshot 10k heap: counters pause", "diff 100k: top", "diff wide: top"))


def markdown(results, goal_list):
    columns = ["native", "silt", "silt 512K", "heaptrack", "jemalloc", "gperftools"]
    lines = ["| | " + " | ".join(columns) + " | goal |", "|---|" + "---|" * (len(columns) + 1)]
    for result in filter(in_readme, results):
        cells = []
        for column in columns:
            tool = "silt preload" if column == "silt" and "silt" not in result.row.tools else column
            spread, ratio = result.spread(tool), result.ratio(tool)
            if not spread:
                cells.append("fails" if tool in result.failed else "")
            elif tool == "native" or not ratio:
                cells.append(shown(spread.median, result.measure.unit))
            elif result.measure.unit.startswith("ns/") and result.measure.unit != "ns/thread":
                cells.append(f"+{shown(result.added(tool).median, 'ns/').removesuffix('/')}")
            elif result.measure.unit == "instructions/pair":
                cells.append(f"+{number(result.added(tool).median)}")
            elif result.measure.unit == "bytes":
                cells.append(f"+{shown(result.added(tool).median, 'bytes')}")
            else:
                cells.append(f"{ratio.median:.2f}x")
        ours = [goal for goal in goal_list if goal.result is result and goal.tool.startswith("silt") and goal.tool != "silt preload"]
        cells.append("; ".join(f"{goal.text.split(', in MiB')[0]}: {number(goal.value) if goal.value is not None else '?'} "
                               f"{ {True: 'met', False: 'not met', None: 'cannot be told'}[goal.met]}" for goal in ours))
        lines.append(f"| {result.name} | " + " | ".join(cells) + " |")
    text = "\n".join(lines)
    return text + ("\n\n" + scaling_text(results) if scaling_text(results) else "")


# -- JSON


def as_json(results, goal_list):
    rows = []
    for result in results:
        measured = {}
        for tool in result.row.tools:
            spread = result.spread(tool)
            entry = {"values": result.values[tool], "failed": result.failed.get(tool)}
            if spread:
                entry.update(spread.as_json())
                if tool != "native" and result.ratio(tool):
                    entry.update(ratio=result.ratio(tool).as_json(), added=result.added(tool).as_json())
            if spread or tool in result.failed:
                measured[tool] = entry
        rows.append({"name": result.name, "does": result.row.does, "unit": result.measure.unit,
                     "better": "more" if result.measure.rate else "less", "tools": measured,
                     "goals": [{"tool": goal.tool, "text": goal.text, "value": goal.value, "limit": goal.limit, "met": goal.met}
                               for goal in goal_list if goal.result is result]})
    return rows
