"""The rows of the table: what each runs, and what it measures."""
import glob
import json
import os
import re
import resource
import subprocess
import time

import inputs
import tools

ALLOCS = os.path.join(tools.ROOT, "build", "bench", "allocs")
WIDE = os.path.join(tools.ROOT, "build", "bench", "wide")
MICRO = ["native", "silt preload", "silt", "silt 512K", "heaptrack", "jemalloc", "gperftools"]
WHOLE = ["native", "silt", "silt 512K", "heaptrack", "jemalloc", "gperftools"]
SLOW = {"heaptrack": 4, "jemalloc": 20, "gperftools": 20}  # so many times fewer pairs, for each takes that much longer


class Measure:
    """One figure of a row. `unit` of what is measured; `rate`: more is better."""

    def __init__(self, name, unit, rate=False):
        self.name, self.unit, self.rate = name, unit, rate


class Row:
    """`run(tool, scale)` gives the figures of one run, by measure's name; `scale` 1 is the whole row, less in quick mode."""

    def __init__(self, name, does, measures, names, run, rounds=None):
        self.name, self.does, self.measures, self.tools, self.run, self.rounds = name, does, measures, names, run, rounds


def allocs(tool, pattern, *numbers):
    """Nanoseconds an operation, those of processors, and the peak of resident memory in bytes."""
    _, output = tools.run(tool, [ALLOCS, pattern, *map(str, numbers)])
    found = re.search(r"^allocs ([\d.]+) (\d+) ([\d.]+)$", output, re.MULTILINE)
    if not found:
        raise tools.Failed("printed no figure")
    return {"time": float(found[1]), "processor": float(found[3]), "memory": int(found[2]) * 1024}


def pairs_row(pattern, frames, threads):
    def run(tool, scale):
        count = max(2000, int(3e6 * scale / SLOW.get(tool.name, 1) / max(1, frames / 20) / threads))
        return allocs(tool, pattern, frames, threads, count)

    stacks = "every frame but the outermost differs from the pair before" if pattern == "pairs" else \
        "the innermost three frames change, as in most programs"
    name = f"{pattern} {frames}" + (f" x{threads}" if threads > 1 else "")
    who = f", each of {threads} threads at once (time over the pairs of one)" if threads > 1 else ""
    return Row(name, f"malloc and free, {frames} frames below the C library's start; {stacks}{who}",
               [Measure("time", "ns/pair"), *([Measure("processor", "ns/pair")] if threads == 1 else [])], MICRO, run)


def recursion_row(levels):
    def run(tool, scale):
        return allocs(tool, "recursion", levels, max(1000, int(2e6 * scale / SLOW.get(tool.name, 1))))
    return Row(f"recursion {levels}", f"recursion of {levels} levels, a pair at each on the way down and one on the way up, from two places "
               "by turns", [Measure("time", "ns/pair"), Measure("processor", "ns/pair")], ["native", "silt preload", "silt"], run, 3)


def commands_row():
    """Start and end: a shell that runs a program that does nothing, again and again."""
    count = 1000

    def run(tool, scale):
        with tools.Folder() as folder:
            times = max(20, int(count * scale))
            path = inputs.write(folder, "commands.sh", "/bin/true\n" * times)
            return {name: value / times * 1e3 for name, value in run_program(tool, ["/bin/sh", path]).items()}
    return Row("commands", f"a shell script of {count} commands, /bin/true each", [Measure("time", "ms/command"), Measure("processor", "ms/command")],
               ["native", "silt preload", "silt"], run, 3)


def pattern_row(name, does, unit, count, waits=False):
    """`waits`: threads spin until another has done its part, so processor time says nothing."""
    def run(tool, scale):
        return allocs(tool, name, max(100, int(count * scale / SLOW.get(tool.name, 1))))
    return Row(name, does, [Measure("time", unit), *([] if waits else [Measure("processor", unit)])], MICRO, run)


def map_row(frames):
    def run(tool, scale):
        return allocs(tool, "map", frames, max(1000, int(1e5 * scale)))
    return Row("map", f"mmap of 64 KiB, a page touched, munmap, {frames} frames deep", [Measure("time", "ns/pair"), Measure("processor", "ns/pair")],
               MICRO, run)


def memory_row(name, pattern, does, unit, count, size=None):
    def run(tool, scale):
        return allocs(tool, pattern, int(count * scale), *([size] if size else []))
    return Row(name, does, [Measure("time", unit), Measure("processor", unit), Measure("memory", "bytes")], MICRO, run, 3)


# -- programs people have


PROGRAM = [Measure("time", "s"), Measure("processor", "s")]


