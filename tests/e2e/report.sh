#!/usr/bin/env bash
# The diagnosis of the samples and of their repaired twins, and what the report says where it cannot tell.
. "$(dirname "$0")/lib.sh"

names='cache_unbounded cache_lru listeners_leak listeners_weak tree_cycle tree_weak_parent capture_dataset capture_number
	error_path_lost error_path_freed threads_unjoined threads_joined'
# A few at a time: on a busy machine a program that is held up looks like one whose growth slows down.
record() { # NAME OPTION... -- PROGRAM [ARG...]
	local name=$1
	shift
	timeout -k 5 60 "$silt" run -i 100ms -o "$name" "$@" >/dev/null
}
for name in $names; do
	record "$name" --graph all -- "$samples/$name" 60 50 &
	[ "$(jobs -rp | wc -l)" -lt 4 ] || wait -n
	command -v musl-gcc >/dev/null || continue
	musl-gcc -std=gnu11 -D_GNU_SOURCE -O2 -g "$top_dir/samples/$name.c" -o "of_musl_$name" -pthread -Wl,--eh-frame-hdr
	record "musl.$name" --graph all -- "./of_musl_$name" 60 50 &
	[ "$(jobs -rp | wc -l)" -lt 4 ] || wait -n
done
wait
record plain -- "$samples/cache_unbounded" 60 50 &
record mapped -- "$programs/mapper" 3000 &
record touched -- "$programs/mapper" 3000 touch &
wait

# told RUN: verdict, kinds, the first finding's first blamed function, holder, path, callback
told() {
	"$silt" report --format json "$1" | jq -r '[.verdict, ([.findings[].kind] | join("+")),
		.findings[0].holder.symbol // "-", .findings[0].holder.path // "-", .findings[0].callback.function // "-"] | join(" ")'
}
for of in '' musl.; do
	if [ -n "$of" ] && ! command -v musl-gcc >/dev/null; then
		skip 'the samples for musl' 'no musl-gcc'
		continue
	fi
	equal "${of:+musl: }an unbounded cache" "$(told "${of}cache_unbounded")" 'leaking growing-cache cache cache.buckets[].next -'
	equal "${of:+musl: }listeners" "$(told "${of}listeners_leak")" 'leaking listener-leak bus bus.listeners->next widget_on_theme'
	equal "${of:+musl: }a cycle" "$(told "${of}tree_cycle")" 'leaking lost-cycle - - -'
	equal "${of:+musl: }captured data" "$(told "${of}capture_dataset")" 'leaking captured pending pending->next count_rows'
	equal "${of:+musl: }a lost error path" "$(told "${of}error_path_lost")" 'leaking lost - - -'
	equal "${of:+musl: }threads that are not joined" "$(told "${of}threads_unjoined")" 'leaking thread-leak - - -'
	equal "${of:+musl: }the function that they were started with" \
		"$("$silt" report --format json "${of}threads_unjoined" | jq -r '.findings[0].holder.thread_start')" worker_main
	for twin in cache_lru listeners_weak tree_weak_parent capture_number error_path_freed threads_joined; do
		equal "${of:+musl: }nothing in $twin" "$(told $of$twin)" 'clean  - - -'
	done
done
json=$("$silt" report --format json cache_unbounded)
equal 'entry, key and value are one finding' "$(jq '.findings[0].sites | length' <<<"$json")" 3
equal 'sites by their call stacks' "$(jq -r '[.findings[0].sites[].traceback | map(.function) | join(" ")] | sort | join("; ")' <<<"$json" |
	grep -c 'cache_put')" 1
check 'what it grows by' jq -e '.findings[0] | .growth_bytes > 1000000 and .growth_blocks > 1000 and .bytes_per_second > 100000' <<<"$json"
check 'survivors of most intervals' jq -e '.findings[0].generations | length > 5 and (map(select(. > 0)) | length) * 2 > length' <<<"$json"
equal 'the schema' "$(jq -c '[.schema, (.run | has("snapshots", "duration_ns", "pid", "command")), (.findings[0] | has("kind", "confidence",
	"live_bytes", "live_blocks", "evidence", "advice", "cycle")), has("notes")] | unique' <<<"$json")" '[true,"silt.report/1"]'
equal 'the cycle edge by edge' "$("$silt" report --format json tree_cycle |
	jq '[.findings[0].cycle[] | select(.from.function == "node_new" and .to.function == "node_new")] | length > 2')" true
contains 'the cycle in words' "$("$silt" report tree_cycle)" "   cycle: $top_dir/samples/tree_cycle.c"
contains 'who calls' "$("$silt" report tree_cycle)" '   called from: '
equal 'who calls main is left out' "$("$silt" report tree_cycle | grep 'called from: ' | grep -c 'libc_start\|_start')" 0
equal 'who calls the function of a thread is left out' "$("$silt" report threads_unjoined 2>&1 | grep 'called from: ' | grep -c 'start_thread\|clone')" 0
contains 'what the subscribers keep alive' "$("$silt" report listeners_leak)" 'the subscribers keep '
equal 'memory mapped beside malloc' "$("$silt" report --format json mapped |
	jq -r '[.verdict, .findings[0].kind, .findings[0].holder.root, (.findings[0].growth_bytes > 1000000)] | map(tostring) | join(" ")')" \
	'leaking growing mapping true'
