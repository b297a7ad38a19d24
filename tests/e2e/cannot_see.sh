#!/usr/bin/env bash
# Programs whose heap silt cannot see: it says so, why, and what to do; and an empty report never looks like a clean one.
. "$(dirname "$0")/lib.sh"

cat >program.c <<'C'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	void *blocks[100];

	for (int i = 0; i < 100; i++)
		blocks[i] = malloc(1000);
	for (int i = 0; i < 100; i++)
		free(blocks[i]);
	puts("ran");
	return 5;
}
C
build() { # NAME COMPILER...: a program that says "ran" and ends with 5
	local name=$1
	shift
	if "$@" program.c -o "$name" 2>build.log && ./"$name" >/dev/null 2>&1 || [ $? -eq 5 ]; then
		return 0
	fi
	skip "$name" "cannot be built or run here: $*"
	return 1
}
# warned NAME PIECE: it runs all the same, and silt run says PIECE before.
warned() {
	equal "$1: runs as without" "$("$silt" run -o "out-$1" ./"$1" 2>"err-$1"; echo $?)" $'ran\n5'
	contains "$1: the reason" "$(cat "err-$1")" "$2"
	contains "$1: and a remedy" "$(cat "err-$1")" $'\n  '
}
# refused NAME PIECE: it is not started, and silt run says PIECE.
refused() {
	equal "$1: not started" "$("$silt" run -o "out-$1" ./"$1" 2>"err-$1"; echo $?)" 2
	contains "$1: the reason" "$(cat "err-$1")" "not started: $2"
	contains "$1: and a remedy" "$(cat "err-$1")" '--force'
}

build plain gcc
equal 'a plain program: no word' "$("$silt" run -o out-plain ./plain 2>&1; echo $?)" $'ran\n5'

# -- statically linked --
for flags in -static -static-pie; do
	build "linked$flags" gcc $flags && warned "linked$flags" 'it is statically linked'
done
contains 'no snapshot: said at the end' "$(cat err-linked-static)" 'no snapshot of ./linked-static was written'
contains 'silt overhead says it, too' "$("$silt" overhead -n 1 ./linked-static 2>&1)" 'it is statically linked'
mkdir -p soaked
contains 'silt soak says it, too' "$("$silt" soak -o soaked --duration 1s ./linked-static 2>&1)" 'it is statically linked'
cat >parent.c <<'C'
#include <unistd.h>
int main(void) { execl("./plain", "./plain", (char *)0); return 1; }
C
if gcc -static parent.c -o parent 2>/dev/null; then
	"$silt" run -o out-parent ./parent >/dev/null 2>err-parent
	equal 'what a static program starts is recorded' "$(totals out-parent 'total_blocks >= 100')" true
fi

