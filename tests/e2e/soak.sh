#!/usr/bin/env bash
# silt soak: a program is started, made ready, loaded, stopped and judged; what does not go as planned is said.
. "$(dirname "$0")/lib.sh"
unset SILT_INTERVAL SILT_GRAPH

soak() { # FILE ARGUMENT...: its status
	local name=$1
	shift
	timeout -k 5 120 "$silt" soak "$@" >"$name.out" 2>"$name.err"
	echo $?
}
run_of() { # FILE: the soak's directory
	sed -n 's/.* in \(.*\)$/\1/p' "$1.err" | tail -1
}

# -- the samples and their twins --
pairs='cache_unbounded:cache_lru listeners_leak:listeners_weak capture_dataset:capture_number
	error_path_lost:error_path_freed threads_unjoined:threads_joined tree_cycle:tree_weak_parent'
for pair in $pairs; do
	soak "${pair%:*}" --duration 6s -- "$samples/${pair%:*}" 100000 >"${pair%:*}.status" &
	soak "${pair#*:}" --duration 6s -- "$samples/${pair#*:}" 100000 >"${pair#*:}.status" &
done
wait
for pair in $pairs; do
	equal "${pair%:*} fails" "$(cat "${pair%:*}.status")" 1
	equal "${pair#*:} passes" "$(cat "${pair#*:}.status"; grep FAIL "${pair#*:}.out")" 0
done
check 'what holds is named' grep -qE '^FAIL .* growing-cache .*: cache \(.*cache_unbounded.c:[0-9]+\) keeps' cache_unbounded.out
contains 'what silt used is told' "$(cat cache_unbounded.err)" "silt's own: memory"
equal 'a directory for each soak' "$(($(find silt-out -mindepth 1 -maxdepth 1 | wc -l)))" 12

# -- getting ready, load --
cat >server.py <<'PY'
import os, socket, sys, time
time.sleep(1)
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", 0))
print("port", s.getsockname()[1], file=open(sys.argv[1] + ".new", "w")); os.rename(sys.argv[1] + ".new", sys.argv[1])
s.listen(9)
while True:
    c, _ = s.accept(); c.close()
PY
python=$(readlink -f /usr/bin/python3)
got=$(soak ready --ready 'test -e port' --load "touch loaded; sleep 1; env | grep -E '^(LD_PRELOAD|SILT_OUT)=' >load.env; true" \
	--allow-inconclusive -- "$python" server.py port)
equal 'a load that ends, ends the soak' "$got" 0
check 'it began when the program was ready' grep -qE 'ready after [1-9][0-9]*\.' ready.err
equal 'the load was run' "$(ls loaded 2>&1)" loaded
equal 'and is not recorded' "$(cat load.env; find "$(run_of ready)" -name 'sh.*')" ''
free_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
got=$(soak port --ready "$free_port" --duration 1s --allow-inconclusive -- "$python" -c "
import socket, time
time.sleep(0.5); s = socket.socket(); s.bind(('127.0.0.1', $free_port)); s.listen(5); time.sleep(100)")
equal 'ready by port' "$got" 0
got=$(soak late --ready 'false' --timeout 1s --duration 1s -- sleep 100)
equal 'never ready: an error' "$got:$(grep -c 'not ready after 1 s: --ready false ended with status 1 each time' late.err)" 2:1
equal 'and it is not called ready' "$(grep -c 'silt soak: never ready' late.err):$(grep -c 'ready after 0.0' late.err)" 1:0
got=$(soak closed --ready "$free_port" --timeout 1s --duration 1s -- sleep 100)
equal 'a port that never opens' "$got:$(grep -c "nothing listens on localhost:$free_port" closed.err)" 2:1
got=$(soak norun --ready 'no-such-tool --ping' --timeout 60s --duration 1s -- sleep 100)
equal 'a command that cannot be run is said once' \
	"$got:$(grep -c 'no-such-tool: not found' norun.err):$(grep -c -- '--ready could not be run: no-such-tool --ping (status 127)' norun.err)" 2:1:1
equal 'a number that is no port' "$(soak noport --ready 99999 -- true):$(cat noport.err)" \
	'2:silt soak: --ready 99999: expected a port from 1 to 65535, HOST:PORT, or a command'
got=$(soak noload --load 'no-such-tool -c 5' --duration 10s -- sleep 100)
equal 'a load that cannot be run' "$got:$(grep -c 'the load could not be run: no-such-tool -c 5 (status 127)' noload.err)" 2:1
got=$(soak badload --load 'exit 5' --duration 10s -- sleep 100)
equal 'a load that fails: an error' "$got:$(grep -c 'the load ended with status 5' badload.err)" 2:1
got=$(soak again --load 'echo x >>passes; sleep 0.3' --duration 2s --allow-inconclusive -- sleep 100)
equal 'with a duration the load is run again' "$got:$(($(grep -c x passes) >= 3))" 0:1

# -- the end --
got=$(soak finite --allow-inconclusive -- "$programs/ends" _exit)
equal 'ends by itself, badly: an error with its status' "$got:$(grep -c 'ended by itself after .* with status 5' finite.err)" 2:1
got=$(soak segv --duration 5s -- "$programs/ends" segv)
contains 'so is a crash' "$got $(cat segv.err)" 'with signal 11'
got=$(soak finished --allow-inconclusive -- true)
equal 'without a duration a program may end well' "$got" 0
got=$(soak early --duration 5s -- true)
equal 'with one it must have lived long enough' "$got:$(grep -c 'ended by itself after .*, before --duration was over; that is too little' early.err)" 2:1
contains 'what was recorded is judged all the same' "$(cat early.out)" 'true: 1 process'
got=$(soak enough --duration 100s --interval 100ms -- "$samples/cache_unbounded" 60 50)
equal 'one that has is judged' "$got:$(grep -c 'before --duration was over; judging what was recorded' enough.err)" 1:1
if mkdir -p full && mount -t tmpfs -o size=100k tmpfs full 2>/dev/null; then
	"$silt" soak --duration 2s -o full -- "$samples/cache_unbounded" 100000 >full.out 2>full.err
	# 1 where what could be written shows the leak.
	equal 'a full disk is an error of the soak' "$((0 < $? && $? < 3)):$(grep -c 'snapshots cannot be written to .*: No space left on device' full.err)" 1:1
	umount -l full
else
	skip 'a full disk' 'no permission to mount'
fi
got=$(soak missing -- ./no-such-program)
equal 'a program that is not there' "$got:$(grep -c 'could not be run' missing.err)" 2:1
got=$(soak deaf --duration 1s --timeout 1s --allow-inconclusive -- bash -c 'trap "" TERM; while :; do sleep 0.1; done')
equal 'a program that does not stop is killed, and that is told' "$got:$(grep -c 'did not stop within 1 s' deaf.err)" 2:1
got=$(soak signal --stop INT --duration 1s --allow-inconclusive -- bash -c 'trap "echo stopped >by; exit 0" INT; while :; do sleep 0.1; done')
equal '--stop' "$got:$(cat by)" 0:stopped
got=$(soak daemon --duration 2s --allow-inconclusive -- bash -c 'sleep 31557 & sleep 31557 & disown -a; exit 0')
equal 'what goes to the background is soaked and stopped' "$got:$(pgrep -fx 'sleep 31557' | wc -l)" 0:0
if unshare --pid --fork --mount-proc true 2>/dev/null; then
	# The process group is outside of the namespace, and its number is 0 there.
	timeout -k 5 60 unshare --pid --fork --kill-child --mount-proc "$silt" soak --duration 2s --allow-inconclusive -- \
		bash -c 'sleep 31558 & disown -a; exit 0' >inside.out 2>inside.err
	equal 'so it is in a PID namespace' "$?:$(pgrep -fx 'sleep 31558' | wc -l)" 0:0
else
	skip 'a PID namespace' 'no permission to make one'
fi
timeout 60 nohup "$silt" soak --duration 3s --allow-inconclusive -- sleep 100 >nohup.out 2>nohup.err &
sleep 1.5
pkill -HUP -f 'soak --duration 3s'
wait $!
equal 'nohup: SIGHUP stays ignored' "$?:$(grep -c 'stopped early' nohup.err)" 0:0
timeout 60 "$silt" soak --duration 60s --allow-inconclusive -- "$samples/cache_unbounded" 100000 >int.out 2>int.err &
sleep 2
pkill -INT -f 'soak --duration 60s'
wait $!
equal 'interrupted: judged' "$?:$(grep -c 'stopped early by signal 2' int.err)" 0:1

# -- many processes, little disk --
got=$(soak many --duration 3s --allow-inconclusive --max-disk 64K -- bash -c 'while :; do /bin/true; /bin/true; sleep 0.02; done')
equal 'a supervisor and its children' "$got" 0
contains 'all of them are counted' "$(grep 'true: ' many.out)" 'processes'
got=$(soak bounded --duration 11s --allow-inconclusive --max-disk 256K -- bash -c 'while :; do /bin/true; done')
contains 'runs of processes that have ended go' "$(cat bounded.err)" 'were removed: --max-disk'
got=$(soak thin --duration 4s --interval 20ms --keep 40 -- "$samples/cache_unbounded" 100000)
equal 'a long soak in short: thinned, and still judged' "$got:$(($(find "$(run_of thin)" -name '*.silt' | wc -l) <= 41))" 1:1

# A machine that sleeps for a while, as far as processes can tell.
for sample in cache_unbounded:1 cache_lru:0; do
	"$silt" soak --duration 6s -- "$samples/${sample%:*}" 100000 >asleep.out 2>asleep.err &
	soaking=$!
	sleep 2
	sleepers="$soaking $(pgrep -P $soaking) $(pgrep -P "$(pgrep -P $soaking | head -1)")"
	# shellcheck disable=SC2086
	kill -STOP $sleepers
	sleep 2
	# shellcheck disable=SC2086
	kill -CONT $sleepers
	wait $soaking
	equal "${sample%:*}, suspended for a while" $? "${sample#*:}"
done

# -- the gate is proved --
got=$(soak selftest --duration 6s --selftest -- sleep 100)
equal '--selftest: the leak is found' "$got:$(grep -c 'the gate works' selftest.err)" 0:1
got=$(soak selftest2 --duration 6s --selftest --min-rate 10M -- sleep 100)
equal '--selftest: a policy that is blind is told' "$got:$(grep -c 'slower than --min-rate' selftest2.err)" 1:1
got=$(soak selftest3 --duration 6s --selftest=256K --format json -- sleep 100)
equal '--selftest=SIZE' "$got:$(jq '[.findings[] | select(.function == "silt_selftest_leak") | .bytes_per_second > 150000] | all' selftest3.out)" 0:true

script -qec "$silt soak --duration 8s -- $samples/cache_unbounded 100000" /dev/null >terminal </dev/null
contains 'on a terminal: the verdict so far' "$(tr '\r' '\n' <terminal | grep 'silt soak: soaking')" 'finding'
contains 'in one line that is drawn again' "$(cat terminal)" $'\r\033[Ksilt soak: soaking, 0:00:0'

# -- standard output is the verdict's --
got=$(soak json --duration 1s --allow-inconclusive --format json -- bash -c 'echo hello; sleep 100')
equal 'the program prints elsewhere' "$(jq -r .schema json.out):$(grep -c hello json.err)" silt.check/1:1
for bad in '--duration soon' '--stop KILL' '--max-disk much' '--timeout 0s' '--selftest=none' '--graph some' '--format xml'; do
	# shellcheck disable=SC2086
	equal "bad option: $bad" "$(soak bad $bad -- true):$(wc -l <bad.err)" 2:1
done
equal 'no program' "$(soak usage --duration 1s)" 2
