#!/usr/bin/env bash
# The recorder: exact counts, every way to end, threads, fork, plugins, C++, the client interface.
. "$(dirname "$0")/lib.sh"

# -- counts --
check 'the family works without silt' "$programs/family"
check 'the family works under silt' "$silt" run -o family "$programs/family"
for allocator in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	if ! ldconfig -p | grep -q "$allocator"; then
		skip "counts over $allocator" 'not installed'
		continue
	fi
	expected=$(LD_PRELOAD=$allocator "$programs/counts")
	got=$(LD_PRELOAD=$allocator "$silt" run -o "out-$allocator" "$programs/counts")
	equal "counts over $allocator: same output" "$got" "$expected"
	check "counts over $allocator: per function" python3 "$top_dir/tests/e2e/compare_counts.py" "$silt" "out-$allocator" <<<"$expected"
done
# What is kept, of all that the C++ program itself has allocated: blocks and bytes.
kept_by_forms() {
	"$silt" top --at end --format json --limit 1000 "$1" |
		jq -r '[.stats[] | select(any(.traceback[]; .function | tostring | test("form")))] | "\(map(.count) | add) \(map(.size) | add)"'
}
for allocator in '' libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
	for binding in now lazy; do
		name=news$binding$allocator
		if ! g++ -std=c++17 -g -o "./$name" "$top_dir/tests/programs/news.cc" -Wl,-z,$binding -Wl,--no-as-needed \
			${allocator:+"-l:$allocator"} 2>/dev/null; then
			skip "operator new of $allocator" 'not installed'
			continue
		fi
		expected=$("./$name")
		got=$(timeout 60 "$silt" run -o "out-$name" "./$name" 2>&1)
		equal "operator new of ${allocator:-the C++ library}, bound $binding: same output" "$got" "$expected"
		equal 'and all that is kept is on record' "$(kept_by_forms "out-$name")" "${expected#* }"
		equal 'and no block is freed that was not' "$("$silt" dump "$(find "out-$name" -name '0*.silt' | sort | tail -n 1)" | awk '$1 == "unknown_frees" { print $2 }')" 0
	done
done
expected=$("$silt" run -o counts "$programs/counts")
check 'counts per function' python3 "$top_dir/tests/e2e/compare_counts.py" "$silt" counts <<<"$expected"
check 'survivors by generation add up' python3 - <<PY
import subprocess
live = bins = 0
for line in subprocess.run(["$silt", "dump", "counts/$(ls counts)/0001.silt"], capture_output=True, text=True, check=True).stdout.splitlines():
    words = line.split()
    if words and words[0] == "site":
        total, freed = words[words.index("total") + 1], words[words.index("freed") + 1]
        live += int(total.split("/")[0]) - int(freed.split("/")[0])
        bins += sum(int(words[i + 1].split(":")[1].split("/")[0]) for i, w in enumerate(words) if w == "bin")
assert live == bins and live > 1000, (live, bins)
PY

for round in 1 2 3; do
	expected=$("$silt" run -o "swap$round" "$programs/swap")
	got=$("$silt" top --by function --include work --format json "swap$round" |
		jq -r '.stats[0] | "\(.total_blocks) \(.total_bytes) \(.count) \(.size)"')
	equal "8 threads that free each other's blocks, round $round" "$got" "$expected"
done
expected=$("$silt" run -o crowd "$programs/crowd")
got=$("$silt" top --by traceback --format json crowd | # by function: of its callers, for it is an allocator of the program's own
	jq -r '[.stats[] | select(.traceback[0].function == "keep")] | "\(map(.count) | add) \(map(.size) | add)"')
equal '2000 threads, some allocating in destructors' "$got" "$expected"
equal 'of 2000 threads no memory of ours stays' "$(($(totals crowd overhead_bytes) < 40000000))" 1

