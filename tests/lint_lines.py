#!/usr/bin/env python3
"""Comments end at column 100, in rooms that have been brought there; subjects of commits are at most 72 characters.

Usage: lint_lines.py [COMMIT_RANGE] (from the root of the tree; default: origin/main..). Code is clang-format's. Prints each line that is
too long; status 1 if there is one.
"""
import pathlib
import re
import subprocess
import sys

COLUMNS, SUBJECT = 100, 72
ROOMS = ['preload/snapshot', 'preload/annotations', 'preload/api', 'analyzer/cli', 'analyzer/commands',
         'analyzer/gate', 'analyzer/load', 'analyzer/push', 'analyzer/render', 'analyzer/soak', 'analyzer/util']
COMMENT = re.compile(r'\s*(/\*|\* (?! ))')  # but for tables, which are indented


def find_long_comments():
    for room in ROOMS:
        for path in sorted(pathlib.Path(room).glob('*.[ch]')):
            for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
                if COMMENT.match(line) and '*/ ' not in line and len(line.expandtabs(8)) > COLUMNS:
                    yield f'{path}:{number}: a comment beyond column {COLUMNS}'


def find_long_subjects(commits):
    run = subprocess.run(['git', 'log', '--format=%h %s', commits], capture_output=True, text=True, check=False)
    for line in run.stdout.splitlines():
        name, _, subject = line.partition(' ')
        if len(subject) > SUBJECT:
            yield f'{name}: a subject of more than {SUBJECT} characters: {subject}'


def main():
    wrong = [*find_long_comments(), *find_long_subjects(sys.argv[1] if len(sys.argv) > 1 else 'origin/main..')]
    print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
