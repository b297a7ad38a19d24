#!/usr/bin/env python3
"""Headers, comments, messages, manual pages and README files use the field's words, and name what there is.

Usage: lint_words.py (from the root of the tree). Prints each place with a word or phrase of the list
below, also one that a line break divides, and what to write instead; and each function or file that
a comment names and nobody defines. Status 1 if there is one.
"""
import pathlib
import re
import subprocess
import sys

FILES = ['*.c', '*.h', '*.cc', '*.def', '*.md', '*.sh', '*.py', 'man/*', 'analyzer/completions/*']
FILES += [':!tests/lint_words.py']
# What a phrase is, and what to write for it. `way` is a word of the language, but names nothing in code.
PHRASES = {
    r'never given back': 'never freed',
    r"in your program's house": 'safety guarantees',
    r'^(?:#+|\.S[hs]) looking$': 'viewing results',
    r'(?<!there )\b(?:is|are) (?-i:none)\b(?! but)(?! at )|none that (?:is|are)\b': 'is not a ...',
    r'(?:those|these) stand from': 'frames [from, base) are unchanged',
    r'\bhungry\b': 'starved',
    r'\bbell\b': 'wake_send_fd',
    r'\bear\b': 'wake_recv_fd',
    r'\brt_hold_signals\b': 'rt_block_signals',
    r'\bstruct (?:\w+ )?way\b': 'walk_state',
    r'\bcame_to\b': 'reached',
    r'inherits? orphans': 'a subreaper adopts',
    r'tidied up': 'has cleaned up',
    r'\bnewborns?\b': 'born after the warm-up',
    r'that is no cache': 'this is not a cache',
    r'longer run\b[\w ]* tells': 'run longer to confirm',
    r'stands? twice': 'duplicate',
    r'stands? in neither': 'unknown; expected ... or ...',
    r'\bnot out of a\b': 'do not longjmp out of ...',
    r'(?:keep|keeps|kept) apart from 0': 'whose interval contains 0',
    r'\bcalled by:': 'nothing: such a list goes false',
    r'hours of fuzzing': 'record 1.6 h of fuzzing',
}
# What a line break brings into the middle of a sentence: comment signs, quotes, macros of mdoc.
BREAK = re.compile(r'[ \t]*(?:"[ \t]*)?\n[ \t]*(?:\*(?!/) ?|// ?|"|\.\w\w )?[ \t]*')


def find_phrases(text):
    """Line number, phrase, and what to write."""
    for pattern, better in PHRASES.items():
        for found in re.finditer(pattern, text, re.I | re.M):
            yield text.count('\n', 0, found.start()) + 1, found[0], better
    starts, joined, end, length = [(0, 1)], [], 0, 0
    for line, brk in enumerate(BREAK.finditer(text), 2):
        joined += [text[end:brk.start()], ' ']
        length += brk.start() - end + 1
        end = brk.end()
        starts.append((length, line))
    whole = ''.join(joined) + text[end:]
    breaks = [at - 1 for at, _ in starts[1:]]
    for pattern, better in PHRASES.items():
        for found in re.finditer(pattern, whole, re.I) if pattern[0] != '^' else []:
            if any(found.start() < at < found.end() for at in breaks):
                yield max(line for at, line in starts if at <= found.start()), found[0], better


# What comments name of others: the kernel, libraries, CPython; and files by way of example.
FOREIGN = set("""restart_syscall rt_sigreturn sigframe.h sigcontext.h mlockall obmalloc.c queue.h tracemalloc.py hwcap.h stdint.h stddef.h signal.c signal.h lsan_interface.h
aio_abi.h malloc.c arena.c db_info.c descr.h a.c c.c""".split())
TEMPLATE = re.compile(r'\bcurl_NAME\b|\btest_NAME\.c\b')
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.S)
NAMED = re.compile(r'\b([a-z_]\w+)\(\)|\b(\w+\.(?:[ch]|def|py|sh))\b')


def find_false_names():
    """Functions and files that comments name."""
    listed = subprocess.run(['git', 'ls-files'], capture_output=True, text=True, check=True).stdout.split()
    texts = {path: pathlib.Path(path).read_text(encoding='utf-8') for path in listed
             if path.endswith(('.c', '.h', '.def')) and path.startswith(('preload/', 'analyzer/', 'include/', 'tests/unit/'))}
    known = FOREIGN | {pathlib.PurePath(path).name for path in listed}
    for text in texts.values():
        known.update(re.findall(r'\w+', COMMENT.sub('', text)))
    for path, text in texts.items():
        for comment in COMMENT.finditer(text):
            line = text.count('\n', 0, comment.start()) + 1
            for function, name in NAMED.findall(TEMPLATE.sub('', re.sub(r'\n\s*\*?\s?', ' ', comment[0]))):
                if (function or name) not in known:
                    yield f'{path}:{line}: names {function or name}, which is not there'


def main():
    listed = subprocess.run(['git', 'ls-files', *FILES], capture_output=True, text=True, check=True).stdout.split()
    wrong = [f'{path}:{line}: "{phrase}": {better}' for path in listed
             for line, phrase, better in find_phrases(pathlib.Path(path).read_text(encoding='utf-8'))]
    wrong += find_false_names()
    if not listed:
        wrong = ['no file was found']
    print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
