#!/usr/bin/env python3
"""Includes go one way: from a room to itself and to lower rooms, and in no circle between files.

Usage: lint_rooms.py (from the root of the tree). A room is a folder of preload/ or analyzer/; the two share only include/. Prints
each include that points upwards, each circle, each name that files of two rooms or structs of a program share, and each command that is too long or
prints what render/ should; status 1 if there is one.
"""
import pathlib
import re
import sys

# Lowest first; rooms of one line do not know each other.
ROOMS = {
    'preload': ['base', 'unwind', 'record', 'annotations', 'snapshot', 'graph', 'control', 'api', 'selftest'],
    'analyzer': ['util', 'load symbolize', 'model attach', 'diagnose', 'gate', 'render', 'soak push serve', 'cli', 'commands'],
}


def find_includes(program):
    files = {}
    for path in sorted(pathlib.Path(program).rglob('*')):
        if path.suffix in ('.c', '.h', '.def') and path.is_file():
            names = re.findall(r'^#include "([^"]+)"', path.read_text(encoding='utf-8'), re.M)
            files[path.relative_to(program).as_posix()] = names
    return files


def level_of(rooms):
    return {room: level for level, line in enumerate(rooms) for room in line.split()}


def find_upward(program, files):
    level = level_of(ROOMS[program])
    for name, includes in files.items():
        room = name.split('/')[0] if '/' in name else None
        if room and room not in level:
            yield f'{program}/{room}: a room that tests/lint_rooms.py does not know'
        for include in includes if room in level else []:
            other = include.split('/')[0] if '/' in include else None
            if other is None and include.startswith('silt'):
                continue
            if include not in files and other not in level:
                continue
            if other is None or (other != room and level.get(other, 99) >= level[room]):
                yield f'{program}/{name} includes {include}'


def find_circles(program, files):
    done, circles = set(), []

    def visit(name, path):
        if name in path:
            circles.append(f'{program}: ' + ' > '.join(path[path.index(name):] + [name]))
        elif name not in done and name in files:
            for include in files[name]:
                visit(include, path + [name])
            done.add(name)

    for name in files:
        visit(name, [])
    return circles


COMMAND_LINES = 150  # a command is options, stages, exit status


def find_shared_names(program, files):
    """The .c files of commands/ are named after the commands."""
    rooms = {}
    for name in files:
        room, _, base = name.rpartition('/')
        if room and not (room == 'commands' and base.endswith('.c')):
            rooms.setdefault(base, []).append(f'{program}/{name}')
    return [' and '.join(names) + ' have one name' for names in rooms.values() if len(names) > 1]


def find_shared_structs(program, files):
    """A struct of a header has no namesake in another file."""
    places = {}
    for name in files:
        for tag in re.findall(r'^struct (\w+) \{', (pathlib.Path(program) / name).read_text(encoding='utf-8'), re.M):
            places.setdefault(tag, []).append(f'{program}/{name}')
    return [f'struct {tag} is in {" and ".join(names)}' for tag, names in places.items()
            if len(names) > 1 and any(name.endswith('.h') and '/arch_' not in name for name in names)]


def find_long_commands():
    for path in sorted(pathlib.Path('analyzer/commands').glob('*.c')):
        text = path.read_text(encoding='utf-8')
        if text.count('\n') > COMMAND_LINES:
            yield f'{path}: more than {COMMAND_LINES} lines'
        if re.search(r'^#include "render/(text|json|records)\.h"', text, re.M):
            yield f'{path}: prints by itself; that is for render/'


def main():
    wrong = [*find_long_commands()]
    for program in ROOMS:
        files = find_includes(program)
        if not any(files.values()):
            wrong.append(f'{program}: no include was found')
        wrong += [*find_upward(program, files), *find_circles(program, files), *find_shared_names(program, files),
                  *find_shared_structs(program, files)]
    print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
