#!/usr/bin/env bash
# What makes a snapshot: time, growth, a signal, a request; and how many are kept.
. "$(dirname "$0")/lib.sh"

triggers() { # RUN: the triggers of its snapshots in order
	for s in "$1"/*/*.silt; do "$silt" top --format json --limit 1 "$s" | jq -r .snapshot.trigger; done | tr '\n' ' '
}
ready() { # FILE: the program has written "ready" there
	for _ in $(seq 200); do
		grep -q ready "$1" 2>/dev/null && return
		sleep 0.05
	done
}

# -- time --
"$silt" run -o idle -i 100ms sleep 1
n=$(find idle -name '*.silt' | wc -l)
equal 'a sleeping program is looked at all the same' "$((n >= 6 && n <= 12))" 1
equal 'and once more at its end' "$(triggers idle | tr ' ' '\n' | sort | uniq -c | awk '/exit/ { print $1 }')" 1
SILT_INTERVAL=100ms SILT_OUT=preloaded LD_PRELOAD=$library sleep 0.5
equal 'the same with variables alone' "$(($(find preloaded -name '*.silt' | wc -l) >= 3))" 1
check 'every snapshot is readable' bash -c "for s in idle/*/*.silt; do '$silt' top \$s || exit 1; done"

# -- growth --
"$silt" run -o growth --growth 4M "$programs/grower" 50 2>/dev/null
n=$(triggers growth | tr ' ' '\n' | grep -c growth)
equal '20 MiB of growth pass four or five marks of 4 MiB' "$((n >= 3 && n <= 5))" 1

# -- signal --
"$silt" run -o signal --signal USR2 "$programs/grower" 800 2>log &
ready log
pkill -USR2 -x grower -P $! && sleep 0.3
wait
contains 'a snapshot on SIGUSR2' "$(triggers signal)" 'signal ending exit'
"$silt" run -o none "$programs/grower" 5000 2>log2 &
ready log2
pkill -USR2 -x grower -P $!
wait $!
equal 'without the option the signal is the program'"'"'s' $? 140

# -- request --
"$silt" run -o request "$programs/grower" 60000 2>log3 &
ready log3
pid=$(pgrep -n -x grower -P $!)
path=$("$silt" snap "$pid" --label 'after warm-up')
equal 'silt snap prints the path' "$path" "$work/request/grower.$pid/0001.silt"
equal 'the label is kept' "$("$silt" top --format json "$path" | jq -r '.snapshot.label, .snapshot.trigger' | tr '\n' ' ')" 'after warm-up request '
equal 'the control socket is the owner'"'"'s' "$(stat -c %a "request/grower.$pid/control" "request/grower.$pid" "$path" | tr '\n' ' ')" '700 700 600 '
pids=()
for i in 1 2 3 4 5; do "$silt" snap "$pid" --label "$i" >>paths & pids+=($!); done
wait "${pids[@]}"
equal 'five requests at once' "$(sort -u paths | wc -l)" 5
if [ "$(id -u)" -eq 0 ] && id nobody >/dev/null 2>&1; then
	contains 'another user is refused' "$(setpriv --reuid nobody --clear-groups "$silt" snap "$pid" --out "$work/request" 2>&1)" "$pid"
fi
kill "$pid"
wait
equal 'ended by a signal, it still writes its last' "$(triggers request)" 'request request request request request request killed '
contains 'no such process' "$("$silt" snap 999999 2>&1)" 'no such process'
sleep 5 &
contains 'a process not started by silt run' "$("$silt" snap $! 2>&1)" 'silt run'
kill $!

# -- how many are kept --
"$silt" run -o keep -i 10ms --keep 8 sleep 1.5
n=$(find keep -name '*.silt' | wc -l)
equal '--keep 8 keeps at most 8' "$((n >= 4 && n <= 8))" 1
contains 'the first is kept' "$(ls keep/*)" '0001.silt'
last=$("$silt" top --format json keep | jq '.snapshot.sequence')
equal 'the last is kept' "$((last > 20))" 1
spread=$(find keep -name '*.silt' -printf '%f\n' | sort -n | sed 's/^0*//; s/.silt//' | head -n -2 | # without that before the end, and the last
	awk 'NR > 2 && $1 - previous != step { bad = 1 } NR == 2 { step = $1 - previous } { previous = $1 } END { print bad + 0 }')
equal 'and an even spread between' "$spread" 0

# -- bad values --
for bad in '--interval 5x' '--growth 0' '--signal KILL' '--depth 0' '--depth 257' '--keep 1' '--sample much' '--nonsense'; do
	# shellcheck disable=SC2086
	"$silt" run -o bad $bad true 2>message
	equal "silt run $bad: refused" "$?:$(wc -l <message)" '2:1'
done
SILT_INTERVAL=5x SILT_DEPTH=999 SILT_OUT=lenient LD_PRELOAD=$library "$programs/ends" return 2>message
equal 'under bare LD_PRELOAD the program runs' "$?" 3
equal 'with one line for each bad value' "$(grep -c '^silt: SILT_' message)" 2
SILT_OUT=quiet LD_PRELOAD=$library "$programs/ends" return >message 2>&1
equal 'and is silent otherwise' "$(cat message)" ''
"$silt" run -o status false
equal 'status of the program' $? 1
"$silt" run -o status ./no-such-program 2>/dev/null
equal 'no such program' $? 127

# -- sampling --
"$silt" run -o sampled --sample 4K "$programs/counts" >/dev/null
exact=$("$silt" run -o exact "$programs/counts" >/dev/null; totals exact total_bytes)
estimate=$(totals sampled total_bytes)
equal 'the estimate of all bytes is within 5%' "$(python3 -c "print(abs($estimate / $exact - 1) < 0.05)")" True
contains 'top says that it estimates' "$("$silt" top sampled)" 'estimates from a sample'

# The helper is no child: a program that waits for whatever it has, as strace does, comes to an end.
equal 'waiting with __WALL until there is no child' "$(timeout 60 "$silt" run -i 20ms -o waits "$programs/waits")" '3 children, then none'

# A program that locks itself up with seccomp is not killed for a system call of ours.
for mode in prctl seccomp fork; do
	equal "seccomp by $mode: the program ends well" "$(SILT_OUT=locked-$mode LD_PRELOAD=$library "$programs/locked" $mode; echo $?)" $'well\n0'
	equal "seccomp by $mode: a snapshot was written before" "$("$silt" dump locked-$mode | grep -c 'before seccomp')" 1
	equal "seccomp by $mode: under silt run, too" "$(timeout 60 "$silt" run -i 20ms -o run-$mode "$programs/locked" $mode; echo $?)" $'well\n0'
	contains "seccomp by $mode: the helper writes the last snapshot" "$("$silt" top "$(find run-$mode -name '*.silt' | sort | tail -n 1)")" ', exit,'
done
equal 'asking what seccomp can do locks nothing up' "$(SILT_OUT=probed LD_PRELOAD=$library "$programs/locked" probe; echo "$?:$("$silt" top probed | grep -c ', exit,')")" 0:1

# A limit of the size of files, or a closed pipe for standard error, is no signal for the program.
equal 'no file may grow: the program ends well' "$(
	ulimit -f 0
	SILT_OUT=nothing SILT_DEPTH=what LD_PRELOAD=$library "$programs/counts" >/dev/null 2>&1
	echo $?
)" 0
equal 'nobody reads standard error: the program ends well' "$(
	(sleep 0.3; SILT_DEPTH=what SILT_OUT=/proc/none/out LD_PRELOAD=$library "$programs/counts" >/dev/null; echo $? >&3) 3>code 2>&1 | true
	cat code
)" 0