def run_program(tool, argv, env=None):
    """Seconds until it has ended, and of all processors that it and its tool used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, _ = tools.run(tool, argv, env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"time": seconds, "processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def script_row(name, does, argv, text, scale_of, env=None):
    """`argv` with {} for a file that holds `text(scale)`."""
    def command(folder, scale):
        path = inputs.write(folder, name, text(scale_of * scale))
        return [word.format(path) for word in argv]

    def run(tool, scale):
        with tools.Folder() as folder:
            return run_program(tool, command(folder, scale), env)
    row = Row(name, does, PROGRAM, WHOLE, run)
    row.command, row.env = command, env
    return row


def blocks_of(argv, env):
    """How many blocks a program allocates."""
    with tools.Folder() as folder:
        process = tools.start(tools.find(False)["silt preload"], argv, folder, env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            process.communicate(timeout=tools.TIMEOUT)
            last = sorted(glob.glob(os.path.join(folder, "*", "[0-9]*.silt")))[-1]
        finally:
            tools.end(process)
        done = subprocess.run([tools.SILT, "top", "--format", "json", last], capture_output=True, check=True)
        return json.loads(done.stdout)["totals"]["total_blocks"]


def counted_row(row, part):
    """A script's row again, a part of it under callgrind: instructions, which do not depend on what else the machine does."""
    known = {}

    def run(tool, scale):
        del scale  # the part of new call stacks would be another
        with tools.Folder() as folder:
            argv, counts = row.command(folder, part), os.path.join(folder, "counts")
            if not known:
                known["blocks"] = blocks_of(argv, row.env)
            tools.run(tool, ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts}", *argv], row.env)
            with open(counts, encoding="utf-8") as file:
                total = re.search(r"^(?:totals|summary): (\d+)", file.read(), re.MULTILINE)
            return {"instructions": int(total[1]) / known["blocks"]}
    return Row("counted " + row.name, f"{row.does}; instructions for each block allocated, start and end of silt included",
               [Measure("instructions", "instructions/pair")], ["native", "silt preload"], run, 1)


def sampling_row(row, times):
    """A script's row again, longer and only native and sampled: so that the start of silt, some 4 ms, does not decide."""
    return Row("sampling " + row.name, f"{row.does}; {times} times as long, only native and sampled at 512 KiB", PROGRAM,
               ["native", "silt 512K"], lambda tool, scale: row.run(tool, scale * times))


def gcc_row():
    def run(tool, scale):
        with tools.Folder() as folder:
            path = inputs.write(folder, "made.c", inputs.c_source(max(10, int(120 * scale))))
            return run_program(tool, ["/usr/bin/gcc", "-O2", "-c", path, "-o", path + ".o"])
    return Row("gcc", "gcc -O2 -c of one file of 120 functions: the driver, cc1 and as", PROGRAM, WHOLE, run)


def wait_for_socket(path, process):
    for _ in range(1500):
        done = subprocess.run(["redis-cli", "-s", path, "ping"], capture_output=True, text=True, check=False)
        if done.stdout.strip() == "PONG":
            return
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise tools.Failed("redis-server did not answer")


def redis_load(path, count, pipeline):
    """Requests a second of SET and of GET."""
    done = subprocess.run(["redis-benchmark", "-s", path, "-t", "set,get", "-n", str(count), "-c", "20", "-r", "100000", "-d", "64",
                           "-P", str(pipeline), "--csv"], capture_output=True, text=True, check=False, timeout=tools.TIMEOUT)
    found = dict(re.findall(r'^"(SET|GET)","([\d.]+)"', done.stdout, re.MULTILINE))
    if len(found) != 2:
        raise tools.Failed("redis-benchmark: " + done.stderr.strip()[-100:])
    return {name: float(value) for name, value in found.items()}


def redis_processor(path):
    """Seconds of processor time the server has used."""
    done = subprocess.run(["redis-cli", "-s", path, "info", "cpu"], capture_output=True, text=True, check=False)
    return sum(float(value) for value in re.findall(r"^used_cpu_(?:user|sys):([\d.]+)", done.stdout, re.MULTILINE))


def redis_row(name, does, count, pipeline):
    def run(tool, scale):
        with tools.Folder() as folder:
            path = os.path.join(folder, "socket")
            server = tools.start(tool, ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no",
                                        "--dir", folder], folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            try:
                wait_for_socket(path, server)
                requests = int(count * scale)
                figures = redis_load(path, requests, pipeline)
                figures["processor"] = redis_processor(path) / requests / 2 * 1e6
                subprocess.run(["redis-cli", "-s", path, "shutdown", "nosave"], capture_output=True, check=False)
                server.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                raise tools.Failed("redis-server did not end") from None
            finally:
                tools.end(server)
        return figures
    return Row(name, does, [Measure("SET", "requests/s", True), Measure("GET", "requests/s", True),
                            Measure("processor", "us/request")], WHOLE, run, 3)


