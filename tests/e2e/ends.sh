#!/usr/bin/env bash
# The end of a program: what it frees while it ends says nothing of how it ran.
. "$(dirname "$0")/lib.sh"

orderly=$programs/orderly

# -- judged: freed in order after the stop signal, by the program, by destructors --
for way in main static exit thread local; do
	(timeout 60 "$silt" soak -o soaked -i 200ms --duration 3500ms -- "$orderly" $way 100 >$way.out 2>$way.err; echo $? >$way.status) &
done
# The same without an announcement: an interval snapshot falls into the destructors.
for way in static local; do
	(timeout 60 "$silt" run -o run-$way -i 200ms "$orderly" $way 3; "$silt" check run-$way >run-$way.out; echo $? >run-$way.status) &
done
wait
for way in main static exit thread local; do
	equal "soak: what is freed after the signal is not judged: $way" "$(cat $way.status)$(grep -c 'growing.*remember' $way.out)" 11
done
for way in static local; do
	equal "run: what destructors free is not judged: $way" "$(cat run-$way.status)$(grep -c 'growing.*remember' run-$way.out)" 11
done

# -- which snapshot a run means --
field() { # SNAP FIELD
	"$silt" dump "$1" | awk -v f="$2" '$1 == f { print $2 }'
}
run=$(echo run-static/*) && last=$(find "$run" -name '*.silt' | sort | tail -n 1)
all=$("$silt" top --format json "$last" | jq .totals.live_blocks)
before=$(totals "$run" live_blocks)
equal 'a run is its last snapshot before the end' "$((before > 1000 && all < 100))$("$silt" top --format json "$run" | jq -r .snapshot.trigger)" 1ending
equal '--at end: the last of all' "$("$silt" top --at end --format json "$run" | jq -c '[.snapshot.trigger, .totals.live_blocks]')" "[\"exit\",$all]"
equal 'the end is marked in what follows' "$(field "$last" end_cause):$(field "$last" end_sequence)" \
	"2:$(basename "$("$silt" top --format json "$run" | jq -r .snapshot.path)" .silt | sed 's/^0*//')"
equal 'and not in what was before' "$(field "$run/0003.silt" end_ns)" 0
equal 'blocks born later are of later generations' "$(($(field "$last" end_generation) < $(field "$last" generation)))" 1
equal 'diff: to the end of its work' "$("$silt" diff --format json "$run" | jq -r '.new.trigger, ([.stats[].size_diff] | add > 100000)' | xargs)" 'ending true'
equal 'diff --at end' "$("$silt" diff --at end --format json "$run" | jq -r .new.trigger)" exit
equal 'annotate' "$("$silt" annotate --format json "$run" "$top_dir/tests/programs/orderly.cc" | jq '[.lines[]?.size // 0] | add > 100000')" true
equal 'timeline' "$("$silt" timeline --format json "$run" | jq -r '.snapshots[-1].snapshot.trigger')" ending
equal 'timeline --at end' "$("$silt" timeline --at end --format json "$run" | jq -r '.snapshots[-1].snapshot.trigger')" exit
equal 'export' "$("$silt" export --format folded "$run" | awk '{ s += $NF } END { print (s > 100000) }')" 1
"$silt" html -o page.html "$run" >/dev/null
check 'html shows no end' grep -q 'remember' page.html
equal '--at noon: refused' "$("$silt" top --at noon "$run" 2>&1):$?" 'silt top: --at noon: expected end or peak:2'

# -- what is written where --
LD_PRELOAD=$library SILT_OUT=bare "$orderly" static 0.1
equal 'bare: one snapshot, of what is left' "$(find bare -name '*.silt' | wc -l)$("$silt" top --format json bare | jq -r .snapshot.trigger)" 1exit
"$silt" run -o last --graph last "$orderly" static 0.1
equal '--graph last: before the end' "$("$silt" dump last/*/0001.silt | grep -c '^  trigger.*ending')$("$silt" holders --format json last | jq '.holders | length > 0')" 1true
equal 'and not once more at exit' "$("$silt" holders last/*/0002.silt 2>&1 | grep -c 'no heap graph')" 1
"$silt" run -o sudden -i 10s "$programs/ends" _exit
equal '_exit frees nothing: its snapshot is that of the run' "$(find sudden -name '*.silt' | wc -l)$("$silt" top --format json sudden | jq -r '.snapshot.trigger')" 1exit
"$silt" run -o killed -i 200ms "$orderly" main 100 &
sleep 0.9
killed=$(echo killed/*)
kill -9 "${killed##*.}"
wait
equal 'killed: the last before' "$("$silt" top --format json "$killed" | jq -r .snapshot.trigger)" interval
equal 'killed: the memory it had last' "$("$silt" top --at end --format json "$killed" | jq -c '[.snapshot.trigger, .totals.rss_bytes > 3000000]')" '["killed",true]'
"$silt" run -o pthread -i 100ms --graph last "$programs/ends" main_thread_first
equal 'the first thread ends before the others: no end yet' "$("$silt" top --format json pthread | jq -r .snapshot.trigger)" ending

# -- a climb that is given back --
for way in queue drain saw; do
	"$silt" run -o $way -i 150ms "$orderly" $way 5 &
done
wait
for way in queue drain saw; do
	"$silt" report --format json $way >$way.json
done
equal 'freed at once when the load ends: growing, and when' \
	"$(jq -c '[.verdict, .findings[0].kind, (.findings[0].sites[0].traceback | any(.function // "" | contains("remember")))]' queue.json)" \
	'["leaking","growing",true]'
contains 'in words' "$("$silt" report queue)" ' were kept until the load ended, then freed at once at t = '
equal 'and as a note' "$(jq -r '.notes[]' queue.json | grep -cE 'the live heap grew to [0-9.]+ [KM]iB until t = [0-9.]+ s, then most of it was freed at once')" 1
equal 'freed at once, and the program works on: only told' "$(jq -c '.findings | length' drain.json):$(jq -r '.notes[]' drain.json | grep -c 'was freed at once')" 0:1
equal 'a buffer that is flushed is not reported' "$(jq -c '.findings | length' saw.json):$(jq -r '.notes[]' saw.json | grep -c 'freed at once')" 0:0
