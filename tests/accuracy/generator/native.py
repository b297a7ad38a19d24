"""Proves a label without silt: the program runs with a counter preloaded, and what is live is compared over time.

The least and the most of two windows, [30%, 60%) and [65%, 95%) of the working time: of a leak the least rises by what the label
says, of a steady program the least, the most or the mean stays.
"""
import glob
import os
import subprocess

HERE = os.path.dirname(os.path.realpath(__file__))
ENOUGH = 0.3  # of the growth that the label says, for a machine that is busy
SLACK = 24  # blocks that may come and go for other reasons


def counter(folder):
    """Builds the counter if it is not there. Returns its path."""
    library = os.path.join(os.path.dirname(folder), "count.so")
    source = os.path.join(HERE, "count.c")
    if not os.path.exists(library) or os.path.getmtime(library) < os.path.getmtime(source):
        made = f"{library}.{os.getpid()}.{os.path.basename(folder)}"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-D_GNU_SOURCE", source, "-o", made, "-ldl", "-pthread"], check=True)
        os.replace(made, library)
    return library


def series(path):
    with open(path, encoding="utf-8") as file:
        rows = [[float(word) for word in line.split()] for line in file]
    names = ("t", "blocks", "bytes", "made", "mapped", "resident", "space")
    return [dict(zip(names, row)) for row in rows if len(row) == len(names)]


def working(rows, rests):
    """Puts the time of work instead of the time of day."""
    for row in rows:
        row["t"] -= sum(min(row["t"], b) - a for a, b, _ in rests if row["t"] > a)
    return rows


def window(rows, name, low, high):
    values = [row[name] for row in rows if low <= row["t"] < high]
    return (min(values), max(values), sum(values) / len(values)) if values else (0, 0, 0)


def windows(rows, active, name):
    return window(rows, name, 0.3 * active, 0.6 * active), window(rows, name, 0.65 * active, 0.95 * active)


def rises(rows, active, name, rate):
    """Did the least of it rise by enough of what the label says?"""
    before, after = windows(rows, active, name)
    return after[0] > before[0] and after[0] - before[0] >= ENOUGH * rate * 0.35 * active


def stays(rows, active, name, slack):
    before, after = windows(rows, active, name)
    return any(b <= a * 1.05 + slack for a, b in zip(before, after))


def verify(seed, folder, prepare, command):
    """Returns "" where the label of a seed is proven, or what does not fit."""
    label = prepare(seed, folder)
    if isinstance(label, str):
        return label
    seconds, path = label["seconds"], os.path.join(folder, "counts")
    active = seconds - sum(b - a for a, b, _ in label["rests"])
    env = ["env", f"LD_PRELOAD={counter(folder)}", f"COUNT_TO={path}", "G_SLICE=always-malloc"]
    status, said = command(["timeout", "-k", "5", "-s", "TERM", f"{seconds + (1 if 'exits' in label['ending'] else 0)}",
                            *env, os.path.join(folder, "program"), str(seconds)], seconds + 20)
    if status is None or status not in (0, 124, 143):
        return f"the program: exit status {status}: {said[-200:]}"
    # Of several processes the one that works.
    rows = working(max(map(series, glob.glob(path + "*")), key=lambda rows: rows[-1]["made"] if rows else -1), label["rests"])
    if label["verdict"] in ("leaking", "given back"):
        measures = label.get("measure") or ["blocks", "bytes"]
        blocks, size = (sum(g[i] for g in label["grows"]) for i in (0, 1))
        rates = {"blocks": blocks, "bytes": size, "mapped": size, "resident": size, "space": size}
        wrong = [m for m in measures if not rises(rows, active, m, rates[m])]
        return f"says leaking, but {', '.join(wrong)} do not rise enough" if wrong else ""
    if label["verdict"] == "steady":
        wrong = [m for m, slack in (("blocks", SLACK), ("bytes", SLACK * 4096)) if not stays(rows, active, m, slack)]
        if label.get("measure") and not stays(rows, active, label["measure"][0], 4e6):
            wrong.append(label["measure"][0])
        return f"says steady, but {', '.join(wrong)} rise" if wrong else ""
    return ""
