"""Puts a program together: its subjects, the noise, the loop that paces them, and how it ends."""
import random

from . import leaks, names, noise, subjects

HEADERS = ["pthread.h", "signal.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "sys/mman.h", "sys/prctl.h", "sys/wait.h", "time.h", "unistd.h"]

HELPERS = """
static volatile uint64_t $uses;
static volatile sig_atomic_t $stop;
static volatile uint32_t $ms;
static double $seconds, $begun;

static uint64_t $rnd(void)
{
	static __thread uint64_t state = <<seed>>;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 11;
}

static inline uint64_t $mix(uint64_t n)
{
	n = (n + 1) * 0xbf58476d1ce4e5b9u;
	return n ^ n >> 31;
}

static double $now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Seconds of work until then; less where there was nothing to do. */
static double $worked(double t)
{
	static const double rests[][2] = { <<rests>> };
	double sum = t;

	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++)
		if (t > rests[i][0])
			sum -= (t < rests[i][1] ? t : rests[i][1]) - rests[i][0];
	return sum;
}

static void $told(int signal)
{
	(void)signal;
	$stop = 1;
}
"""

LOOP = """
	$begun = $now();
	<<before>>
	while (!$stop && ($t = $now() - $begun) < $seconds) {
		double due = $worked($t);

		$ms = (uint32_t)($t * 1000) + 1;
		if ($t > 0.1 && due - $worked($t - 0.001) < 0.0001) {
			usleep(<<nap>>);
			continue;
		}
		<<body>>
		usleep(<<pause>>);
	}
	<<after>>
"""


class Program:
    """One program of a seed."""

    def __init__(self, seed):
        self.seed = seed
        self.rng = rng = random.Random(seed * 7919 + 17)
        self.leaking = rng.random() < 0.5
        self.style = names.Style(rng, rng.choice(["c", "c", "c", "c", "c++", "glib"]))
        self.style.choose_allocation()
        self.base = names.Scope(self.style)
        self.seconds = rng.choice([6, 7, 8, 8, 10])
        self.rests = self.draw_rests()
        self.active = self.seconds - sum(b - a for a, b, _ in self.rests)
        self.worker = self.base["work"]
        self.threaded = rng.random() < 0.15
        self.ending = rng.choice(["exits", "exits and frees", "killed", "told and frees", "told and frees slowly"])
        self.forks = rng.random() < 0.08 and not self.threaded and "told" not in self.ending
        self.subjects = self.draw_subjects()
        self.forks = self.forks and not self.threaded
        self.drops_rights = self.forks and random.Random(seed).random() < 0.4
        self.noises = self.draw_noises()

    def scope(self):
        scope = names.Scope(self.style)
        for word in ("uses", "rnd", "mix", "ms", "seconds", "begun", "now", "stop", "worked"):
            scope.known[word] = self.base[word]
        scope.known["n"] = "$n"
        return scope

    def thread_taken(self):
        """True if the working thread cannot have an argument of its own; from now on it works in a thread."""
        taken = any(s.argument for s in getattr(self, "subjects", []))
        self.threaded = True
        return taken

    def draw_rests(self):
        """When there is nothing to do, and why: the program idles, or everything stands still."""
        if self.rng.random() < 0.7:
            return []
        if self.rng.random() < 0.5:
            start = self.rng.uniform(0.3, 0.45) * self.seconds
            return [(start, start + self.rng.uniform(0.2, 0.35) * self.seconds, "idle")]
        rests, at = [], self.rng.uniform(0.2, 0.5) * self.seconds
        for _ in range(self.rng.choice([1, 1, 2])):
            length = self.rng.uniform(0.5, 2)
            if at + length < self.seconds * 0.85:
                rests.append((at, at + length, "stall"))
            at += length + self.rng.uniform(0.5, 2)
        return rests

    def draw_subjects(self):
        rng = self.rng
        if rng.random() < 0.06:
            # Two mistakes, or their twins, in members of one object.
            shared = subjects.Shared(self.base["shared"])
            self.subjects = [subjects.kept(self, rng, self.leaking, False, shared)]
            self.subjects += [subjects.kept(self, rng, self.leaking, True, shared), shared.subject()]
            return self.subjects
        family = leaks.choose(rng, self.style.language)
        self.subjects = [family(self, rng, self.leaking)]
        if rng.random() < 0.35:
            self.subjects.append(subjects.kept(self, rng, self.leaking and rng.random() < 0.2, rng.random() < 0.3))
        return self.subjects

    def draw_noises(self):
        count = self.rng.choice([0, 1, 1, 2, 3])
        return [noise_of(self, self.rng) for noise_of in self.rng.sample(noise.ALL, count)]

    # --- text

    def text(self):
        rng, all_parts = self.rng, self.subjects + self.noises
        headers = list(HEADERS)
        for part in all_parts:
            headers += [h for h in part.headers if h not in headers]
        lines = [f"#include <{h}>" for h in sorted(h for h in headers if h.endswith(".h"))]
        lines += [f"#include <{h}>" for h in sorted(h for h in headers if not h.endswith(".h"))]
        if self.style.language == "glib":
            lines.append("#include <glib.h>")
        rests = ", ".join(f"{{ {a:.2f}, {b:.2f} }}" for a, b, _ in self.rests) or "{ 1e9, 1e9 }"
        code = "\n".join(lines) + "\n" + self.style.wrapper_code()
        code += self.base.render(HELPERS, seed=f"{rng.getrandbits(60) | 1}u", rests=rests)
        code += "".join(part.declare for part in all_parts)
        return code + self.base.render(self.working(all_parts)) + self.base.render(self.main_text(all_parts))

    def working(self, parts):
        """The working function."""
        argument = next((p.argument for p in self.subjects if p.argument), "")
        head = "static void *$work(void *argument)" if self.threaded else "ATTR static void $work(void)"
        body, before = "", ""
        for i, part in enumerate(parts):
            if part.rate and part.step:
                before += f"uint64_t $n{i} = 0;\n\t"
                step = part.step.replace("$n", f"$n{i}")
                body += f"while ($n{i} < due * {part.rate:.3f} && !$stop) {{\n\t\t\t{step}\n\t\t\t$n{i}++;\n\t\t}}\n\t\t"
            body += part.tick + ("\n\t\t" if part.tick else "")
        ends = "".join("\t" + part.end + "\n" for part in parts if part.end) if "frees" in self.ending else ""
        if "slowly" in self.ending:
            ends = "\tusleep(300000);\n" + ends.replace("\n", "\n\tusleep(400000);\n")
        loop = LOOP.replace("<<before>>", before).replace("<<body>>", body).replace("<<after>>", ends)
        nap = 2000 if any(kind == "idle" for _, _, kind in self.rests) else 50000
        loop = loop.replace("<<pause>>", str(self.rng.choice([1000, 1000, 3000, 8000]))).replace("<<nap>>", str(nap))
        begin = "".join("\t" + line + "\n" for part in parts for line in part.begin.splitlines())
        tail = "\treturn argument;\n" if self.threaded else ""
        del argument
        return f"{head}\n{{\n\tdouble $t;\n{begin}{loop}{tail}}}\n"

    def main_text(self, parts):
        told = "\tsignal(SIGTERM, $told);\n" if "told" in self.ending else ""
        longer = " + 60" if self.ending in ("killed", "told and frees", "told and frees slowly") else ""
        if self.threaded:
            argument = next((p.argument for p in self.subjects if p.argument), "NULL")
            run = (f"\tpthread_t id;\n\n\t$seconds = argc > 1 ? atof(argv[1]){longer} : {self.seconds};\n{told}"
                   f"\tif (pthread_create(&id, NULL, $work, {argument}))\n\t\treturn 1;\n\tpthread_join(id, NULL);\n")
        else:
            run = f"\t$seconds = argc > 1 ? atof(argv[1]){longer} : {self.seconds};\n{told}\t$work();\n"
        del parts
        if self.forks:
            run = self.forking(run)
        return f"\nint main(int argc, char **argv)\n{{\n{run}\tprintf(\"%lu\\n\", (unsigned long)$uses);\n\treturn 0;\n}}\n"

    def forking(self, run):
        """The same work in a child, beside one that only waits; both end with their parent."""
        before, _, after = run.partition("\t$work();\n")
        rights = "if (i == 0 && getuid() == 0 && (setgid(65534) || setuid(65534)))\n\t\t\t\treturn 1;\n\t\t\t" if self.drops_rights else ""
        return before + """\tfor (int i = 0; i < 2; i++)
		if (fork() == 0) {
			""" + rights + """prctl(PR_SET_PDEATHSIG, SIGTERM);
			if (i == 0)
				$work();
			for (double t = $now(); i == 1 && !$stop && $now() - t < $seconds;)
				usleep(10000);
			return 0;
		}
	while (wait(NULL) > 0)
		continue;
""" + after

    # --- label

    def verdict(self):
        verdicts = {part.verdict for part in self.subjects + self.noises}
        verdict = next(v for v in ("leaking", "open", "filling", "steady") if v in verdicts)
        # A program that ends by itself and frees all it has: nobody can tell that from work that is done.
        return "given back" if verdict == "leaking" and self.ending == "exits and frees" else verdict

    def flags(self):
        rng = random.Random(self.seed)
        level = rng.choice(["-O0", "-O2", "-O2", "-O2", "-O1", "-O3"])
        compilers = ["gcc", "gcc", "gcc", "clang"]
        compiler = rng.choice(["g++", "g++", "g++", "clang++"] if self.style.language == "c++" else compilers)
        return [compiler, level, "-g", "-w", "-D_GNU_SOURCE", "-fno-builtin-malloc", "-fno-builtin-free", "-fno-builtin-calloc", "-pthread"]

    def label(self):
        about = [dict(part.about) for part in self.subjects if part.about]
        return {
            "seed": self.seed,
            "language": self.style.language,
            "packages": ["glib-2.0"] if self.style.language == "glib" else [],
            "build": self.flags(),
            "verdict": self.verdict(),
            "findings": [part.finding for part in self.subjects if part.finding],
            "seconds": self.seconds,
            "ending": self.ending,
            "measure": next((part.measure for part in self.subjects if part.measure), None),
            "grows": [part.grows for part in self.subjects if part.finding],
            "family": about[0].get("family"),
            "subjects": about,
            "noise": [part.about for part in self.noises],
            "rests": [[round(a, 2), round(b, 2), kind] for a, b, kind in self.rests],
            "thread": self.threaded,
            "forks": "drops rights" if self.drops_rights else self.forks,
            "allocation": self.style.fixed,
            "wrapper": self.style.wrapper,
        }
