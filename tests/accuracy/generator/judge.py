"""Compares what silt said of one recording with the label."""
import os
import re


SNAPSHOTS_A_SECOND = 4


def plain(name):
    """A function's or variable's name without what compilers add."""
    name = re.sub(r"\[abi:\w+\]", "", name or "")
    name = re.sub(r"^.*::(\w+)$", r"\1", name)
    name = re.sub(r"\.(part|constprop|isra|cold|lto_priv)?\.?\d+.*$", "", name)
    return re.sub(r"\(.*$", "", name).strip()


def same(name, accepted):
    name = plain(name)
    return any(name == a or name.endswith("::" + a) or re.match(re.escape(a) + r"[^\w]", name) for a in accepted)


def is_own(frame, seed):
    name = os.path.basename(frame.get("file") or "")
    return name in (f"{seed}.c", f"{seed}.cc") or (not name and (frame.get("module") or "").endswith("/program"))


class Judgement:
    """What silt said, and how right that is."""

    def __init__(self, label, answer):
        self.label, self.answer = label, answer
        self.seed = label["seed"]
        self.expected, self.verdict = label["verdict"], answer["verdict"]
        self.findings = answer["findings"]
        # A climb that ended: a note says so.
        self.is_told = any(re.search(r"until t|at once|given back", note) for note in answer["notes"])
        # The machine was too busy to take most of the snapshots: nothing is learned from such a recording.
        self.is_starved = answer["run"]["snapshots"] < label["seconds"] * SNAPSHOTS_A_SECOND * 0.5
        self.confidence = max((f["confidence"] for f in self.findings), default=0)
        self.match, self.kind, self.site, self.holder, self.shape, self.callback = None, None, None, None, None, None
        self.matched, self.unmatched = {}, []
        for wanted in label["findings"]:
            self.compare(wanted)
        self.extra = len(self.findings) - len(set(self.matched.values()))

    def own_functions(self, finding, behind_wrapper=False, sites=None):
        """The innermost functions of the program on the call stacks of the finding, or on these."""
        own = set()
        for site in finding["sites"] if sites is None else sites:
            frames = site.get("traceback", [])[site.get("blamed", 0):]
            names = [plain(f["function"]) for f in frames if is_own(f, self.seed)]
            if behind_wrapper and names and names[0] == self.label.get("wrapper"):
                names = names[1:]
            own.add(names[0] if names else "")
        return own

    def at(self, finding, wanted):
        """Is the finding about what the label means?"""
        if not wanted["sites"]:
            return finding["kind"] in wanted["kinds"] + wanted["near"]
        return bool(self.own_functions(finding, True) & set(wanted["sites"]))

    def compare(self, wanted):
        """Looks for the finding of one that the label wants; of several the one with the most right parts counts."""
        here = [i for i, f in enumerate(self.findings) if self.at(f, wanted)]
        if not here:
            self.unmatched.append(wanted)
            return

        def parts(index):
            finding = self.findings[index]
            return (finding["kind"] in wanted["kinds"], self.holder_right(finding, wanted) is True,
                    finding["kind"] in wanted["near"], finding["confidence"])

        best = max(here, key=parts)
        self.matched[wanted["wanted"]] = best
        if self.match:
            return
        self.match = finding = self.findings[best]
        kind = finding["kind"]
        self.kind = "right" if kind in wanted["kinds"] else "near" if kind in wanted["near"] else "wrong"
        self.site = not wanted["sites"] or bool(self.own_functions(finding) & set(wanted["sites"]))
        if wanted.get("pinned"):
            self.site = bool(self.own_functions(finding, True, finding.get("pinned_by") or []) & set(wanted["pinned"]))
        self.holder = self.holder_right(finding, wanted)
        if wanted.get("shape") not in (None, "unknown") and finding.get("shape"):
            self.shape = finding["shape"] == wanted["shape"]
        if wanted.get("callbacks") and kind == "listener-leak":
            self.callback = same((finding.get("callback") or {}).get("function"), wanted["callbacks"])

    @staticmethod
    def holder_right(finding, wanted):
        if not wanted.get("holders"):
            return None
        return same((finding.get("holder") or {}).get("symbol"), wanted["holders"])

    def right_place(self, finding):
        return self.expected in ("leaking", "given back") and any(self.at(finding, w) for w in self.label["findings"])

    def right_kind(self, finding):
        return any(self.at(finding, w) and finding["kind"] in w["kinds"] for w in self.label["findings"])

    def failure(self):
        """The gravest thing that is wrong, or ""."""
        if self.expected == "open":
            return ""
        if self.expected == "given back":
            return "" if self.verdict != "clean" or self.is_told else "climb not told"
        if self.expected == "filling":
            return "sure of a bound" if self.verdict == "leaking" and self.confidence >= 0.7 else ""
        if self.expected == "steady":
            return "false alarm" if self.verdict == "leaking" else "steady, inconclusive" if self.verdict == "inconclusive" else ""
        if self.verdict != "leaking":
            return "missed" if self.verdict == "clean" else "inconclusive"
        if self.unmatched:
            return "elsewhere"
        if len(set(self.matched.values())) < len(self.matched):
            return "two mistakes, one finding"
        if self.kind != "right":
            return f"kind ({self.kind})"
        if not self.site:
            return "site (what pins)" if self.match["kind"] == "fragmentation" else "site (the wrapper)"
        return "holder" if self.holder is False else ""

    def dimensions(self):
        """Keys for a table of what goes wrong where."""
        label = self.label
        keys = [f"ending: {label['ending']}", f"language: {label['language']}", f"allocation: {label['allocation']}",
                f"build: {label['build'][1]}", f"expected: {self.expected}"]
        keys += [f"rest: {rest[2]}" for rest in label["rests"]] or ["rest: none"]
        keys += [f"noise: {noise['noise']}" for noise in label["noise"]] or ["noise: none"]
        for name in ("family", "container", "holder", "life", "calls", "item"):
            keys += [f"{name}: {label['subjects'][0].get(name, '-')}"]
        return sorted(set(keys))

    def line(self):
        """One line for a list of failures."""
        label = self.label
        about = "; ".join(", ".join(f"{k} {v}" for k, v in s.items() if v is not None) for s in label["subjects"])
        noises = "; ".join(" ".join(str(v) for v in n.values()) for n in label["noise"]) or "none"
        said = "; ".join(f"{f['kind']} {f['confidence']:.2f} at {','.join(sorted(self.own_functions(f)))[:80]}, "
                         f"holder {(f.get('holder') or {}).get('symbol')}, +{f['growth_blocks']}" for f in self.findings[:4])
        wanted = "; ".join(f"{'/'.join(w['kinds'])} at {w['wanted']}, holder {','.join(w.get('holders') or ['-'])}" for w in label["findings"])
        rests = ", ".join(f"{k} {a}-{b}" for a, b, k in label["rests"])
        return (f"- {self.seed}: [{self.expected}] {about} | noise: {noises} | {label['seconds']} s, {label['ending']}"
                f"{', ' + rests if rests else ''}{', in a thread' if label['thread'] else ''}\n    wanted: {wanted or '-'}\n"
                f"    said: {self.verdict}; {said or '-'}")


def reliability(results):
    """Rows of (from, to, findings, mean confidence, right place, right kind), without programs of which nobody can tell."""
    edges = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.01]
    rows = []
    for low, high in zip(edges, edges[1:]):
        fitting = [(r, f) for r in results if r.expected != "open" for f in r.findings if low <= f["confidence"] < high]
        if fitting:
            rows.append((low, min(high, 1.0), len(fitting), sum(f["confidence"] for _, f in fitting) / len(fitting),
                         sum(r.right_place(f) for r, f in fitting), sum(r.right_kind(f) for r, f in fitting)))
    return rows
