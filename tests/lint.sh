#!/usr/bin/env bash
# Formatting, static analysis, scripts, man pages, and what the library exports and needs.
# Usage: lint.sh MAN_PAGE... -- SCRIPT...
set -u
cd "$(dirname "$0")/.." || exit 1
pages=() failed=0
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	pages+=("$1")
	shift
done
shift
# complain NAME COMMAND...: prints the output of what fails
complain() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		echo "ok $name"
	else
		echo "not ok $name"
		printf '%s\n' "$output" | head -n 60
		failed=1
	fi
}

# What is made from other files must be there.
make --no-print-directory -s -j"$(nproc)" all || failed=1
mapfile -t sources < <(git ls-files '*.c' '*.h')
mapfile -t units < <(git ls-files 'preload/*.c' 'analyzer/*.c')
complain 'clang-format (make format mends it)' clang-format --dry-run -Werror "${sources[@]}"
kept=${XDG_CACHE_HOME:-$HOME/.cache}/silt/cppcheck # what it found in files that have not changed
mkdir -p "$kept"
complain 'cppcheck' cppcheck --cppcheck-build-dir="$kept" -j "$(nproc)" --quiet --std=c11 --enable=warning,portability --error-exitcode=1 --inline-suppr \
	--suppress=preprocessorErrorDirective --suppress=unknownMacro -Iinclude -Ianalyzer -Ibuild/analyzer -Ipreload -D__x86_64__ "${units[@]}"
complain 'clang-tidy' python3 tests/lint_tidy.py "${units[@]}"
complain 'shellcheck' shellcheck -S warning -x -e SC1091,SC2154,SC2010 "$@"
for page in "${pages[@]}"; do
	complain "mandoc $page" mandoc -T lint -W warning "$page"
done

has_sections() {
	local page failed=0
	for page in "${pages[@]}"; do
		grep -q '^\.Sh EXAMPLES' "$page" || { echo "$page: no EXAMPLES"; failed=1; }
		[[ $page != *.1 ]] || grep -q '^\.Sh EXIT STATUS' "$page" || { echo "$page: no EXIT STATUS"; failed=1; }
	done
	return $failed
}
complain 'manual pages have EXAMPLES, those of section 1 EXIT STATUS' has_sections

library=build/lib/libsilt.so
only_libc() { ! readelf -d $library | grep NEEDED | grep -vE 'libc\.so\.6|ld-linux'; }
only_ours() {
	! nm -D --defined-only $library | awk '{ print $3 }' | grep -vxE "$(
		{
			sed -n 's/^HOOK[_OWN]*([^,]*, \([a-z_0-9]*\),.*/\1/p' preload/record/hooks.def
			echo 'silt_lib_[a-z_]*|__lsan_[a-z_]*|_exit|_Exit|abort|__assert_fail|__register_atfork|prctl|syscall|set(res?|e|fs)?[ug]id|setgroups|initgroups|capset|chroot|exit|quick_exit|__cxa_thread_atexit_impl|setns|unshare|waitpid|wait3|wait4|waitid|f?execve|execveat|execvp?e?|execlp?|execle'
		} | paste -sd '|')"
}
old_enough() { [ "$(printf '%s\nGLIBC_2.28\n' "$(objdump -T $library | grep -oE 'GLIBC_[0-9.]+|GLIBC_PRIVATE' | sort -Vu | tail -n 1)" | sort -V | tail -n 1)" = GLIBC_2.28 ]; }
no_writable_code() { ! readelf -lW $library | grep -E 'LOAD.*RWE|GNU_STACK.*RWE'; }
no_weak_calls() { ! nm -D --undefined-only $library | grep -E ' (printf|fprintf|snprintf|fopen|fwrite|puts|__[a-z]*printf_chk|__stack_chk_fail)'; }
complain 'the library needs libc only' only_libc
complain 'the library exports the interposed functions and its own only' only_ours
complain 'the library needs no symbol that is newer than glibc 2.28' old_enough
complain 'the library has no writable code' no_writable_code
complain 'the library uses no stdio' no_weak_calls
# graph/rest.c runs in the middle of the program's code: no vector register of it may change.
only_general() { [ -z "$(nm -u build/preload/graph/rest.o)" ] && ! objdump -d build/preload/graph/rest.o | grep -E '%[xyz]mm'; }
complain 'the rest of an interrupted call uses general registers only' only_general
complain 'helper, stopper and twin call nothing that takes a lock' python3 tests/lint_reach.py $library tests/lint_reach.txt
# agree: CONTRIBUTING.md, "A release".
agree() {
	local version
	version=$(sed -n 's/^VERSION := //p' Makefile)
	[ "$(sed -n '0,/^## /s/^## \([0-9.]*\).*/\1/p' NEWS.md)" = "$version" ] && [ "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" = "$version" ]
}
complain 'Makefile, NEWS.md and debian/changelog have one version' agree
complain 'lines end at column 100, functions have 60 lines, subjects of commits 72 characters' python3 tests/lint_lines.py
complain 'words are those of the field' python3 tests/lint_words.py
complain 'includes go one way' python3 tests/lint_rooms.py
complain 'a file includes what it uses' python3 tests/lint_includes.py
each_alone() {
	local header failed=0
	for header in $(git ls-files 'preload/*.h' 'analyzer/*.h' 'include/*.h' ':!preload/base/arch_*'); do
		gcc -x c -fsyntax-only -std=gnu11 -D_GNU_SOURCE -Iinclude -Ianalyzer -Ibuild/analyzer -Ipreload "$header" || failed=1
	done
	return $failed
}
complain 'headers compile alone' each_alone
complain 'nothing is left to do' bash -c '! git grep -nE "\\b(TO[D]O|FIX[M]E|X[X]X)\\b" -- preload analyzer include tests'
complain 'the library sleeps by rt_sleep(), see there' bash -c '! git grep -n SYS_nanosleep -- preload | grep -vE "^preload/(control/helper_main.c|graph/calls.def)"'
exit $failed
