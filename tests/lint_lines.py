#!/usr/bin/env python3
"""C and C++ end at column 100; subjects of commits are at most 72 characters.

Usage: lint_lines.py [COMMIT_RANGE] (from the root of the tree; default: origin/main..).
Tables in comments, which are indented, may be wider. Prints each line that is too long; status 1
if there is one.
"""
import pathlib
import re
import subprocess
import sys

COLUMNS, SUBJECT = 100, 72
TABLE = re.compile(r' ?\* (\t|  )')


def find_long_lines():
    listed = subprocess.run(['git', 'ls-files', '*.c', '*.h', '*.cc'], capture_output=True, text=True, check=True)
    for path in listed.stdout.split():
        for number, line in enumerate(pathlib.Path(path).read_text(encoding='utf-8').splitlines(), 1):
            if len(line.expandtabs(8)) > COLUMNS and not TABLE.match(line):
                yield f'{path}:{number}: beyond column {COLUMNS}'


def find_long_subjects(commits):
    run = subprocess.run(['git', 'log', '--format=%h %s', commits], capture_output=True, text=True, check=False)
    for line in run.stdout.splitlines():
        name, _, subject = line.partition(' ')
        if len(subject) > SUBJECT:
            yield f'{name}: a subject of more than {SUBJECT} characters: {subject}'


def main():
    wrong = [*find_long_lines(), *find_long_subjects(sys.argv[1] if len(sys.argv) > 1 else 'origin/main..')]
    print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
