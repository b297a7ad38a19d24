#!/usr/bin/env python3
"""What the helper process, the stopper and the twin can call in other libraries, by the calls and addresses in libsilt.so's code.

Usage: lint_reach.py LIBRARY LIST. They run beside or in a copy of a process whose threads may hold any lock of the C library and the
dynamic linker, so LIST has every function of others that they may call, one a line, each of them one that takes no lock. Prints
a chain of calls to each function that is not on it; status 1 if there is one.
"""
import collections
import re
import subprocess
import sys

# The last five are called through pointers.
ROOTS = ['helper_main', 'graph_stop_main', 'run_twin', 'build', 'graph_write', 'fork_try_lock_all', 'fork_unlock_all', 'earlier_take']


def read_calls(library):
    calls, function = collections.defaultdict(set), None
    for line in subprocess.run(['objdump', '-d', '--no-show-raw-insn', library], capture_output=True, text=True,
                               check=True).stdout.splitlines():
        start = re.match(r'[0-9a-f]+ <([^>]+)>:', line)
        if start:
            function = part_of(start[1])
        for name in re.findall(r'<([^>]+)>', line) if function and not start else []:
            # A jump within a function is told as function+0x12, the C library's functions as name@plt or name@GLIBC_2.2.5.
            if '+0x' not in name and part_of(name) != function:
                calls[function].add(part_of(name))
    return calls


def part_of(name):
    """gcc splits a function: name.cold, name.part.0, name.constprop.0."""
    return name.split('.')[0] if not name.startswith('.') else name


def find_foreign(calls, roots):
    chains = {root: [root] for root in roots}
    queue = collections.deque(roots)
    while queue:
        function = queue.popleft()
        for name in sorted(calls[function] - set(chains)):
            chains[name] = chains[function] + [name]
            if '@' not in name:
                queue.append(name)
    return {name.split('@')[0]: chain for name, chain in chains.items() if '@' in name}


def main():
    calls = read_calls(sys.argv[1])
    with open(sys.argv[2], encoding='utf-8') as file:
        allowed = {line.split()[0] for line in file if line.strip() and not line.startswith('#')}
    # A root that is not there would be checked by nobody.
    missing = [root for root in ROOTS if not any(root in callees for callees in calls.values())]
    foreign = find_foreign(calls, ROOTS)
    for name, chain in sorted(foreign.items()):
        if name not in allowed:
            print(f'{name} by way of {" > ".join(chain[:-1])}')
    for root in missing:
        print(f'{root} is not in {sys.argv[1]}')
    for name in sorted(allowed - set(foreign)):
        print(f'{name} is on the list, but nobody calls it')
    return bool(missing or set(foreign) ^ allowed)


sys.exit(main())
