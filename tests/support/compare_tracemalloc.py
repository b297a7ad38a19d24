"""Holds silt's statistics, diffs and filters against CPython's tracemalloc, on random traces.

Usage: compare_tracemalloc.py GROUP_TRACES

Snapshots of tracemalloc are made from traces by hand (the same that group_traces reads); what str() gives for their
statistics, in their order, is what silt must print. Where the two are meant to differ, the traces avoid it: recursion
counts once in silt under --cumulative, so no frame repeats in a traceback here.
"""
import random
import subprocess
import sys
import tracemalloc


def make_snapshot(traces):
    return tracemalloc.Snapshot([(0, size, tuple((f, l) for f, l in frames), len(frames)) for size, frames in traces], 64)


def random_traces(rng, count, sizes):
    files = ["/src/a.c", "/src/b.c", "/src/sub/c.c", "/lib/d.c"]
    traces = []
    for _ in range(count):
        frames = rng.sample([(f, l) for f in files for l in (1, 2, 10, 42)], rng.randint(1, 4))
        traces.append((rng.choice(sizes), frames))
    return traces


def ours(program, by, cumulative, filters, all_frames, old, new):
    text = "".join(f"{side} {size} {' '.join(f'{f}:{l}' for f, l in frames)}\n"
                   for side, traces in (("old", old), ("new", new)) for size, frames in traces)
    return subprocess.run([program, by, str(int(cumulative)), filters, str(int(all_frames))], input=text, text=True,
                          capture_output=True, check=True).stdout.splitlines()


def theirs(by, cumulative, filters, all_frames, old, new):
    key = {"line": "lineno", "file": "filename", "traceback": "traceback"}[by]
    chosen = []
    for word in filter(None, filters.split(";")):
        pattern, _, line = word[1:].partition(":")
        chosen.append(tracemalloc.Filter(word[0] == "+", pattern, int(line) if line else None, all_frames))
    snapshots = [make_snapshot(traces).filter_traces(chosen) for traces in (old, new)]
    stats = snapshots[1].compare_to(snapshots[0], key, cumulative) if old else snapshots[1].statistics(key, cumulative)
    # Of a traceback tracemalloc prints the oldest frame, silt the blamed one, which here is the most recent.
    return [str(s).replace(str(s.traceback[0]), str(s.traceback[-1]), 1) for s in stats]


def main():
    rng = random.Random(1)
    wrong = cases = 0
    sizes_of = [[0, 1, 100], [100, 100, 200], [1, 10239, 10240, 102399, 102400, 5 << 20, 11 << 30, 3 << 45],
                [rng.randrange(1, 1 << 20) for _ in range(50)]]
    for case in range(600):
        sizes = sizes_of[case % len(sizes_of)]
        new = random_traces(rng, rng.randint(1, 40), sizes)
        old = random_traces(rng, rng.randint(1, 40), sizes) if case % 2 else []
        by = rng.choice(["line", "file", "traceback"])
        cumulative = by == "line" and rng.random() < 0.5
        filters = rng.choice(["", "", "+/src/*", "-/src/b.c", "+*.c;-*/sub/*", "+/src/a.c:1;+/lib/d.c", "-/src/a.c:42",
                              "+*[ab].c;-/src/b.c:10"])
        all_frames = rng.random() < 0.3
        if old and (not make_snapshot(old).traces or filters):
            filters = ""  # a side that filters empty would look like one snapshot to group_traces
        arguments = (by, cumulative, filters, all_frames, old, new)
        expected, got = theirs(*arguments), ours(sys.argv[1], *arguments)
        cases += 1
        if expected != got:
            wrong += 1
            if wrong <= 3:
                print(f"case {case} {arguments[:4]}")
                for e, g in zip(expected + [""] * len(got), got + [""] * len(expected)):
                    if e != g:
                        print(f"  tracemalloc {e}\n  silt        {g}")
                        break
    print(f"{cases} cases, {wrong} differ")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