# -- tracebacks --
"$silt" run -o deep "$programs/deep"
top=$("$silt" top --traceback --include descend deep)
contains 'a deep stack is cut at 64 frames' "$top" 'frames deep in all'
depth=$("$silt" dump "deep/$(ls deep)/0001.silt" | awk '$1 == "site" && /4242/ { print $8 }')
equal 'and its true depth is kept' "$((depth >= 302 && depth <= 306))" 1
equal 'frames kept' "$("$silt" top --include descend --format json deep | jq '.stats[0].traceback | length')" 64
"$silt" run -o deep256 --depth 256 "$programs/deep"
equal 'with --depth 256' "$("$silt" top --include descend --format json deep256 | jq '.stats[0].traceback | length')" 256
"$silt" run -o deep1 --depth 1 "$programs/deep"
equal 'with --depth 1' "$("$silt" top --include descend --format json deep1 | jq '.stats[0].traceback | length')" 1
equal 'no frame is ours' "$("$silt" top --format json --limit 0 counts | grep -c libsilt)" 0

"$silt" run -o throws "$programs/throws" >got
"$programs/throws" >expected
check 'C++ exceptions arrive' cmp got expected
trace=$("$silt" top --traceback --include '*throws.cc' --all-frames throws)
contains 'C++ names are demangled' "$trace" 'shop::Registry::add'
equal 'no C++ stack is incomplete' "$(totals throws tracebacks_failed)" 0

"$silt" run -o signals "$programs/signals" >got
equal 'a handler on another stack allocates' "$(cat got)" 100
trace=$("$silt" top --traceback --include handler_allocates signals)
contains 'its blocks are counted' "$trace" 'count=100'
contains 'its stack goes on below the signal frame' "$trace" 'in raise_signal'
contains 'down to main' "$trace" 'in main'

"$silt" run -o host "$programs/host" "$programs/a_plugin.so" "$programs/b_plugin.so" >got
equal 'plugins come and go' "$(cat got)" 500
for plugin in a b; do
	got=$("$silt" top --format json --by function --include from_plugin_$plugin host | jq -c '.stats[0] | [.count, .size]')
	equal "blocks of plugin $plugin, loaded where the other was" "$got" \
		"$([ $plugin = a ] && echo '[250,277750]' || echo '[250,555500]')"
done
equal 'unloaded modules are kept' "$("$silt" dump "host/$(ls host)/0001.silt" | grep -c '_plugin.so$')" 500

for program in counts throws host signals crowd forks deep; do
	set -- "$programs/$program"
	[ $program = deep ] && set -- "$@" 3000
	[ $program = host ] && set -- "$@" "$programs/a_plugin.so" "$programs/b_plugin.so"
	got=$(SILT_SELFCHECK=1 "$silt" run -o "self-$program" "$@" 2>&1 >/dev/null)
	equal "$program: every fast traceback is libunwind's" "$got" ''
done

# -- ends --
ignored=$(python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])' "$silt" run -o no-status python3 -c 'import signal, sys
print(signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN); sys.exit(3)')
equal 'where SIGCHLD is ignored by inheritance: the exit status, and still ignored' "$?:$ignored" 3:True
while read -r way status trigger; do
	"$silt" run -o "end-$way" "$programs/ends" "$way" 2>/dev/null
	equal "$way: exit status" $? "$status"
	equal "$way: a last snapshot with everything" "$("$silt" top --skip none --by function --include main --format json "end-$way" |
		jq -c '[.snapshot.trigger, .stats[0].size]')" "[\"$trigger\",1000]"
	case $way in
	kill | term | segv) continue ;;
	esac
	{ (LD_PRELOAD=$library SILT_OUT=bare-$way "$programs/ends" "$way"); } 2>/dev/null
	equal "$way, preloaded only" "$("$silt" top --skip none --by function --include main --format json "bare-$way" |
		jq -c '[.snapshot.trigger, .stats[0].size]')" '["exit",1000]'
