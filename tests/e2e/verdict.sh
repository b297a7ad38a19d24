#!/usr/bin/env bash
# Verdicts that are hard: each program beside one that looks like it (tests/programs/grows.c). They run side by side.
. "$(dirname "$0")/lib.sh"

modes="spread insert append used ring hidden stall sweep"
for mode in $modes; do
	timeout -k 5 40 "$silt" run --graph all -i 150ms -o "out.$mode" -- "$programs/grows" "$mode" 5000 &
done
wait

# answer MODE FILTER: what the report says
answer() {
	"$silt" report --format json out."$1"/grows.* | jq -r "$2"
}

# where MODE: the verdict, how many findings, the function of the program that is blamed
where() {
	answer "$1" '"\(.verdict) \(.findings | length) \([.findings[].sites[0].traceback[] | select(.file // "" | endswith("grows.c")) | .function][0])"'
}

equal "recursion by 65,536 ways is one finding" "$(where spread)" "leaking 1 make"
equal "it shows the heaviest call stacks only" "$(answer spread '.findings[0] | (.sites | length) <= 8 and .call_stacks > 1000')" true
equal "its notes are few" "$(answer spread '.notes | length < 5')" true
equal "a recursive insert" "$(where insert)" "leaking 1 make"
equal "an array that doubles" "$(where append)" "leaking 1 append"
contains "it says that it is appended to" "$(answer append '.findings[0].evidence[]')" "an array that is appended to"
equal "an array that doubles into memory that was used before" "$(answer used '.verdict | select(. != "clean") | "not clean"')" "not clean"
equal "a buffer of fixed use" "$(answer ring .verdict)" clean
equal "pointers that are no addresses" "$(answer hidden .verdict)" clean
equal "a leak that stalls" "$(where stall)" "leaking 1 make"
equal "a sweep that leaves a tenth" "$(where sweep)" "leaking 1 make"
