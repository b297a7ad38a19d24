#!/usr/bin/env python3
"""A file includes what it uses, and of our headers no other.

Usage: lint_includes.py (from the root of the tree). What a header of ours declares, and what SYSTEM says of the C library's, must be among
the includes of each file that uses it; a .c file has those of its own header, too. A header that declares nothing stands for those that
it includes. `struct x;` is enough for a file that passes pointers on. bool, size_t, NULL, integers of a width and atomics count as
words of the language. Prints each include that is missing, and each header of ours that nothing is used of; status 1 if there is one.
"""
import pathlib
import re
import sys

# Whose headers each of them sees.
TREES = {
    'include': ['include'],
    'preload': ['preload', 'include'],
    'analyzer': ['analyzer', 'include'],
    'tests/unit': ['tests/unit', 'preload', 'analyzer', 'include'],
}
# Names of the C library, and the headers that have them.
SYSTEM = {
    r'mem(?:cpy|move|set|cmp|r?chr|mem|pcpy)\(|str(?:n?len|n?cmp|r?chr|chrnul|str|n?dup|c?spn|pbrk|sep|tok_r|signal|error)\(': 'string.h',
    r'strn?casecmp\(': 'strings.h string.h',
    r'(?:free|malloc|calloc|realloc|reallocarray|qsort|bsearch|strto(?:d|l|ul|ll|ull)|getenv|(?:un)?setenv|exit|abort|mkstemp|mkdtemp|'
    r'realpath|atexit)\(|EXIT_(?:SUCCESS|FAILURE)': 'stdlib.h',
    r'(?:v?[fs]?n?printf|v?asprintf|f(?:open|close|puts|putc|gets|read|write|flush|seek|tell|dopen|ileno)|open_memstream|fmemopen|'
    r'fopencookie|puts|putc|putchar|perror|getline|getdelim|sscanf|rename|remove|popen|pclose)\(|FILE|std(?:in|out|err)|EOF': 'stdio.h',
    r'errno|E(?:PERM|NOENT|SRCH|INTR|IO|BADF|CHILD|AGAIN|NOMEM|ACCES|FAULT|BUSY|EXIST|NOTDIR|ISDIR|INVAL|MFILE|NOSPC|PIPE|RANGE|NOSYS|'
    r'LOOP|TIMEDOUT|ESTALE|NAMETOOLONG|CONNREFUSED)': 'errno.h',
    r'is(?:alpha|digit|alnum|xdigit|space|upper|lower|print|punct|cntrl|graph)\(|to(?:upper|lower)\(': 'ctype.h',
    r'(?:PRI[dux]|SCN[dux])(?:8|16|32|64|PTR|MAX)': 'inttypes.h',
    r'va_(?:list|start|end|copy)': 'stdarg.h',
    r'(?:sqrt|pow|exp|log|log2|log10|floor|ceil|l?l?round|fabs|fmin|fmax|isnan|isinf|isfinite|lgamma|erfc?|expm1|log1p)\(|NAN|INFINITY|'
    r'HUGE_VAL': 'math.h',
    r'(?:U?INT|U?LONG|U?LLONG|PATH|NAME|IOV)_MAX|(?:INT|LONG|LLONG)_MIN': 'limits.h',
    r'(?:read|write|pread|pwrite|close|unlink|rmdir|dup2?|pipe2?|fork|execvp?e?|_exit|getp?pid|isatty|lseek|sysconf|readlink|'
    r'getcwd|ge?te?uid)\(|STD(?:IN|OUT|ERR)_FILENO|[RWXF]_OK|_SC_\w+': 'unistd.h',
    r'SEEK_(?:SET|CUR|END)': 'unistd.h stdio.h fcntl.h',
    r'open(?:at)?\(|O_(?:RDONLY|WRONLY|RDWR|CREAT|EXCL|TRUNC|CLOEXEC|DIRECTORY|NOFOLLOW|PATH|NONBLOCK)|AT_FDCWD|fcntl\(|F_[GS]ETF[LD]|'
    r'FD_CLOEXEC': 'fcntl.h',
    r'struct stat|f?l?stat\(|fstatat\(|mkdir(?:at)?\(|f?chmod\(|S_IS[A-Z]+': 'sys/stat.h',
    r'sig(?:action|procmask|emptyset|fillset|addset|delset|ismember|altstack|set_t|info_t)|SIG(?:KILL|TERM|INT|HUP|PIPE|CHLD|STOP|CONT|'
    r'TRAP|SEGV|BUS|ALRM|USR[12])|SIG_(?:DFL|IGN)|t?kill\(|SA_[A-Z]+': 'signal.h',
    r'waitpid\(|wait4\(|W(?:IFEXITED|EXITSTATUS|IFSIGNALED|TERMSIG|NOHANG|IFSTOPPED|STOPSIG)': 'sys/wait.h',
    r'struct timespec|clock_(?:gettime|nanosleep|getres)\(|CLOCK_[A-Z]+|time_t|nanosleep\(|(?:localtime|gmtime)_r\(|strftime\(': 'time.h',
    r'SYS_\w+': 'sys/syscall.h',
    r'm(?:map|unmap|protect|remap)\(|madvise\(|(?:MAP|PROT|MADV)_[A-Z_]+': 'sys/mman.h',
    r'DIR|(?:open|read|close)dir\(|struct dirent': 'dirent.h',
    r'dl(?:open|sym|addr|close|error)\(|RTLD_\w+|Dl_info': 'dlfcn.h',
    r'ElfW\(|struct dl_phdr_info|dl_iterate_phdr\(|struct link_map': 'link.h',
    r'pthread_\w+': 'pthread.h',
    r'getauxval\(': 'sys/auxv.h',
    r'struct iovec|readv\(|writev\(|process_vm_readv\(': 'sys/uio.h',
    r'struct pollfd|p?poll\(|POLL(?:IN|OUT|HUP|ERR)': 'poll.h',
    r'struct r(?:limit|usage)|[gs]etrlimit\(|prlimit\(|RLIM(?:IT)?_[A-Z]+': 'sys/resource.h',
    r'prctl\(|PR_[SG]ET_\w+': 'sys/prctl.h',
    r'ptrace\(|PTRACE_\w+': 'sys/ptrace.h',
    r'FUTEX_\w+': 'linux/futex.h',
    r'getopt_long\(|struct option|optarg|optind|(?:no|required|optional)_argument': 'getopt.h',
    r'fnmatch\(|FNM_\w+': 'fnmatch.h',
    r'DW_[A-Z]+_\w+': 'dwarf.h',
    r'Dwarf_(?:Die|Addr|Attribute|Word|Off|Op|Block)': 'elfutils/libdw.h elfutils/libdwfl.h',
}
SYSTEM = {re.compile(rf'(?<![.>\w])(?:{names})(?:(?<=\()|(?!\w))'): headers.split() for names, headers in SYSTEM.items()}
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*', re.S)
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'')
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.M)
DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.M)
MACRO = re.compile(r'^[ \t]*#[ \t]*define (\w+)', re.M)
TAG = r'\b(?:struct|enum|union) (\w+)'