done <<END
return 3 exit
exit 4 exit
_exit 5 exit
_Exit 6 exit
quick_exit 7 exit
abort 134 exit
assert 134 exit
kill 137 killed
term 143 killed
segv 139 killed
thread 9 exit
main_thread_first 9 exit
END

# -- before the library's own constructor --
for early in locale atexit atfork; do
	timeout -s KILL 10 env EARLY=$early SILT_OUT=early-$early "LD_PRELOAD=$library:$programs/early_plugin.so" \
		"$programs/ends" return
	equal "first allocation under the lock of $early" $? 3
	equal "and it is on record" "$(("$(totals early-$early live_blocks)" >= 3))" 1
done
for early in join unload mutex; do
	timeout -s KILL 10 env EARLY=$early EARLY_LIBRARY="$programs/a_plugin.so" SILT_OUT=early-$early \
		"LD_PRELOAD=$library:$programs/early_plugin.so" bash -c 'for i in 1 2 3 4 5; do (:); done; exit 3'
	equal "a library's own handlers of fork: $early" $? 3
done

# -- processes --
got=$(timeout 60 "$silt" run -o forks "$programs/forks")
equal 'fork, vfork, posix_spawn beside threads' "$got" 'ok 55'
equal 'every forked child has a run' "$(find forks -name 'forks.*' | wc -l)" 31
equal 'every exec has a run' "$(find forks -name 'true.*' | wc -l)" 20
got=$(for run in forks/forks.*; do "$silt" top --by function --include child_block --format json "$run" |
	jq '.stats[0].size // 0'; done | sort | uniq -c | tr -s ' \n' ' ')
equal 'a child counts its own block, the parent does not' "$got" ' 1 0 30 12345 '
"$silt" run -o only --only 'fork*' "$programs/forks" >/dev/null
equal '--only leaves the others alone' "$(find only -name 'true.*' | wc -l)" 0
# The helper of the replaced program goes when it notices; a successor that is gone first looks like a kill.
"$silt" run -o exec sh -c "exec $programs/ends after exec/sh"
equal 'exec: status' $? 3
equal 'exec: a run of the new program only' "$(ls exec)" "$(cd exec && echo ends.*)"
equal 'nothing of ours stays behind' "$(sleep 0.3; for p in $(pgrep silt-helper); do readlink "/proc/$p/cwd"; done | grep -c "^$work")" 0

# -- the client interface, in every form of program --
if ! command -v gcc >/dev/null; then
	skip 'clients in every form of program' 'there is no gcc here'
	exit 0
fi
needs=
[ "$(getconf GNU_LIBC_VERSION | cut -d. -f2)" -lt 34 ] && needs=-ldl
for flags in '' '-no-pie -fno-pie' '-fno-plt' '-static' '-std=c11 -pedantic'; do
	# shellcheck disable=SC2086
	gcc -O2 -I"$top_dir/include" $flags "$top_dir/tests/programs/client.c" -o client $needs 2>compile.log
	check "client ($flags): builds without a warning" test ! -s compile.log
	check "client ($flags): without the library" ./client
	if [ "$flags" != -static ]; then
		got=$("$silt" run -o "client-${flags//[ \/]/}" ./client 2>&1)
		equal "client ($flags): with the library" "$?:$got" '0:with'
	fi
done
cp "$top_dir/tests/programs/client.c" client.cc
g++ -O2 -Wall -Wextra -I"$top_dir/include" -I"$top_dir/tests/programs" client.cc -o client $needs 2>compile.log
check 'client in C++: builds without a warning' test ! -s compile.log
equal 'client in C++: with the library' "$("$silt" run -o client-cc ./client 2>&1)" with
equal 'its labels' "$(for s in client-cc/*/*.silt; do "$silt" top --format json "$s" | jq -r .snapshot.label; done | tr '\n' ' ')" 'middle cleared   '
equal 'what it counted' "$("$silt" dump client-cc/*/0003.silt | grep iterations)" '  iterations 1'