equal 'pages touched are a note' "$("$silt" report --format json touched |
	jq -r '[(.findings | length), (.notes | map(select(contains("outside malloc: pages touched"))) | length)] | map(tostring) | join(" ")')" '0 1'
"$silt" run -o stacks -i 100ms --graph all -- "$samples/threads_unjoined" 200 20 >/dev/null
equal 'their stacks are not told twice' "$("$silt" report --format json stacks | jq -c '[.findings[].kind]')" '["thread-leak"]'
text=$("$silt" report cache_unbounded)
contains 'one sentence first' "$text" "1. growing-cache (confidence 0.90): cache ($top_dir/samples/cache_unbounded.c:26) keeps "
contains 'what to change' "$text" 'Bound it: evict the least recently used'
equal 'without the graph: growing, and what to do' "$("$silt" report --format json plain |
	jq -r '[.verdict, .findings[0].kind, (.findings[0].sites | length), (.notes[0] | contains("--graph all"))] | map(tostring) | join(" ")')" \
	'leaking growing 3 true'
equal 'a rate per unit of work' "$("$silt" report --per '12000 pages' cache_unbounded | grep -c 'KiB/s, +[0-9.]* [KM]*i*B per pages')" 1
"$silt" report --per many cache_unbounded >/dev/null 2>err
equal 'a bad --per' "$?:$(cat err)" "2:silt report: --per many: expected a number and what it counts, such as '5000 requests'"
run=$(echo cache_unbounded/*)
equal 'too few intervals' "$("$silt" report --format json "$run"/000[1-5].silt | jq -r '.verdict, (.notes[0] | contains("at least 5"))' | tr '\n' ' ')" \
	'inconclusive true '
equal 'a warm-up that is told' "$("$silt" report --warmup 0s --format json "$run"/000[1-9].silt | jq -r .verdict)" leaking
"$silt" report nothing >/dev/null 2>err
equal 'no such run' "$?:$(grep -c nothing err)" 2:1
"$silt" report --warmup soon cache_unbounded >/dev/null 2>err
equal 'a bad --warmup' "$?:$(cat err)" '2:silt report: --warmup soon: expected a time such as 10s or 5m'

# -- what a finding says agrees with itself --
cat >array.c <<'C'
#include <stdlib.h>
#include <string.h>
#include "silt.h"
static char *text;
int main(void)
{
	for (size_t n = 1; n <= 400; n++) {
		text = realloc(text, n * 8000);
		memset(text + (n - 1) * 8000, 'x', 8000);
		silt_iteration();
		if (n % 10 == 0)
			silt_snapshot("step");
	}
	return 0;
}
C
cat >pool.cc <<'C'
#include <ext/pool_allocator.h>
#include "silt.h"
struct node {
	node *next;
	long payload[6];
};
static node *head;
int main()
{
	__gnu_cxx::__pool_alloc<node> pool;
	for (int i = 0; i < 20000; i++) {
		node *n = pool.allocate(1);
		n->next = head;
		head = n;
		silt_iteration();
		if (i % 500 == 0)
			silt_snapshot("step");
	}
}
C
gcc -g -O1 -w -I"$top_dir/include" array.c -o array && g++ -g -O1 -w -I"$top_dir/include" pool.cc -o pool
"$silt" run -o array-run --graph all -- ./array &
"$silt" run -o pool-run --graph all -- ./pool &
python=$(command -v /usr/bin/python3)
[ -z "$python" ] || "$silt" run -o python-run -i 60ms --graph never -- "$python" -c 'import time
keep = []
for i in range(60):
    keep += [(i, j, str(j)) for j in range(3000)]
    time.sleep(.05)' &
wait
text=$("$silt" report array-run)
contains 'an array that becomes larger' "$text" '- its blocks became larger, not more: by '
equal 'no survivors where realloc makes every block anew' "$(grep -c 'intervals after the warm-up survive\|were freed' <<<"$text")" 0
contains 'a pool of libstdc++ says what to set' "$("$silt" report pool-run)" 'GLIBCXX_FORCE_NEW=1'
if [ -n "$python" ]; then
	contains 'a pool of CPython says what to set' "$("$silt" report python-run)" 'PYTHONMALLOC=malloc'
else
	skip 'a pool of CPython' 'there is no /usr/bin/python3'
fi
contains 'the number of blocks is of all call stacks named' "$("$silt" report cache_unbounded)" 'page_render and 2 more call stacks alive'
