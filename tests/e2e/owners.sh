#!/usr/bin/env bash
# Of several roots that lead to what grows, silt report names the one that a maintainer would.
. "$(dirname "$0")/lib.sh"

for mode in middle view ring local object thread tables; do
	timeout -k 5 60 "$silt" run -i 100ms --graph all -o $mode -- "$programs/owners" $mode 2000 >/dev/null &
done
for mode in object topic; do
	timeout -k 5 60 "$silt" run -i 100ms --graph all -o observers-$mode -- "$programs/observers" "$programs/observers_plugin.so" $mode 2000 >/dev/null &
done
timeout -k 5 60 "$silt" run -i 100ms --graph all -o pieces -- "$programs/pieces" 2000 >/dev/null &
timeout -k 5 60 "$silt" run -i 100ms --graph all -o lanes -- "$programs/lanes" 2000 >/dev/null &
for mode in newest oldest object far; do
	"$silt" run -q --graph last -o outward-$mode -- "$programs/outward" $mode
done
wait
# holder RUN: the holder of what grows, and the path
holder() {
	"$silt" report --format json $1 | jq -r '[.findings[] | .holder.symbol // "-", .holder.local // empty, .holder.path // "-"] | join(" ")'
}
equal 'the head of a list, not a pointer into its middle' "$(holder middle)" 'chain chain->next'
equal 'the head of a list, not an array of some of its elements' "$(holder view)" 'chain chain->next'
equal 'the anchor of a ring, not an element of it' "$(holder ring)" 'ring ring.next->next'
equal 'a variable of a function outside, not the stack slot where another has saved its register' "$(holder local)" \
	'main own own->next'
equal 'a variable that leads to an object with the list, not a register with an element of it' "$(holder object)" \
	'write_book book book->entries->next'
equal 'the table of a thread, one of several, not a variable with an element of it' "$(holder tables)" 'fill_table::table fill_table::table[].next'
equal 'the object that is observed, not the table of a library that is keyed by it' "$(holder observers-object)" 'station station'
equal 'its kind' "$("$silt" report --format json observers-object | jq -r '.findings[].kind')" 'listener-leak'
contains 'the table' "$("$silt" report observers-object)" 'a library has them in registry, by the address of the object'
contains 'one context of all observers is not what they observe' "$(holder observers-topic)" 'topics topics->values['
equal 'what is cut from a pool and the pool are one finding, that of what has the pieces' "$(holder pieces)" 'entries entries->next'
equal 'a number in blocks of which few are added is no count of references' "$("$silt" report --format json lanes | jq -r '.findings[].kind')" 'growing-cache'
# outward MODE: the path from a global variable to the elements, however the two links are called
outward() {
	"$silt" holders --format json "outward-$1" | jq -r '[.holders[] | select(.root == "global") | .paths[] | select(.blocks > 100) | .path] | unique | join(" ")'
}
equal 'of two directions the one that leads outward: the second link' "$(outward newest)" 'newest->older'
equal 'the first link' "$(outward oldest)" 'oldest->newer'
equal 'from a heap object' "$(outward object)" 'board->oldest->newer'
equal 'from the variable, not from the other end' "$(outward far)" 'newest->older'
contains 'what a thread was given' "$("$silt" holders thread/*/0010.silt)" 'the argument of the thread started with writer'
contains 'in words' "$("$silt" report local)" 'local own of main ('
# Not in every snapshot: a function of the C library may have saved the registers.
for snapshot in object/*/*.silt; do
	"$silt" holders --format json "$snapshot"
done | jq -r '.holders[].paths[] | select(.variable) | "\(.variable) of \(.function)"' | sort -u >variables
equal 'silt holders names variables, too, those that there are' "$(grep -vxE '(book|node) of write_book' variables)" ''
contains 'the others are listed' "$("$silt" report --format json middle | jq -c '[.findings[].other_holders[].symbol]')" '"remembered"'
equal 'memory of silt is no root' "$("$silt" refs middle | grep -c 'from mapping')" 0