class Source:
    """What a file includes, declares (`tags` of structs, `members`, other `names`), and uses."""

    def __init__(self, path):
        self.is_offered = path.suffix == '.h'
        self.defined = set()
        text = COMMENT.sub(' ', path.read_text(encoding='utf-8'))
        self.includes = INCLUDE.findall(text)
        self.text = STRING.sub('""', INCLUDE.sub('', text))
        self.words = set(re.findall(r'(?<![.>\w])\w+|(?<=\.\.\.)\w+', self.text))
        self.fields = set(re.findall(r'(?:\.|->)(\w+)', self.text))
        self.used_tags = set(re.findall(TAG, self.text))
        self.forward = set(re.findall(rf'^{TAG};', self.text, re.M))
        code = DIRECTIVE.sub('', self.text)
        self.tags = set(re.findall(TAG + r'\s*\{', code))
        self.members = set(re.findall(r'(\w+)\s*(?:\[[^;]*\])?\s*(?::\s*\w+)?\s*[,;]', code))
        self.names = {name for name in MACRO.findall(self.text) if not name.endswith('_H')}
        for body in re.findall(r'\benum(?: \w+)?\s*\{(.*?)\}', code, re.S):
            self.names.update(re.findall(r'(?:^|,)\s*(\w+)', body))
        for statement in flatten(code).split(';'):
            words = re.findall(r'\w+', re.sub(r'__attribute__|\b[A-Z_]+\b', '', statement.split('=')[0]))
            if len(words) > 1 and not re.fullmatch(TAG, ' '.join(words)):
                (self.names if self.is_offered or 'static' in words else self.defined).add(words[-1])


def flatten(text):
    """Without what is in braces, parentheses and brackets; a body ends a statement."""
    text = re.sub(r'\(\*(\w+)\)\(', r'\1(', text)
    depth, flat = 0, []
    for char in text:
        if char in '({[':
            depth += 1
        elif char in ')}]':
            depth -= 1
            if depth == 0 and char == '}':
                flat.append(';')
        elif depth == 0:
            flat.append(char)
    return ''.join(flat)


def read_sources():
    """By path: what is in them; `seen`, the paths of our headers that they include."""
    sources, visible = {}, {}
    for tree in TREES:
        for path in sorted(pathlib.Path(tree).rglob('*.[ch]')):
            sources[path.as_posix()] = Source(path)
            visible[path.as_posix()] = TREES[tree]
    for path, source in sources.items():
        source.trees = tuple(f'{tree}/' for tree in visible[path])
        found = {name: [tree + name for tree in source.trees if tree + name in sources] for name in source.includes}
        source.seen = {paths[0] for paths in found.values() if paths}
    for path, source in sources.items():
        if path.endswith('.h') and not source.names | source.tags:
            source.names, source.tags = (set().union(*(getattr(sources[header], kind) for header in source.seen))
                                         for kind in ('names', 'tags'))
            for header in source.seen:
                sources[header].is_offered = False
            source.seen = set()
    return sources


def find_wrong(path, source, sources):
    own = path[:-1] + 'h' if path.endswith('.c') and path[:-1] + 'h' in source.seen else None
    headers = source.seen | ({own} | sources[own].seen if own else set())
    known = source.names | source.tags | source.forward | (sources[own].forward if own else set())
    known = known.union(*(sources[header].names | sources[header].tags for header in headers))
    for header, other in sources.items():
        if not other.is_offered or header in (path, own) or not header.startswith(source.trees):
            continue
        used = (other.names & source.words) | (other.tags & source.used_tags)
        if header not in headers and used - known:
            yield f'{path}: missing {header}, for {", ".join(sorted(used - known))}'
        if header in source.seen:
            # A header that says it again does not need it.
            if not used - (source.names | source.tags if path.endswith('.h') else set()) and not other.members & source.fields:
                yield f'{path}: nothing is used of {header}'
    included = set(source.includes) | set(sources[own].includes if own else [])
    for names, choice in SYSTEM.items():
        if not included & set(choice):
            found = names.search(source.text)
            if found:
                yield f'{path}: missing <{choice[0]}>, for {found[0].rstrip("(")}'


def main():
    sources = read_sources()
    wrong = [line for path, source in sources.items() for line in find_wrong(path, source, sources)]
    if not sources:
        wrong.append('no file was found')
    print('\n'.join(wrong))
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
