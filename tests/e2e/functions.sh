#!/usr/bin/env bash
# silt top --by function: columns of a profile that add up to what a program of known lives does; callers, callees, orders.
. "$(dirname "$0")/lib.sh"

timeout -k 5 60 "$silt" run -o run -- "$programs/briefly" >/dev/null
json=$("$silt" top --by function --format json run)
of() { # FUNCTION FIELDS [JSON]
	jq -c --arg name "$1" ".stats[] | select(.key.function == \$name) | $2" <<<"${3:-$json}"
}
equal 'short-lived blocks' "$(of brief '[.total_blocks, .size, .count, .freed_blocks, .short_lived_blocks]')" '[1250,0,0,1250,1250]'
equal 'blocks that lived across a snapshot are not short-lived' "$(of lasting '[.total_blocks, .size, .count, .freed_blocks, .short_lived_blocks]')" '[8,6000,6,2,0]'
equal 'freed before the next allocation' "$(of brief .temporary_blocks):$(of lasting .temporary_blocks)" 1250:0
all=$("$silt" top --by function --sort cumtime --format json run)
equal 'through calls' "$(of both '[.size, .total_blocks, .cumulative_count, .cumulative_total_blocks]' "$all")" '[0,0,4,1004]'
equal 'recursion counts once' "$(of descend '[.cumulative_size, .cumulative_total_blocks]' "$all")" '[2000,4]'
equal 'main has all of it' "$(of main '.cumulative_total_blocks' "$all")" 1258
equal 'a function without its own is not in the default' "$(of both .size)" ''
edges=$("$silt" top --by function --callers lasting --callees both --format json run)
equal 'callers' "$(of lasting '[.callers[] | [.key.function, .cumulative_count, .cumulative_total_blocks]]' "$edges")" '[["both",4,4],["descend",2,4]]'
equal 'callees' "$(of both '[.callees[] | [.key.function, .cumulative_total_blocks]] | sort' "$edges")" '[["brief",1000],["lasting",4]]'
equal 'only what was asked for' "$(jq '.stats | length' <<<"$edges")" 2
text=$("$silt" top --by function --callers lasting run)
contains 'the columns' "$text" 'allocations      self   percall    blocks cumulative     short temporary  function'
equal 'the figures' "$(grep -E ' lasting \(' <<<"$text" | awk '{ print $1, $2 $3, $4 $5, $6, $7 $8, $9 }')" '8 6000B 1000B 6 6000B 0'
equal 'who calls in the text' "$(grep -c '<- \(both\|descend\) (' <<<"$text")" 2
first() {
	"$silt" top --by function --limit 1 --format json --sort "$1" run | jq -r '.stats[0].key.function'
}
for order in ncalls calls short temporary total pcalls; do
	equal "--sort $order" "$(first $order)" brief
done
for order in tottime size percall count time; do
	equal "--sort $order" "$(first $order)" lasting
done
equal '--sort name' "$(first name)" brief
"$silt" top --by function --sort speed run 2>err >/dev/null
equal 'no such order' "$?:$(cat err)" '2:silt top: --sort speed: expected size, count, total, calls or peak'
"$silt" top --sort cumtime run 2>err >/dev/null
equal 'an order of functions only' "$?:$(cat err)" '2:silt top: --sort cumtime: only with --by function'
"$silt" top --callers main run 2>err >/dev/null
equal 'callers of functions only' "$?:$(cat err)" '2:silt top: --callers and --callees: only with --by function'
equal 'one snapshot: freed' "$("$silt" top --by function run/*/0001.silt | sed -n 3p | awk '{ print $6 }')" freed
