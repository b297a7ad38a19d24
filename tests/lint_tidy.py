#!/usr/bin/env python3
"""clang-tidy on the files given. One that has passed before as it is now, with all that it includes, is not looked at again: what
passed is remembered in the user's cache directory for thirty days."""
import concurrent.futures
import hashlib
import os
import pathlib
import subprocess
import sys
import time

FLAGS = ("-std=gnu11 -D_GNU_SOURCE -D__SILT_LINT__ -Iinclude -Ianalyzer -Ibuild/analyzer -Ipreload").split()
DAYS = 30


def output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


def key_of(path, context):
    """What clang-tidy's answer depends on; -C keeps comments, where NOLINT stands."""
    return hashlib.sha256(context + path.encode() + output_of("clang", "-E", "-C", *FLAGS, path)).hexdigest()


def look(path, context, cache):
    stamp = cache / key_of(path, context)
    if stamp.exists():
        stamp.touch()
        return ""
    done = subprocess.run(["clang-tidy", "--quiet", path, "--", *FLAGS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, text=True)
    if done.returncode:
        return done.stdout
    try:
        stamp.touch()
    except OSError:
        pass  # looked at again next time
    return ""


def main():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cache = pathlib.Path(home) / "silt" / "tidy"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for stamp in cache.iterdir():
            if stamp.stat().st_mtime < time.time() - DAYS * 86400:
                stamp.unlink()
    except OSError:
        pass
    context = output_of("clang-tidy", "--version") + pathlib.Path(".clang-tidy").read_bytes() + " ".join(FLAGS).encode()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(lambda path: look(path, context, cache), sys.argv[1:]) if text]
    print("\n".join(found), end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
