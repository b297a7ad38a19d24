#!/usr/bin/env bash
# silt run PROGRAM, then silt report: a verdict without an option.
. "$(dirname "$0")/lib.sh"
unset SILT_INTERVAL SILT_GRAPH

"$silt" run -o long --graph never --keep 6 sleep 4.2 &
# Somebody else's recorded process that begins with the program is not that program in the background.
(
	wait_for test -e silt-out
	LD_PRELOAD=$library sleep 30 &
	echo $! >somebody
	sleep 31 &
	echo $! >>somebody
	"$silt" attach -o attached $! >/dev/null 2>&1
) &

# on_terminal COMMAND...: what it prints on a terminal
on_terminal() {
	script -qec "$(printf '%q ' "$@")" /dev/null </dev/null | tr -d '\r'
}
out=$(on_terminal timeout -k 5 60 "$silt" run "$samples/cache_unbounded" 60 50)
run=$(echo silt-out/cache_unbounded.*)
count=$(ls "$run" | wc -l)
equal 'the closing line' "$(tail -n 1 <<<"$out")" "silt run: $count snapshots in $run; next: silt report $run"
check 'beside which somebody was attached to' test -n "$(ls attached)"
# shellcheck disable=SC2046
kill $(cat somebody)
check 'snapshots by themselves' test "$count" -ge 8
equal 'silt report without a run takes the newest' "$("$silt" report 2>&1 >/dev/null)" "silt report: $run"
verdict=$("$silt" report 2>/dev/null)
contains 'a verdict' "$verdict" ': leaking'
contains 'who holds it' "$verdict" 'keeps '
equal 'silt top, too' "$("$silt" top 2>/dev/null | head -n 1 | grep -c 'cache_unbounded')" 1
equal 'no line with -q' "$(on_terminal "$silt" run -q -o quiet true)" ''
equal 'before the end, and at the end' "$(on_terminal "$silt" run -o one true | sed 's/true\.[0-9]*/true.N/g')" \
	'silt run: 2 snapshots in one/true.N; next: silt report one/true.N'
equal 'no line where no terminal is' "$("$silt" run -o none true 2>&1)" ''
equal 'several processes' "$(on_terminal "$silt" run -o several sh -c 'true; /bin/true; true' | sed 's/[0-9][0-9]*$/N/')" \
	'silt run: 3 snapshots of 2 processes in several; next: silt report several/sh.N'
mkdir empty && cd empty || exit 1
equal 'nothing to report' "$("$silt" report 2>&1)" \
	'silt report: no run was named, and there is none in silt-out: silt run PROGRAM makes one'
cd ..

# -- an inconclusive run names the command line that settles it --
intervals() { "$silt" report --format json "$1" | jq .run.intervals; }
next_of() { "$silt" report --format json "$1" | jq -r .next; }
"$silt" run -o 'too short' --interval off "$samples/cache_lru" 5 300 >/dev/null
next=$(next_of 'too short')
check 'too few intervals: a shorter one' grep -qE "^silt run --interval [125]0*ms $samples/cache_lru 5 300\$" <<<"$next"
equal 'in the text' "$("$silt" report 'too short' | tail -n 1)" "  next: $next"
contains 'in silt check' "$("$silt" check 'too short')" "; next: $next)"
"$silt" html -o page.html 'too short'
contains 'in the page' "$(cat page.html)" "<code>$next</code>"
(mkdir settled && cd settled && eval "${next/#silt/\"$silt\"}" >/dev/null)
check 'that leaves enough intervals' [ "$(intervals settled/silt-out)" -ge 5 ]
equal 'quoted for a shell' "$("$silt" run -o quoted sh -c 'sleep 0.1; :' && next_of quoted/sh.* | sed 's/[0-9]*ms/Nms/')" \
	"silt run --interval Nms sh -c 'sleep 0.1; :'"
# shellcheck disable=SC2016
equal 'of the program, not of a process that it starts' "$("$silt" run -o child sh -c '/bin/sleep "$1"; :' sh 0.1 && next_of child/sleep.* | sed 's/[0-9]*ms/Nms/')" \
	"silt run --interval Nms sh -c '/bin/sleep "'"$1"; :'"' sh 0.1"
"$silt" run -o idle --interval 50ms sleep 1
equal 'a program that did nothing: a load' "$(next_of idle)" 'silt soak --duration 10s --load COMMAND -- sleep 1'
"$silt" run -o nothing true
equal 'no command settles what silt cannot see' "$(next_of nothing)" null
equal 'which is told once' "$("$silt" report nothing | grep -c 'not one allocation')" 1
"$silt" soak -o soak --interval 1s --duration 2s -- sleep 10 >soak.text
contains 'in a soak' "$(cat soak.text)" '; next: the same silt soak with --duration 10s'

wait
# 17 quarters of a second; of at most 6 snapshots every other one goes, twice, and each time the interval doubles.
equal 'an automatic interval becomes longer, not the run larger' "$(ls long/sleep.* | head -n 4 | xargs)" \
	'0001.silt 0005.silt 0009.silt 0013.silt'
