#!/usr/bin/env python3
"""C and C++ end at column 100, a function has at most 60 lines, nested at most three deep; the comment of a struct's field stands above
it; subjects of commits have at most 72 characters.

Usage: lint_lines.py [COMMIT_RANGE] (from the root of the tree; default: origin/main..).
Tables in comments, which are indented, may be wider; programs that are tested are as they are. Prints what is too long; status 1 if there
is something.
"""
import pathlib
import re
import subprocess
import sys

COLUMNS, SUBJECT = 100, 72
FUNCTION, NESTED = 60, 3
CONTROL = re.compile(r'\t+(?=(?:if|for|while|do|switch)\b)')
STRUCT = re.compile(r'(?:static |const |_Thread_local )*(?:struct|union)\b[^;()]*\{$')
BESIDE = re.compile(r'\s+.*;\s*/\*')
TABLE = re.compile(r' ?\* (\t|  )')


def find_long_lines():
    listed = subprocess.run(['git', 'ls-files', '*.c', '*.h', '*.cc'], capture_output=True, text=True, check=True)
    for path in listed.stdout.split():
        for number, line in enumerate(pathlib.Path(path).read_text(encoding='utf-8').splitlines(), 1):
            if len(line.expandtabs(8)) > COLUMNS and not TABLE.match(line):
                yield f'{path}:{number}: beyond column {COLUMNS}'


def find_long_functions():
    listed = subprocess.run(['git', 'ls-files', 'preload/*.[ch]', 'analyzer/*.[ch]', 'include/*.h', 'tests/unit/*.[ch]'], capture_output=True,
                            text=True, check=True)
    for path in listed.stdout.split():
        lines, start = pathlib.Path(path).read_text(encoding='utf-8').splitlines(), None
        for number, line in enumerate(lines):
            if line == '{':
                start = number
            elif line == '}' and start is not None:
                # clang-format has made it one tab for each level
                nested = max([len(found[0]) for found in map(CONTROL.match, lines[start:number]) if found], default=0)
                if number - start - 1 > FUNCTION:
                    yield f'{path}:{start}: a function of more than {FUNCTION} lines'
                if nested > NESTED:
                    yield f'{path}:{start}: nested more than {NESTED} deep'
                start = None


def find_comments_beside_fields():
    listed = subprocess.run(['git', 'ls-files', 'preload/*.[ch]', 'analyzer/*.[ch]', 'include/*.h', 'tests/unit/*.[ch]'], capture_output=True,
                            text=True, check=True)
    for path in listed.stdout.split():
        inside = False
        for number, line in enumerate(pathlib.Path(path).read_text(encoding='utf-8').splitlines(), 1):
            inside = bool(STRUCT.match(line)) or (inside and not line.startswith('}'))
            if inside and BESIDE.match(line):
                yield f'{path}:{number}: a field\'s comment beside it, not above it'


def find_long_subjects(commits):
    run = subprocess.run(['git', 'log', '--format=%h %s', commits], capture_output=True, text=True, check=False)
    for line in run.stdout.splitlines():
        name, _, subject = line.partition(' ')
        if len(subject) > SUBJECT:
            yield f'{name}: a subject of more than {SUBJECT} characters: {subject}'


def main():
    wrong = [*find_long_lines(), *find_long_functions(), *find_comments_beside_fields(),
             *find_long_subjects(sys.argv[1] if len(sys.argv) > 1 else 'origin/main..')]
    print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
