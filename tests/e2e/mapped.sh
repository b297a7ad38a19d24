#!/usr/bin/env bash
# Memory that a program maps itself: what is on record, that its calls do what they do natively, and that malloc's totals know
# nothing of it.
. "$(dirname "$0")/lib.sh"

mapped() { # RUN: mappings and bytes on record as live
	"$silt" dump "$1" | awk '$1 == "mapped" { split($9, live, "/"); n += live[1]; bytes += live[2] } END { print n + 0, bytes + 0 }'
}

expected=$("$silt" run -o parts "$programs/regions" parts)
equal 'cut, moved and mapped over: every byte is on record' "$(mapped parts | cut -d' ' -f2)" "$expected"
equal "and none of it is malloc's" "$("$silt" top --format json parts | jq '[.stats[].key.function] | any(. == "map" or . == "parts")')" false
equal 'results and errno are as natively' "$("$silt" run -o results "$programs/regions" results)" "$("$programs/regions" results)"

"$silt" run -o forks "$programs/regions" forks >forks.out
parent=$(awk '/parent/ { print $2 }' forks.out) child=$(awk '/child/ { print $2 }' forks.out)
equal 'a child has what its parent mapped, and its own' \
	"$(for run in forks/*/; do mapped "$run" | cut -d' ' -f2; done | sort -n | xargs)" "$parent $child"

equal 'threads: their stacks are not on record' "$("$silt" run -o threads "$programs/swap" >/dev/null; mapped threads)" '0 0'
jemalloc=$(ldconfig -p | awk '/libjemalloc\.so\.2/ { print $NF; exit }')
if [ -n "$jemalloc" ]; then
	LD_PRELOAD=$jemalloc "$silt" run -o jemalloc "$programs/swap" >/dev/null
	equal "an allocator's mappings are not on record" "$(mapped jemalloc)" '0 0'
else
	skip "an allocator's mappings" 'no jemalloc here'
fi
"$silt" run -o fast "$programs/regions" fast 20000
equal 'what comes and goes leaves nothing' "$(mapped fast)" '0 0'
contains 'and who unmaps it is known' "$("$silt" dump fast | grep '^mapped')" 'unmapped by node'
"$silt" run -o pool "$programs/regions" pool
equal "what a pool hands out lies in it" "$("$silt" dump pool | awk '$1 == "mapped" { print $5 }')" 5

# -- what grows, and what does not --
for what in leak steady; do
	"$silt" run -q -i 50ms -o "$what" "$programs/regions" $what 1500 &
done
wait
"$silt" report --format json leak >leak.json
equal 'a leak by mmap is found' "$(jq -r '.verdict, (.findings[0] | .kind, .confidence >= 0.9)' leak.json | xargs)" 'leaking growing true'
equal 'with the function that maps' "$(jq -r '[.findings[0].sites[0].traceback[:3][].function] | join(" ")' leak.json)" 'map hold_region work'
equal 'alone' "$(jq '.findings | length' leak.json)" 1
contains 'as mappings, not blocks' "$(jq -r '.findings[0].headline' leak.json)" 'mappings of'
equal 'and who unmaps what the same line maps elsewhere' \
	"$(jq -r '.findings[0] | (.sites | length), (.freed_from[] | .how, .traceback[0].function)' leak.json | xargs)" '1 munmap turn_over'
equal "malloc's totals are without it" "$("$silt" top --format json leak | jq '.totals.total_bytes < 1000000')" true
equal 'its twin, which unmaps, is clean' "$("$silt" report --format json steady | jq -r '.verdict, (.findings | length)' | xargs)" 'clean 0'
