#!/usr/bin/env bash
# A program's own allocators are not blamed: told by what they do, with and without names.
. "$(dirname "$0")/lib.sh"

# A tail call or inlining would leave no frame to be seen.
gcc -O1 -g -fno-inline -fno-optimize-sibling-calls -o handing "$top_dir/tests/programs/handing.c"
"$silt" run -o named ./handing
# blamed RUN: functions, with their live blocks
blamed() {
	"$silt" top --format json --by function "$1" | jq -r '[.stats[] | select(.key.function) | "\(.key.function)=\(.count)"] | sort | join(" ")'
}
got=$(blamed named)
for function in sessions requests pages indexes logs; do
	contains "$function is blamed" " $got " " $function=5 "
done
contains 'two callers are blamed where the type is that of an allocator' " $got " ' routes=5 '
contains 'also one that asks once' " $got " ' table=1 '
contains 'a constructor of that type is blamed itself' " $got " ' new_number=6 '
contains 'a constructor is' " $got " ' new_item=15 '
contains 'what copies strings is' " $got " ' copy=4 '
contains 'also one that is asked for strings, and for records once' " $got " ' names=5 '
contains 'the allocator is named beside' "$("$silt" top --by line named)" '  pages'
contains 'the records, too' " $got " ' buffer=1 '
equal 'none with --skip none' "$("$silt" top --skip none --format json --by function named | jq '[.stats[] | select(.key.function == "pages")] | length')" 0
strip -o stripped ./handing
"$silt" run -o nameless ./stripped
equal 'the same without names' "$("$silt" top --format json --by traceback nameless | jq '[.stats[].size] | sort | map(select(. == 5000 or . == 15000 or . == 1000)) | length')" 3
equal 'also the one of strings and records' "$("$silt" top --format json --by line nameless | jq '[.stats[].size] | map(select(. == 72 or . == 408 or . == 2048)) | length')" 3
