#!/usr/bin/env bash
# Attaches to a busy program and detaches at random moments, again and again, while threads of it allocate, fork and load libraries; and
# kills the attacher at random moments. The program checks its blocks, and has afterwards what it had before. Run by make torture.
. "$(dirname "$0")/../e2e/lib.sh"

if [ "$(uname -m)" != x86_64 ]; then
	skip 'on x86-64 only'
	exit 0
fi
rounds=100
[ "${TORTURE:-}" = long ] || rounds=10
RANDOM=${SEED:-$RANDOM}
echo "# seed $RANDOM"

state() { # what a process has: signals and children; descriptors but those of its own comings and goings
	grep -E '^Sig(Blk|Ign|Cgt)' "/proc/$1/status"
	find "/proc/$1/fd" -mindepth 1 -printf '%f %l\n' | grep -v '_plugin\.so' | sort
	pgrep -P "$1" -f silt
}
pause() { sleep "0.$(printf %03d $((RANDOM % $1)))"; } # up to so many milliseconds
is_free() { ! grep -q '^TracerPid:	[1-9]' /proc/"$pid"/task/*/status; }
is_detached() { "$silt" detach -q "$pid" || "$silt" detach "$pid" 2>&1 | grep -q 'it is not attached to'; }

mkfifo input
plugin=$(compgen -G "$programs/*_plugin.so" | head -n 1)
"$programs/attached" "$plugin" 6 <input >said 2>&1 &
pid=$!
exec 9>input
wait_for test "$(ls "/proc/$pid/task" 2>/dev/null | wc -l)" -gt 0
sleep 0.5
before=$(state "$pid")

done=0
for _ in $(seq $rounds); do
	pause 100
	"$silt" attach -q -o "runs" -i 50ms --graph all "$pid" 2>>refused || break
	pause 300
	"$silt" detach -q -t 20s "$pid" 2>>refused || break
	done=$((done + 1))
done
equal "attached to and detached from $rounds times of $rounds" "$done $(cat refused)" "$rounds "
equal 'with a snapshot each time' "$(find runs -path "*/attached.$pid*/0001.silt" | wc -l)" $rounds
readable=0
for run in runs/attached."$pid"*; do
	"$silt" top --format json "$run" | jq -e '.totals | .live_bytes >= 0 and .lost_records == 0' >/dev/null && readable=$((readable + 1))
done
equal 'each of which can be read, and has lost nothing' $readable $rounds
check 'the process has what it had before' test "$(state "$pid")" = "$before"

killed=0
for _ in $(seq $rounds); do
	command=(attach -o killed)
	if [ $((RANDOM % 3)) = 0 ]; then
		"$silt" attach -q -o killed "$pid" 2>>refused
		command=(detach)
	fi
	setsid "$silt" "${command[@]}" -q "$pid" >/dev/null 2>&1 &
	attacher=$!
	pause 60
	# the process that traces is its child, in a session of its own
	victims="$(pgrep -P $attacher) $attacher"
	# shellcheck disable=SC2086
	kill -9 $victims 2>/dev/null && killed=$((killed + 1))
	wait $attacher 2>/dev/null
	kill -0 "$pid" 2>/dev/null && wait_for is_free && wait_for is_detached || break
done
kill -0 "$pid" 2>/dev/null || { wait "$pid"; echo "# status $?, ${command[0]}: $(cat said)"; }
check 'the attacher is killed at random moments' test "$killed" -gt $((rounds / 4))
check 'and the process goes on' kill -0 "$pid"
check 'then it is attached to' "$silt" attach -q -o after "$pid"
check 'recorded' "$silt" snap "$pid"
check 'and detached from' "$silt" detach -q "$pid"
check 'it has what it had before' test "$(state "$pid")" = "$before"
echo >&9
wait "$pid"
equal 'and all of its blocks' "$? $(cat said)" '0 whole'
