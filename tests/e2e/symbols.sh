#!/usr/bin/env bash
# Names and lines, however the program was built: checked against markers in the source.
. "$(dirname "$0")/lib.sh"

cat >fixture.c <<'C'
#include <stdlib.h>
#include <string.h>
#include "fixture.h"
void *volatile kept[4];
__attribute__((noinline)) void plain_function(void)
{
	kept[0] = malloc(1001); /* plain */
}
static inline __attribute__((always_inline)) void inlined_function(void)
{
	kept[1] = malloc(1002); /* inlined */
}
__attribute__((noinline)) void holder_of_inlined(void)
{
	inlined_function(); /* call of inlined */
	kept[2] = strdup("x");
}
int main(void)
{
	plain_function(); /* call of plain */
	holder_of_inlined();
	header_function();
	return 0;
}
C
cat >fixture.h <<'C'
extern void *volatile kept[4];
static inline __attribute__((always_inline)) void header_function(void)
{
	kept[3] = malloc(1003); /* in header */
}
C
line() { grep -n "/\* $2 \*/" "$1" | cut -d: -f1; }

# frames SIZE RUN: "function:line" of each frame down to main, of the block of that size
frames() {
	"$silt" top --format json --by traceback "$2" |
		jq -r "[.stats[] | select(.size == $1)][0].traceback | [.[] | \"\(.function):\(.line):\(.inlined)\"] | join(\" \")"
}
lines_are_right() { # NAME PROGRAM
	"$silt" run -o "run-$1" "./$2"
	contains "$1: a function" "$(frames 1001 "run-$1")" "plain_function:$(line fixture.c plain):false main:$(line fixture.c 'call of plain'):false"
	contains "$1: an inlined one" "$(frames 1002 "run-$1")" "inlined_function:$(line fixture.c inlined):true holder_of_inlined:$(line fixture.c 'call of inlined'):false main:"
	contains "$1: one from a header" "$(frames 1003 "run-$1")" "header_function:$(line fixture.h 'in header'):true main:"
	contains "$1: the file" "$("$silt" top --limit 0 "run-$1")" "$work/fixture.c:$(line fixture.c plain): size=1001 B"
}
while IFS='|' read -r name compiler flags; do
	command -v "$compiler" >/dev/null || { skip "$name" "no $compiler"; continue; }
	# shellcheck disable=SC2086
	$compiler $flags fixture.c -o "$name" || continue
	lines_are_right "$name" "$name"
done <<'BUILDS'
gcc-O2|gcc|-O2 -g
gcc-O0|gcc|-O0 -g
gcc-dwarf4|gcc|-O2 -g -gdwarf-4
gcc-split|gcc|-O2 -g -gsplit-dwarf
gcc-compressed|gcc|-O2 -g -gz
gcc-static-pie-off|gcc|-O2 -g -no-pie -fno-pie
clang-dwarf5|clang|-O2 -g -gdwarf-5
clang-dwarf4|clang|-O2 -g -gdwarf-4
clang-split|clang|-O2 -g -gsplit-dwarf
clang-lto|clang|-O1 -g -fno-omit-frame-pointer
BUILDS
equal 'clang wrote no .debug_aranges' "$(readelf -S clang-dwarf5 | grep -c debug_aranges)" 0

# Stripped, with the debug file beside it (debug link).
cp gcc-O2 linked
objcopy --only-keep-debug linked linked.debug
strip -g linked
objcopy --add-gnu-debuglink=linked.debug linked
lines_are_right debuglink linked

# Stripped altogether: exported functions by name, the rest by address, never nothing.
gcc -O2 -rdynamic fixture.c -o stripped && strip stripped
"$silt" run -o run-stripped ./stripped
contains 'stripped: .dynsym' "$("$silt" top --limit 0 run-stripped)" 'plain_function+0x'
contains 'stripped: with the module' "$("$silt" top --limit 0 run-stripped)" '(stripped): size=1001 B'
gcc -O2 fixture.c -o bare && strip bare
"$silt" run -o run-bare ./bare
check 'stripped bare: module and offset' grep -qE '^bare\+0x[0-9a-f]+: size=1001 B' <("$silt" top --limit 0 run-bare)

# The program was built anew since, or removed.
cp gcc-O2 rebuilt
"$silt" run -o run-rebuilt ./rebuilt
gcc -O1 -g fixture.c -o rebuilt
contains 'another build is not used' "$("$silt" top --limit 0 run-rebuilt 2>&1)" 'another build than the one recorded'
check 'its functions are shown by address' grep -qE '^rebuilt\+0x[0-9a-f]+: size=1001 B' <("$silt" top --limit 0 run-rebuilt 2>/dev/null)
rm rebuilt
contains 'a module that is gone' "$("$silt" top --limit 0 run-rebuilt 2>&1)" 'No such file'

# C++ and Rust names.
cat >names.cc <<'CC'
#include <vector>
#include <string>
namespace outer { template <class T> struct Box { std::vector<T> items; __attribute__((noinline)) void fill(int n) { items.resize(n); } }; }
outer::Box<long> *box;
int main() { box = new outer::Box<long>; box->fill(500); return 0; }
CC
g++ -O1 -g names.cc -o names
"$silt" run -o run-names ./names
contains 'C++: templates' "$("$silt" top --traceback --limit 0 run-names)" 'outer::Box<long>::fill'
strip -g names
contains 'C++ without debug info' "$("$silt" run -o run-names2 ./names; "$silt" top --traceback --limit 0 run-names2)" 'outer::Box<long>::fill'
if command -v rustc >/dev/null && printf 'pub fn make(n: usize) -> Vec<u8> { vec![1; n] }\n#[inline(never)] fn keep(v: Vec<u8>) { std::hint::black_box(v.leak()); }\nfn main() { keep(make(4321)); }\n' >r.rs && rustc -g -O r.rs 2>/dev/null; then
	"$silt" run -o run-rust ./r
	contains 'Rust' "$("$silt" top --limit 0 --traceback run-rust)" 'r::main'
	equal 'Rust: exact' "$("$silt" top --format json run-rust | jq '[.stats[] | select(.size == 4321)] | length')" 1
else
	skip Rust 'no rustc (apt-get install rustc)'
fi
