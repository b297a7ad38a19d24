"""How a program is run alone, under silt and under its peers; what is there of them."""
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SILT = os.path.join(ROOT, "build", "bin", "silt")
LIBRARY = os.path.join(ROOT, "build", "lib", "libsilt.so")
ADDRESS_SPACE = 10 << 30  # of any measured process, so that a peer that needs more does not take the machine down
TIMEOUT = 120


class Failed(Exception):
    """A run gave no figure."""


class Tool:
    """A way to run a program. `wrap(argv, folder)` gives the arguments and variables to run it so, with its files in `folder`."""

    def __init__(self, name, does, wrap, package=None, missing=None):
        self.name, self.does, self.wrap, self.package, self.missing = name, does, wrap, package, missing


def library(name):
    """The path of a shared library, or None."""
    for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return path
    return None


def preload(path, **variables):
    def wrap(argv, folder):
        return argv, {"LD_PRELOAD": path, **{name: value.format(folder=folder) for name, value in variables.items()}}
    return wrap


def profiles(jemalloc):
    """Was this jemalloc built with its profiler?"""
    with tempfile.TemporaryDirectory() as folder:
        env = {"LD_PRELOAD": jemalloc, "MALLOC_CONF": f"prof:true,prof_final:true,lg_prof_sample:0,prof_prefix:{folder}/p"}
        subprocess.run(["/bin/true"], env=env, stderr=subprocess.DEVNULL, check=False)
        return bool(os.listdir(folder))


def find(peers=True):
    """All tools by name, those that are not there with `missing` set."""
    tools = [
        Tool("native", "the program alone", lambda argv, folder: (argv, {})),
        Tool("silt", "silt run PROGRAM: every block, 64 frames",
             lambda argv, folder: ([SILT, "run", "-o", folder, "--", *argv], {})),
        Tool("silt preload", "LD_PRELOAD=libsilt.so PROGRAM: the same without the helper process",
             preload(LIBRARY, SILT_OUT="{folder}")),
        Tool("silt 512K", "silt run --sample 512K PROGRAM",
             lambda argv, folder: ([SILT, "run", "--sample", "512K", "-o", folder, "--", *argv], {})),
    ]
    if not peers:
        return {tool.name: tool for tool in tools}
    heaptrack = shutil.which("heaptrack")
    tools.append(Tool("heaptrack", "heaptrack -r PROGRAM: records only, the interpreter does not take a processor away",
                      lambda argv, folder: ([heaptrack, "-r", "-o", folder + "/heaptrack", *argv], {}),
                      "heaptrack", None if heaptrack else "not installed"))
    jemalloc = library("libjemalloc.so.2")
    missing = "not installed" if not jemalloc else None if profiles(jemalloc) else "built without its profiler"
    tools.append(Tool("jemalloc", "jemalloc with prof:true,lg_prof_sample:0 (another allocator than native)",
                      preload(jemalloc, MALLOC_CONF="prof:true,prof_active:true,lg_prof_sample:0,prof_final:true,"
                                                    "prof_prefix:{folder}/jemalloc"), "libjemalloc2", missing))
    tcmalloc = library("libtcmalloc.so.4")
    tools.append(Tool("gperftools", "gperftools' heap profiler, HEAPPROFILE (another allocator than native)",
                      preload(tcmalloc, HEAPPROFILE="{folder}/gperftools"), "libgoogle-perftools4",
                      None if tcmalloc else "not installed"))
    return {tool.name: tool for tool in tools}


def environment(more):
    dropped = ("SILT_", "LD_PRELOAD", "MALLOC_", "HEAP", "PYTHON", "DEBUGINFOD_", "G_SLICE")
    return {**{k: v for k, v in os.environ.items() if not k.startswith(dropped)}, "LC_ALL": "C", **more}


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def start(tool, argv, folder, env=None, **options):
    """Starts `argv` under a tool, in a process group of its own."""
    argv, variables = tool.wrap(argv, folder)
    return subprocess.Popen(argv, env=environment({**(env or {}), **variables}), cwd=folder, start_new_session=True,
                            preexec_fn=limit, text=True, stderr=subprocess.PIPE, **options)


def end(process):
    """Ends a process group, whatever is left of it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


class Folder:
    """A scratch folder for one run, with `with`."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="silt-bench.")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def run(tool, argv, env=None, stdin=None):
    """Runs `argv` to its end under a tool. Returns seconds and its standard output."""
    with Folder() as folder:
        began = time.perf_counter()
        process = start(tool, argv, folder, env, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            output, errors = process.communicate(timeout=TIMEOUT)
            seconds = time.perf_counter() - began
        except subprocess.TimeoutExpired:
            raise Failed(f"took more than {TIMEOUT} s") from None
        finally:
            end(process)
    if process.returncode < 0:
        raise Failed(f"ended by signal {-process.returncode}, within {ADDRESS_SPACE >> 30} GiB of address space")
    if process.returncode:
        last = (errors.strip().splitlines() or [""])[-1]
        raise Failed(f"exit status {process.returncode}: {last[:100]}")
    return seconds, output