# -- snapshots


class Talk:
    """A program of many sites under `silt run`, which obeys lines, see allocs.c."""

    def __init__(self, tool, argv, folder, env=None):
        self.process = tools.start(tool, argv, folder, env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.folder, self.name = folder, os.path.basename(argv[0])
        if self.process.stdout.readline() != "ready\n":
            raise tools.Failed("the program did not start")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def snapshot(self, *options):
        pid = next(entry for entry in os.listdir(self.folder) if entry.startswith(self.name + ".")).rsplit(".", 1)[1]
        done = subprocess.run([tools.SILT, "snap", pid, *options], capture_output=True, text=True, check=False,
                              env=tools.environment({"SILT_OUT": self.folder}), timeout=tools.TIMEOUT)
        if done.returncode:
            raise tools.Failed("silt snap: " + done.stderr.strip()[-100:])
        return done.stdout.strip()

    def end(self):
        self.process.stdin.close()
        self.process.stdin = None
        self.process.wait(timeout=60)


def snapshot_row(sites, mebibytes):
    def run(tool, scale):
        del scale
        with tools.Folder() as folder:
            talk = Talk(tool, [ALLOCS, "sites", str(sites), str(mebibytes)], folder)
            try:
                if tool.name == "native":
                    fork = int(talk.ask("fork")) / 1e6
                    return {"graph pause": fork, "graph gap": fork}
                figures = {}
                for what, options in (("quiet", None), ("counters", []), ("graph", ["--graph"])):
                    talk.ask("gap")
                    began = time.perf_counter()
                    if options is None:
                        time.sleep(0.2)
                    else:
                        path = talk.snapshot(*options)
                        figures[what + " takes"] = (time.perf_counter() - began) * 1e3
                        figures[what + " size"] = os.path.getsize(path)
                    pause, gap = map(int, talk.ask("gap").split())
                    figures[what + " pause"], figures[what + " gap"] = pause / 1e6, gap / 1e6
                talk.end()
            finally:
                tools.end(talk.process)
        return figures

    heap = f" and a heap of {mebibytes} MiB" if mebibytes else ""
    measures = [Measure(f"{what} {figure}", "ms") for what in ("quiet", "counters", "graph") for figure in ("pause", "gap")]
    measures += [Measure(f"{what} {figure}", unit) for what in ("counters", "graph") for figure, unit in (("takes", "ms"), ("size", "bytes"))]
    return Row(f"snapshot {sites // 1000}k" + (" heap" if mebibytes else ""),
               f"a program of {sites} sites{heap}, with no snapshot (quiet), during one of counters, and one with the heap graph. Gap: the "
               "longest time between two steps of a thread that allocates steadily; pause: what it did not wait for a processor, where the "
               "kernel tells these apart; takes: until the snapshot is written. Native: a fork of the program, of which a graph needs one", measures,
               ["native", "silt"], run)


def measured(argv):
    """Seconds, peak resident bytes and the output of a command of silt's own."""
    began = time.perf_counter()
    process = subprocess.Popen(argv, env=tools.environment({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output = process.stdout.read()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    process.stderr.close()
    if status or not output:
        raise tools.Failed(f"{argv[1]}: exit status {process.returncode}: " + errors.decode(errors="replace").strip()[-100:])
    return time.perf_counter() - began, usage.ru_maxrss * 1024


def reading_row(name, does, program):
    """Reads snapshots that are made once for all rounds."""
    made = {}

    def snapshots(tool, folder):
        talk = Talk(tool, program(), folder)
        try:
            paths = [talk.snapshot()]
            talk.ask("more")
            paths.append(talk.snapshot())
            talk.end()
        finally:
            tools.end(talk.process)
        return paths

    def run(tool, scale):
        del scale
        if not made:
            made["folder"] = tools.Folder()
            made["paths"] = snapshots(tool, made["folder"].__enter__())
        old, new = made["paths"]
        figures = {}
        for what, argv in (("diff", ["diff", old, new]), ("diff --by traceback", ["diff", "--by", "traceback", old, new]),
                           ("top", ["top", new])):
            figures[what], peak = measured([tools.SILT, *argv])
            if what == "diff":
                figures["memory"] = peak
        return figures

    row = Row(name, does, [Measure("diff", "s"), Measure("diff --by traceback", "s"), Measure("top", "s"),
                           Measure("memory", "bytes")], ["silt"], run)
    row.finish = lambda: made and made["folder"].__exit__()
    return row


def report_row(sites, snapshots):
    """Judges a series that is made once for all rounds: in each interval a tenth of the sites, another each time, keeps one more."""
    made = {}

    def series(tool, folder):
        # A run that has all that it keeps is thinned.
        options = {"SILT_INTERVAL": "50ms", "SILT_GRAPH": "last", "SILT_KEEP": str(4 * snapshots)}
        talk = Talk(tool, [ALLOCS, "sites", str(sites), "0"], folder, options)
        try:
            taken = []
            while len(taken) <= snapshots:
                talk.ask("more")
                before = len(taken)
                while len(taken) == before:
                    time.sleep(0.01)
                    taken = glob.glob(os.path.join(folder, "*", "[0-9]*.silt"))
            talk.end()
        finally:
            tools.end(talk.process)
        return sorted(taken)[:snapshots]

    def run(tool, scale):
        del scale
        if not made:
            made["folder"] = tools.Folder()
            made["paths"] = series(tool, made["folder"].__enter__())
        seconds, peak = measured([tools.SILT, "report", "--format", "json", *made["paths"]])
        return {"time": seconds, "memory": peak}

    row = Row(f"report {sites // 1000}k", f"silt report on a run of {sites} sites, all of which grow, and {snapshots} snapshots",
              [Measure("time", "s"), Measure("memory", "bytes")], ["silt"], run, 3)
    row.finish = lambda: made and made["folder"].__exit__()
    return row


def script_rows():
    return [
        script_row("sqlite3", "tables, indices, joins and groups in memory", ["sqlite3", "-init", "/dev/null", ":memory:", ".read {}"],
                   lambda n: inputs.SQL.format(rows=max(100, int(n))), 80000),
        script_row("jq", "select, group and sort 30,000 objects", ["jq", "-c", inputs.JQ.replace("{", "{{").replace("}", "}}"), "{}"],
                   lambda n: inputs.json_rows(max(100, int(n))), 30000),
        script_row("lua", "tables, closures, strings, a sort", ["lua5.4", "{}"], lambda n: inputs.LUA % max(100, n), 120000),
        script_row("perl", "hashes, splits, joins, a sort", ["perl", "{}"], lambda n: inputs.PERL % max(100, n), 50000),
        script_row("python3", "dictionaries, JSON, a sort; PYTHONMALLOC=malloc", ["/usr/bin/python3", "-S", "{}"],
                   lambda n: inputs.PYTHON % max(100, n), 50000, {"PYTHONMALLOC": "malloc"}),
    ]


def all_rows():
    scripts = script_rows()
    return [
        *(pairs_row("pairs", frames, 1) for frames in (4, 20, 60)),
        *(pairs_row("inner", frames, 1) for frames in (20, 60)),
        *(pairs_row("pairs", frames, threads) for frames in (4, 20) for threads in (2, 8)),
        *(recursion_row(levels) for levels in (900, 1100, 1000000)),
        pattern_row("grow", "realloc, again and again, from 32 bytes to 64 KiB", "ns/realloc", 2e6),
        pattern_row("pass", "malloc, freed by another thread", "ns/block", 2e6, True),
        map_row(16),
        memory_row("live", "live", "5 million live blocks of 64 bytes, then freed; peak of resident memory", "ns/block", 5e6),
        memory_row("live 1K", "live", "1 million live blocks of 1 KiB, then freed; peak of resident memory", "ns/block", 1e6, 1024),
        memory_row("shrink", "shrink", "5 million blocks of 64 bytes, freed and given back to the system; resident memory after that",
                   "ns/block", 5e6),
        memory_row("threads", "threads", "10,000 threads one after another, each allocates once; peak of resident memory",
                   "ns/thread", 1e4),
        *scripts,
        gcc_row(),
        commands_row(),
        *(sampling_row(row, 2) for row in scripts),
        *(counted_row(row, 0.1) for row in scripts),
        redis_row("redis", "redis-server, 20 clients on a socket, values of 64 bytes under 100,000 keys", 100000, 1),
        redis_row("redis -P16", "the same, 16 requests at a time", 600000, 16),
        *(snapshot_row(sites, 0) for sites in (1000, 10000, 100000)),
        snapshot_row(10000, 1024),
        reading_row("diff 100k", "two snapshots of 100,000 sites, 25 frames each, read by a new process",
                    lambda: [ALLOCS, "sites", "100000", "0"]),
        reading_row("diff wide", "the same for a program of 100,000 lines that allocate, with debug information",
                    lambda: [WIDE]),
        report_row(65536, 256),
    ]