# -- an allocator of its own --
cat >malloc.c <<'C'
#include <stddef.h>
#include <string.h>
#include <unistd.h>
static _Alignas(16) char arena[4 << 20];
static size_t used;
void *malloc(size_t size) { char *block = arena + used; used += (size + 31) & ~15ul; return used > sizeof arena ? NULL : block; }
void *calloc(size_t a, size_t b) { return malloc(a * b); }
void *realloc(void *old, size_t size) { char *block = malloc(size); if (block && old) memmove(block, old, size); return block; }
void free(void *block) { (void)block; }
C
# With -O2 its free is a return alone, too short for a jump.
build exported gcc -O2 malloc.c -fno-builtin -rdynamic && warned exported 'its own malloc comes before any preloaded one'
contains 'the snapshot says so' "$("$silt" top "$(find out-exported -name '*.silt')" 2>&1)" 'malloc of its own'
build hidden gcc -O2 malloc.c -fno-builtin -fvisibility=hidden && warned hidden 'built in for itself'
sed 's/\<\(malloc\|calloc\|realloc\|free\)(/je_\1(/g' malloc.c >renamed.c
build renamed gcc -O2 renamed.c -Wl,--undefined=je_malloc && warned renamed 'jemalloc built in'
# An allocator without symbols beside the C library's malloc: which of them it uses is known when it has run.
cat >either.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
const char *const volatile message = "<jemalloc>: Error allocating";
static void *own(size_t size) { return mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
int main(int count, char **words)
{
	void *(*allocate)(size_t) = count > 1 && strcmp(words[1], "own") == 0 ? own : malloc;

	for (int i = 0; i < 500; i++)
		memset(allocate(100000), 1, 100000);
	free(malloc(1));
	puts("ran");
	return 5;
}
C
gcc -O0 either.c -o either && strip either
equal "it has used malloc: no word" "$("$silt" run -o out-either-malloc ./either 2>&1; echo $?)" $'ran\n5'
equal "it has used the other: runs as without" "$("$silt" run -q -o out-either-own ./either own 2>err-either; echo $?)" $'ran\n5'
contains "said at the end" "$(cat err-either)" ' MiB are mappings of its own: silt sees these'
contains "which allocator that may be" "$(cat err-either)" '(it has jemalloc built in)'
contains "and a remedy" "$(cat err-either)" $'\n  let it use malloc'
contains "silt soak says it, too" "$("$silt" soak -o soaked --duration 1s ./either own 2>&1)" 'it has jemalloc built in'
sed 's/malloc(1)/0/; s/: malloc/: own/' either.c >only.c
gcc -O0 only.c -o only && strip only
contains "the other is all it has: said before" "$("$silt" run -o out-only ./only 2>&1)" 'be recorded in part or not at all: it has jemalloc built in'
cat >address.c <<'C'
#include <stdlib.h>
void *(*volatile allocate)(size_t) = malloc; /* an entry of its own for malloc, in a program at a fixed address */
int main(void) { free(allocate(100)); return 0; }
C
gcc -no-pie -fno-pie -rdynamic address.c -o address
equal "a pointer to malloc is no malloc" "$("$silt" run -o out-address ./address 2>&1; "$silt" dump out-address | grep allocator)" '  allocator 1'

printf '#include <cstdio>\n#include <vector>\nint main() { std::vector<int> v(1000); std::puts("ran"); return 5; }\n' >new.cc
g++ new.cc -o new
equal 'operator new of the C++ library: no word' "$("$silt" run -o out-new ./new 2>&1; echo $?)" $'ran\n5'

# -- sanitizers --
build address-sanitizer gcc -fsanitize=address && refused address-sanitizer 'it is built with AddressSanitizer'
build address-sanitizer-static clang -fsanitize=address && refused address-sanitizer-static 'it is built with AddressSanitizer'
build thread-sanitizer gcc -fsanitize=thread && refused thread-sanitizer 'it is built with ThreadSanitizer'
build undefined-sanitizer gcc -fsanitize=undefined &&
	equal 'UndefinedBehaviorSanitizer is not in the way' "$("$silt" run -o out-undefined ./undefined-sanitizer 2>&1)" ran
contains 'told to, it starts a refused program' "$("$silt" run --force -o out-forced ./address-sanitizer 2>&1)" 'ASan runtime does not come first'
contains 'silt soak starts none of them' "$("$silt" soak -o soaked --duration 1s ./address-sanitizer 2>&1; echo "$?")" $'\n2'

# -- other C libraries, other languages, other machines --
if command -v musl-gcc >/dev/null; then
	build musl musl-gcc && equal 'musl: silt run says nothing' "$("$silt" run -o out-musl ./musl 2>&1 >/dev/null)" ''
	build musl-static musl-gcc -static && warned musl-static 'it is statically linked'
else
	skip musl 'no musl-gcc'
fi
if command -v go >/dev/null; then
	printf 'package main\nimport ("fmt"; "os")\nfunc main() { fmt.Println("ran"); os.Exit(5) }\n' >main.go
	if HOME=$work GOCACHE=$work/cache GOFLAGS=-mod=mod GO111MODULE=off CGO_ENABLED=0 timeout 300 go build -o golang main.go 2>go.log; then
		warned golang 'it is a Go program'
		cp golang golang-stripped && strip golang-stripped && warned golang-stripped 'it is a Go program'
	else
		skip golang "$(tail -n 1 go.log)"
	fi
else
	skip golang 'no go'
fi
# The headers of a 32-bit program and of one for another machine, with nothing in them.
/usr/bin/python3 - <<'PY'
import struct
for name, bits, machine in (("i386", 1, 3), ("aarch64", 2, 183), ("riscv", 2, 243)):
    ident = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9)
    rest = struct.pack("<HHIIIIIHHHHHH", 2, machine, 1, 0, 0, 0, 0, 52, 0, 0, 0, 0, 0) if bits == 1 else \
        struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0)
    open(name, "wb").write(ident + rest)
PY
chmod +x i386 aarch64 riscv
own=$(uname -m)
for name in i386 aarch64 riscv; do
	[ "$name" = "$own" ] && continue
	contains "$name: the reason" "$("$silt" run -o out-$name ./$name 2>&1)" 'it is a program for'
done
contains '32-bit: by name' "$("$silt" run -o out-i386 ./i386 2>&1)" '32-bit x86'

