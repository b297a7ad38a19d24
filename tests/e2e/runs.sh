#!/usr/bin/env bash
# Several processes: each is judged by itself, and what could not be judged is said.
. "$(dirname "$0")/lib.sh"

# The same program twice, one after the other, then one that does not leak, one that does nothing.
"$silt" run -o out -i 150ms "$samples/cache_unbounded" 60 50 >/dev/null &
"$silt" run -o out -i 150ms "$samples/cache_unbounded" 60 50 >/dev/null &
"$silt" run -o out -i 150ms "$samples/cache_lru" 60 50 >/dev/null &
"$silt" run -o out -i 150ms sleep 2 &
wait
"$silt" run -o out "$programs/ends" return

text=$("$silt" report out/cache_unbounded.*)
contains 'two runs of a program are not merged' "$text" '2 runs: leaking; 2 of 2 processes could be judged'
equal 'one line each, then the worst in full' "$(grep -c '^  leaking  *+.*/s  out/cache_unbounded\.' <<<"$text"):$(grep -c '^1\. growing' <<<"$text")" 2:1
text=$("$silt" report out)
equal 'all runs of a folder, worst first' "$(grep -E '^  (leaking|inconclusive|clean|idle) ' <<<"$text" | sed 's/.*out\//./; s/\.[0-9]*\(:.*\)*$//' | xargs)" \
	'.cache_unbounded .cache_unbounded .ends .cache_lru .sleep'
contains 'how many were judged' "$(head -n 1 <<<"$text")" '5 runs: leaking; 3 of 5 processes could be judged, 1 inconclusive, 1 idle'
contains 'why one could not be' "$text" ': 0 intervals after the warm-up, at least 5 are needed'
json=$("$silt" report --format json out)
equal 'as JSON: a report each' "$(jq -c '[.schema, .verdict, .processes.leaking, .processes.idle, ([.reports[].schema] | unique), (.reports | length)]' <<<"$json")" \
	'["silt.reports/1","leaking",2,1,["silt.report/1"],5]'
equal 'the same as by itself' "$(jq -cS '.reports[0]' <<<"$json")" \
	"$("$silt" report --format json "$(jq -r '.reports[0].run.path' <<<"$json")" | jq -cS .)"
equal 'snapshots of two processes are two series' "$("$silt" report out/cache_unbounded.*/0003.silt out/cache_unbounded.*/0004.silt |
	grep -c '^2 runs: inconclusive')" 1
worst=$(jq -r '.reports[0].run.path' <<<"$json")
for command in top diff timeline lost annotate holders refs generations html; do
	file=()
	[ $command = annotate ] && file=("$top_dir/samples/cache_unbounded.c")
	contains "$command shows that run" "$("$silt" $command out "${file[@]}" 2>&1 >/dev/null)" \
		"5 runs; showing the one that \`silt report\` puts first: $worst"
done
equal 'check: each by itself' "$("$silt" check out/cache_unbounded.* >text; echo $?; grep -c '^FAIL' text)" "1
1"

# -- what is not evidence --
"$silt" check out/sleep.* >text
equal 'a program that did nothing: inconclusive' "$?:$(grep -c 'allocated nothing' text)" 3:1
"$silt" check out/sleep.* out/cache_lru.* >text
equal 'beside one that was judged it changes nothing' "$?:$(tail -n 1 text)" '0:silt check: clean'
"$silt" run -o cut -i 10s "$samples/cache_unbounded" 60 5000 >/dev/null 2>cut.err &
wait_for pgrep -P $! -x cache_unbounded
program=$(pgrep -P $! -x cache_unbounded)
wait_for pgrep -P "$program" -x silt-helper
kill -9 "$(pgrep -P "$program" -x silt-helper)" "$program"
wait
equal 'killed with its helper, before the first snapshot: that is told' \
	"$(sed 's/.*was written to .*: //' cut.err)" 'it was killed before its first snapshot (--interval)'
cp -r out/cache_lru.* cut
"$silt" check cut >text
equal 'beside one that is clean: inconclusive' "$?:$(grep -c "process $program could not be recorded: it was killed before its first snapshot" text)" 3:1
for _ in 1 2 3; do
	"$silt" run -o short -i 100ms "$samples/cache_lru" 1 1 >/dev/null
done
cp -r out/cache_lru.* short
"$silt" check short >text
equal 'most could not be judged: inconclusive' "$?:$(grep -c '1 of 4 processes could be judged, 3 inconclusive' text)" 3:1
"$silt" check --allow-inconclusive short >/dev/null
equal 'unless that is allowed' $? 0

# -- programs of a start script: what ended before the judged time began is start-up, of one process as of several --
# shellcheck disable=SC2016
"$silt" run -o started -i 150ms sh -c 'date; uname; sed -n 1p /etc/passwd; exec "$0" 60 50' "$samples/cache_lru" >/dev/null
"$silt" check started >text
equal 'helpers of a start script are not held against the program' "$?:$(grep -c '^[dus].*only at the start' text)" 0:3
contains 'in the report, too' "$("$silt" report started)" 'processes ended before the time that is judged in others'
# shellcheck disable=SC2016
"$silt" run -o between -i 150ms sh -c '"$0" 60 50 & sleep 2.5; date; uname; sed -n 1p /etc/passwd; wait' "$samples/cache_lru" >/dev/null
"$silt" check between >text
equal 'what runs and ends later is' "$?:$(grep -c 'only at the start' text)" 3:0
contains 'and what to do' "$(cat text)" ' processes ended by themselves before they could be judged; --only NAME records one program alone'
