#!/usr/bin/env bash
# The heap graph of running programs: who holds what, that the program does not notice, and what happens where it cannot be.
. "$(dirname "$0")/lib.sh"

# last_with NAME SAMPLE: runs a sample briefly with a graph at its end
sample() {
	timeout 30 "$silt" run --graph last -o "$1" -- "$samples/$1" 4 5 >/dev/null
}
holder() { # RUN SYMBOL: its path and what it retains
	"$silt" holders --format json "$1" | jq -r --arg symbol "$2" \
		'[.holders[] | select(.symbol == $symbol and (.together_with | length) == 0)][0] | "\(.root) \(.path) \(.retained_blocks)"'
}
lost() { # RUN: blocks lost directly, through others, in cycles
	"$silt" lost --format json "$1" | jq -r '.totals | "\(.direct_blocks) \(.indirect_blocks) \(.cycle_blocks)"'
}

# -- samples: the holder by name with its path; and their twins --
for name in cache_unbounded cache_lru listeners_leak listeners_weak capture_dataset capture_number tree_cycle tree_weak_parent \
	error_path_lost error_path_freed threads_unjoined threads_joined; do
	sample $name
done
equal 'the cache is held by its global' "$(holder cache_unbounded cache)" 'global cache.buckets[].next->html 2400'
check 'largest first' test "$("$silt" holders --format json cache_unbounded | jq -r '.holders[0].symbol')" = cache
equal 'the listeners are held by the bus' "$(holder listeners_leak bus)" 'global bus.listeners->next->context->+0x8 1200'
equal 'the captured data is held by the callbacks' "$(holder capture_dataset pending)" \
	'global pending->next->dataset->values 12'
contains 'the repaired capture holds no data' "$(holder capture_number pending)" 'global pending->next 4'
equal 'the tree is lost in cycles' "$(lost tree_cycle)" '0 2560 4240'
equal 'a cycle is told edge by edge' "$("$silt" lost --format json tree_cycle |
	jq -c '[.cycles[0].edges[] | "\(.from.function)+\(.offset)>\(.to.function)"] | unique | length > 2')" true
contains 'in words, too' "$("$silt" lost tree_cycle)" 'of this shape'
equal 'the error path lost blocks' "$(lost error_path_lost | cut -d ' ' -f 1 | grep -c '^[1-9]')" 1
for twin in cache_lru listeners_weak capture_number tree_weak_parent error_path_freed threads_joined; do
	equal "nothing is lost in $twin" "$(lost $twin)" '0 0 0'
done
equal 'results of threads that were not joined are held by their records' \
	"$("$silt" holders --format json threads_unjoined | jq '[.holders[] | select(.root == "tls" and .symbol == null)] | length > 10')" true
contains 'by name only' "$("$silt" holders --global 'cach*' cache_unbounded)" 'cache.buckets[].next->url'
check 'other names are left out' test -z "$("$silt" holders --global 'cach*' cache_unbounded | grep stdout)"
equal 'by function' "$("$silt" holders --function page_render --format json cache_unbounded | jq -c '[.holders[].paths[].path]')" \
	'["cache.buckets[].next->html"]'
equal 'by site' "$("$silt" holders --site '*cache_unbounded.c' --format json cache_unbounded |
	jq -c 'reduce .holders[] as $h ({}; .[$h.symbol] = ($h.paths | length))')" '{"cache":3,"_IO_2_1_stdout_":1}'
contains 'as a graph for dot' "$("$silt" holders --format dot cache_unbounded)" 'label="cache.buckets[].next->html"'
contains 'refs: who points there' "$("$silt" refs --include page_render cache_unbounded)" 'from '"$top_dir"'/samples/cache_unbounded.c:'
contains 'refs: callbacks by name' "$("$silt" refs listeners_leak)" 'function +8 widget_on_theme: count=400'
contains 'refs: counts of references' "$("$silt" refs tree_cycle)" 'possible reference count at +0'
equal 'generations add up' "$("$silt" generations --format json cache_unbounded |
	jq '([.generations[].bytes] | add) == ([.sites[].size] | add)')" true

