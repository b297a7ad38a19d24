#!/usr/bin/env bash
# What is lost and what is not, case by case: tests/graph-cases.md tells where the cases come from.
. "$(dirname "$0")/lib.sh"

# verdict RUN: direct, indirect and cycle bytes of the last snapshot with a graph
verdict() {
	"$silt" lost --format json "$1" | jq -r '.totals | "\(.direct_bytes) \(.indirect_bytes) \(.cycle_bytes)"'
}

# run_case PROGRAM MODE: the verdict of its (first) process
run_case() {
	local out=out.$1.$2
	timeout -k 5 30 "$silt" run --graph last -o "$out" -- "$programs/$1" "$2" >/dev/null 2>"$out.err"
	local status=$?
	[ $status -eq 0 ] && [ ! -s "$out.err" ] || echo "exit status $status: $(cat "$out.err")"
	verdict "$(find "$out" -mindepth 1 -maxdepth 1 | sort -V | head -n 1)"
	rm -rf "$out" "$out.err"
}

mapfile -t cases <<'END'
global_initialized 0 0 0
global_uninitialized 0 0 0
static_local 0 0 0
interior 0 0 0
unaligned 1009 0 0
past_the_end 1016 0 0
hidden_bits 1009 0 0
large 0 0 0
large_lost 34603008 0 0
empty 0 0 0
empty_lost 0 0 0
overwritten 1009 0 0
simple 1009 0 0
other_calls 10118 0 0
chain 1009 714 0
tree 1009 1639 0
two_into_one 2022 503 0
cycle 0 0 1512
cycle_with_tail 0 714 3027
cycle_pointed_to 211 1512 0
cycle_that_points_to_cycle 0 1006 2018
self 1009 0 0
doubly_linked 0 0 3027
empty_intrusive_list 1512 0 0
string_in_place 1009 0 0
reachable_points_to_lost 503 0 0
lost_points_to_reachable 1009 0 0
many 24 2399976 0
in_freed_memory 503 0 0
in_freed_large 503 0 0
stack 0 0 0
joined_stack 1009 0 0
not_joined_result 503 0 0
tls_of_ended_thread 1009 0 0
tls_static 0 0 0
tls_of_thread 0 0 0
thread_argument 0 0 0
specific 0 0 0
specific_second_level 0 0 0
context_on_heap 0 0 0
context_on_mapping 0 0 0
runs_on_heap 0 0 0
alternate_stack 0 0 0
module_global 0 0 0
module_tls 0 0 0
module_gone 1009 0 0
mapping 0 0 0
root_region 0 0 0
block_with_a_guard 0 0 0
environment 0 0 0
open_file 0 0 0
buffer_of_file 0 0 0
exit_argument 0 0 0
search_tree 0 0 0
line_buffer 120 0 0
ignored 0 0 0
disabled 503 0 0
check_now 1009 0 0
not_dumpable 1009 0 0
END
for line in "${cases[@]}"; do
	read -r mode expected <<<"$line"
	equal "$mode" "$(run_case lost_cases "$mode")" "$expected"
done
while read -r mode expected; do
	equal "C++: $mode" "$(run_case lost_objects "$mode")" "$expected"
done <<'END'
array 0 0 0
array_empty 0 0 0
array_lost 1018 0 0
second_base 0 0 0
string 0 0 0
string_lost 32 1001 0
map 0 0 0
function 0 0 0
unique 0 0 0
shared_cycle 0 0 272
END

blocks() {
	"$silt" lost --format json "$1" | jq -r '.totals.direct_blocks'
}
timeout 30 "$silt" run --graph last -o empty "$programs/lost_cases" empty_lost
equal 'an empty block is lost, too' "$(blocks empty)" 1
for mode in in_child in_child_of_threads; do
	timeout 30 "$silt" run --graph last -o $mode "$programs/lost_cases" $mode
	equal "$mode: one process of the two lost a block" \
		"$(for run in $mode/*; do verdict "$run"; done | sort | tr '\n' ';')" '0 0 0;1009 0 0;'
done
# Every mode the program has is in the table above.
equal 'no mode is left out' "$(printf '%s\n' "${cases[@]%% *}" in_child in_child_of_threads | sort)" \
	"$("$programs/lost_cases" | sort)"

# -- what returns leaves behind: frames of ours and of the C library's exit() are no roots --
if command -v valgrind >/dev/null; then
	for case in local words recursion exit many atexit sort overwritten error; do
		valgrind --leak-check=full --run-libc-freeres=no --log-file=valgrind.log "$programs/returns" "$case" 2>/dev/null
		expected=$(awk '/(definitely|indirectly|possibly) lost:/ { gsub(",", ""); bytes += $4; blocks += $7 } END { print blocks + 0, bytes + 0 }' \
			valgrind.log)
		"$silt" run --graph all -o "returns $case" -- "$programs/returns" "$case" 2>/dev/null
		equal "as much is lost as Valgrind says: $case" "$("$silt" lost --at end --format json "returns $case" | jq -r '.totals |
			"\(.direct_blocks + .indirect_blocks + .cycle_blocks) \(.direct_bytes + .indirect_bytes + .cycle_bytes)"')" "$expected"
	done
else
	skip 'what is lost by returns' 'valgrind is not installed'
fi
"$silt" run --graph never -o check -- "$programs/returns" check
equal 'a check for leaks in the middle of a program finds them' "$?" 1
contains 'all, and none that a register or a local holds' "$("$silt" lost "$(find check -name 0001.silt)")" \
	'lost directly 288 B in 18 blocks, in cycles 0 B in 0 blocks, through these 0 B in 0 blocks'