# -- scripts --
printf '#!%s/linked-static\n' "$work" >script && chmod +x script
contains 'a script: its interpreter is what counts' "$("$silt" run -o out-script ./script 2>&1)" 'a script for'
printf '#!/usr/bin/env linked-static\n' >script
contains 'a script by way of env' "$(PATH=$work:$PATH "$silt" run -o out-script ./script 2>&1)" 'it is statically linked'
printf '#!/bin/sh\nexit 4\n' >script
equal 'a script for a plain shell: no word' "$("$silt" run -o out-sh ./script 2>&1; echo $?)" 4
contains 'found in PATH as the program is' "$(PATH=$work:$PATH "$silt" run -o out-path linked-static 2>&1)" 'it is statically linked'
equal 'a name that is nowhere: as before' "$("$silt" run -o out-none nowhere-at-all 2>&1; echo $?)" $'silt run: nowhere-at-all: No such file or directory\n127'

# -- valgrind --
if command -v valgrind >/dev/null; then
	equal 'valgrind: not started' "$("$silt" run -o out-valgrind valgrind -q ./plain 2>err-valgrind; echo $?)" 2
	contains 'valgrind: the reason' "$(cat err-valgrind)" 'valgrind stands in for malloc itself'
else
	skip valgrind 'not installed'
fi

# -- set-user-ID: seen by another user, who may not preload into it --
if [ "$(id -u)" -eq 0 ]; then
	mkdir -m 755 open && chmod 755 "$work" && cp plain open/setuid && cp plain open/setgid && chmod 4755 open/setuid && chmod 2755 open/setgid
	mkdir -m 777 open/out
	other() { setpriv --reuid nobody --regid nogroup --clear-groups "$silt" run -o open/out "$@" 2>&1; }
	if setpriv --reuid nobody --regid nogroup --clear-groups test -x "$silt"; then
		contains 'set-user-ID: the reason' "$(other open/setuid)" 'it is set-user-ID'
		contains 'set-group-ID: the reason' "$(other open/setgid)" 'it is set-group-ID'
		contains 'set-user-ID: it runs' "$(other open/setuid)" ran
		if command -v setcap >/dev/null && cp plain open/capable && setcap cap_net_raw+ep open/capable 2>/dev/null; then
			contains 'file capabilities: the reason' "$(other open/capable)" 'with file capabilities'
		else
			skip 'file capabilities' 'no setcap here'
		fi
	else
		skip 'set-user-ID' 'the checkout cannot be read by others'
	fi
	equal 'set-user-ID to oneself: no word' "$("$silt" run -o out-own open/setuid 2>&1)" ran
else
	skip 'set-user-ID' 'not root'
fi

# -- an empty report is not a clean one --
cat >nothing.c <<'C'
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) { (void)argv; for (int i = 0; i < (argc > 1 ? 1 : 120); i++) nanosleep(&(struct timespec){0, 10000000}, 0); _exit(0); }
C
gcc nothing.c -o nothing
equal 'nothing allocated, no memory to speak of: no word from silt run' "$("$silt" run -i 50ms -o out-nothing ./nothing 2>&1)" ''
contains 'silt top says so' "$("$silt" top out-nothing)" 'inconclusive: not one allocation was recorded'
equal 'and in JSON' "$("$silt" top --format json out-nothing | jq '.notes | length')" 1
equal 'no note where there is no doubt' "$("$silt" top --format json out-plain | jq '.notes | length')" 0
equal 'silt report is inconclusive' "$("$silt" report --format json out-nothing | jq -r .verdict)" inconclusive
contains 'and says why' "$("$silt" report out-nothing)" 'not one allocation was recorded'
equal 'silt check: 3' "$("$silt" check out-nothing >check.out; echo $?)" 3
contains 'and says why' "$(cat check.out)" 'not one allocation was recorded'
cat >mapped.c <<'C'
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
int main(void)
{
	void *volatile some = malloc(1000);

	memset(mmap(0, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 64 << 20);
	for (int i = 0; i < 120; i++)
		nanosleep(&(struct timespec){0, 10000000}, 0);
	free(some);
	return 0;
}
C
gcc mapped.c -o mapped
contains 'much memory, few allocations: said at the end' "$("$silt" run -i 50ms -o out-mapped ./mapped 2>&1)" 'few allocations were recorded'
equal 'silt check: 3, too' "$("$silt" check out-mapped >/dev/null; echo $?)" 3
mkdir -p empty/run.1
equal 'an empty run directory: an error' "$("$silt" check empty 2>/dev/null; echo $?):$("$silt" top empty 2>/dev/null; echo $?)" 2:2
contains 'and what to do' "$("$silt" top empty 2>&1)" 'no snapshots'
equal '--only that matches nothing: said' "$("$silt" run --only nope -o out-only ./plain 2>&1 | tail -n 1 | grep -c -- '--only does not match')" 1