# -- a path is true: gdb arrives at such a block --
follow() { # SAMPLE SYMBOL
	timeout -k 5 60 "$silt" run -o "follow.$1" -- "$samples/$1" 3 20000 >/dev/null &
	local run pid status=1
	for _ in $(seq 100); do
		sleep 0.1
		run=$(find "follow.$1" -name 'control' 2>/dev/null | head -n 1)
		[ -n "$run" ] && break
	done
	pid=$(basename "$(dirname "$run")")
	pid=${pid##*.}
	sleep 0.3
	if "$silt" holders --format json "$("$silt" snap "$pid" --graph)" >holders.json; then
		HOLDERS=holders.json SYMBOL=$2 timeout 60 gdb -q -batch -p "$pid" -x "$top_dir/tests/e2e/follow_path.py" \
			>"gdb.$1" 2>&1
		status=$(grep -cE '^path .*: [1-9][0-9]* blocks' "gdb.$1")
	fi
	kill "$pid"
	wait
	# Of every path that was followed all blocks come from where it said.
	grep '^path' "gdb.$1" | awk '{ if ($(NF-4) != $(NF-2)) bad = 1 } END { exit bad }' || status="wrong: $(cat "gdb.$1")"
	echo "$status"
}
if command -v gdb >/dev/null; then
	equal 'gdb follows all paths from the cache' "$(follow cache_unbounded cache)" 3
	equal 'gdb follows all paths from the bus' "$(follow listeners_leak bus)" 3
	equal 'gdb follows all paths from the callbacks' "$(follow capture_dataset pending)" 3
else
	skip 'paths by gdb' 'gdb is not installed'
fi

# -- the program does not notice --
certain() { # RUN: is every graph but that at the end certain?
	for snapshot in "$1"/*/*.silt; do
		"$silt" lost --format json "$snapshot" | jq -r '"\(.snapshot.trigger) \(.graph.certain) \(.totals.direct_blocks)"'
	done | grep '^interval' | sort | uniq -c | tr -s ' '
}
got=$(timeout -k 5 60 "$silt" run --graph all -i 100ms -o blocked -- "$programs/blocked" 2 200)
equal 'no call of 200 threads is interrupted' "$?:$got" 0:running
# In some of its calls a thread is not interrupted, and its registers are not known.
equal 'no block that a thread holds is lost' "$(certain blocked | sed 's/^ [0-9]* //')" 'interval false 0'
contains 'what is not known is said' "$("$silt" lost "$(find blocked -name '0*.silt' | sort | head -n 1)")" 'slept in system calls and were not interrupted'
equal 'no child, no signal: wait() finds nothing' "$(timeout 60 "$silt" run --graph all -i 50ms -o family -- "$programs/family" 2>&1)" \
	"$("$programs/family" 2>&1)"
# A shell's children and their output are what they were.
script='for i in 1 2 3 4 5; do echo $i; sleep 0.1; done | sort -r | md5sum; (exit 7); echo $?'
equal 'a pipeline under graphs' "$("$silt" run --graph all -i 20ms -o shell -- bash -c "$script")" "$(bash -c "$script")"

# -- where threads cannot be stopped --
got=$(timeout 30 "$silt" run --graph last -o confined -- "$programs/confine" ptrace "$programs/lost_cases" simple 2>&1)
equal 'without ptrace the program runs as it did' "$?:$got" 0:
equal 'what is lost is found all the same' "$(lost confined/lost_cases.*)" '1 0 0'
equal 'the only thread waits for the graph: it is certain' "$("$silt" lost --format json confined/lost_cases.* | jq .graph.certain)" true
timeout 30 "$silt" run --graph last -o confined2 -- "$programs/confine" ptrace "$programs/lost_cases" tls_of_thread >/dev/null
equal 'with other threads it is not' "$("$silt" lost --format json confined2/lost_cases.* | jq .graph.certain)" false
contains 'and that is said' "$("$silt" lost confined2/lost_cases.*)" 'possible only: 1 of 2 threads slept in system calls and were not interrupted'
timeout 30 "$silt" run --graph last -o nohelper -- "$programs/confine" clone "$programs/lost_cases" simple
contains 'without a helper there is no graph, and the reason is told' "$("$silt" lost nohelper/lost_cases.* 2>&1)" 'no helper process'
equal 'the snapshot is there' "$(totals nohelper/lost_cases.* live_blocks)" "$(totals confined/lost_cases.* live_blocks)"

# -- limits --
SILT_GRAPH_LIMIT=1us timeout 30 "$silt" run --graph last -o slow -- "$programs/lost_cases" many
contains 'a graph that takes too long is given up' "$("$silt" lost slow 2>&1)" 'longer than SILT_GRAPH_LIMIT allows'
equal 'the counts are written without it' "$(totals slow live_blocks)" 100000
SILT_GRAPH_LIMIT=60s,1M timeout 30 "$silt" run --graph last -o narrow -- "$programs/lost_cases" many
contains 'so is one that takes too much memory' "$("$silt" lost narrow 2>&1)" 'more memory than SILT_GRAPH_LIMIT allows'
got=$(SILT_GRAPH_LIMIT=soon SILT_OUT=bad LD_PRELOAD=$library "$programs/lost_cases" simple 2>&1)
contains 'a bad limit is one line' "$got" 'silt: SILT_GRAPH_LIMIT=soon: not a time and a size such as 10s, 512M or 10s,512M; ignored'
got=$("$silt" run --graph sometimes -o bad2 -- true 2>&1)
equal 'a bad --graph is an error' "$?:$got" '2:silt run: --graph sometimes: expected one of never, last, all, auto'
contains 'a snapshot without a graph says how to get one' "$("$silt" holders slow/../shell/*/0001.silt 2>&1; "$silt" run -o plain -- true;
	"$silt" holders plain 2>&1)" 'take one with `silt run --graph last` or `silt snap PID --graph`'

# -- a small heap in which everything points at everything --
"$silt" run -i 1h --graph all -o pages -- "$programs/pages"
run=pages/$(ls pages)
equal 'a heap of pages from 4096 call stacks fits into the memory of a graph' "$("$silt" dump "$run/0001.silt" | grep -A1 '^graph$' | tail -n 1)" '  status 1'
got=$("$silt" refs --limit 40 --include make_target --format json "$run/0001.silt")
equal 'fifteen places are told apart, sixteen are an array, one beyond 8 MiB is' \
	"$(jq -c '[.sites[0].from[] | select(.stride > 0) | [.offset, .stride, .count]] | sort' <<<"$got"):$(
		jq '[.sites[0].from[] | select(.stride == 0)] | length' <<<"$got")" '[[0,8,16],[16,16,3]]:15'

# -- ends --
timeout 30 "$silt" run --graph last -o killed -- "$samples/cache_unbounded" 5 20000 >/dev/null &
for _ in $(seq 100); do
	sleep 0.1
	[ -S "$(echo killed/*/control)" ] && break
done
sleep 0.3
pid=$(basename killed/*)
kill -9 "${pid##*.}"
wait
equal 'a killed program leaves a graph' "$(holder killed cache | cut -d ' ' -f 1,2)" 'global cache.buckets[].next->html'
contains 'that is possible only' "$("$silt" lost killed)" 'possible only: the process had ended'
sleep 0.3
equal 'no process stays behind' "$(readlink /proc/[0-9]*/cwd | grep -c "^$work/.*/")" 0
