#!/usr/bin/env bash
# The helper process: nobody waits for it without a limit, it never spins, leaves no zombie, and is gone when the program is.
. "$(dirname "$0")/lib.sh"

python=/usr/bin/python3
[ -x $python ] || python=python3
seconds() { # COMMAND...: how long it takes, in tenths
	local start
	start=$(date +%s%N)
	"$@" >/dev/null 2>&1
	echo $((($(date +%s%N) - start) / 100000000))
}
helper_in() { # DIR: the helper that works in a run directory there
	for pid in $(pgrep -x silt-helper); do
		[[ $(readlink "/proc/$pid/cwd") == "$work/$1"/* ]] && echo "$pid"
	done
}

socket_in() { compgen -G "$1/*/control" >/dev/null; } # DIR: a process recorded there listens
is_gone() { ! kill -0 "$1" 2>/dev/null; }

# -- it is gone when the program is --
cp "$programs/ends" rebuilt
busy=0
for i in $(seq 60); do
	way=$([ $((i % 3)) = 0 ] && echo _exit || { [ $((i % 3)) = 1 ] && echo return || echo quick_exit; })
	SILT_INTERVAL=1s SILT_OUT=rebuilt-out LD_PRELOAD=$library ./rebuilt "$way"
	cat "$programs/ends" 2>/dev/null >rebuilt || busy=$((busy + 1))
done 2>/dev/null
equal 'rebuilt and run again: the executable is not busy' $busy 0
cat >segment.py <<'PY'
import ctypes, os, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
if len(sys.argv) > 1:
    assert libc.shmat(int(sys.argv[1]), None, 0) not in (None, ctypes.c_void_p(-1).value)
    sys.exit(0)
environment = dict(os.environ, LD_PRELOAD=os.environ["LIBRARY"], SILT_INTERVAL="1s", SILT_OUT="segment-out")
attached = 0
for i in range(8):
    segment = libc.shmget(0, 4096, 0o1600)
    subprocess.run([sys.executable, __file__, str(segment)], env=environment, check=True)
    status = ctypes.create_string_buffer(256)
    libc.shmctl(segment, 2, status)  # IPC_STAT; shm_nattch stands after ipc_perm, size, three times and two pids
    attached += int.from_bytes(status.raw[88:96], "little")
    libc.shmctl(segment, 0, None)
print(attached)
PY
equal 'after wait() its System V segments are detached' "$(LIBRARY=$library $python segment.py)" 0

# -- process 1 does not wait for it --
if unshare --pid --fork --mount-proc true 2>/dev/null; then
	# A container's own program, recorded, that waits only for what it knows.
	for way in return exit _exit quick_exit abort; do
		left=$(SILT_INTERVAL=20ms SILT_OUT=adopted LD_PRELOAD=$library unshare --pid --fork --mount-proc "$programs/adopts" 2 "$programs/ends" $way 2>&1 |
			grep -vE '^[0-9]+$' | sed 's/ [RS]$/ lives/')
		equal "no zombie where process 1 waits for its own children only: $way" "$left" '(silt-helper) lives'
	done
	left=$(unshare --pid --fork --mount-proc "$programs/adopts" 2 "$silt" run -i 20ms -o adopted "$programs/ends" kill 2>&1 | tr '\n' ' ')
	equal 'nor of a program that is killed, under silt run' "$left" '137 137 '
else
	skip 'process 1' 'needs namespaces of processes'
fi

# -- what wait() sees --
equal 'waiting with __WALL until there is no child' "$(timeout 20 "$silt" run -i 20ms -o waits "$programs/waits")" '3 children, then none'
for way in ignored clone; do
	equal "waiting: $way, with graphs" "$(timeout 20 "$silt" run -i 20ms --graph all -o waits "$programs/waits" $way)" "$("$programs/waits" $way)"
done

# -- nobody waits for it without a limit --
cat >slow.py <<'PY'
import glob, os, socket, sys, time
client = socket.socket(socket.AF_UNIX)
os.chdir(glob.glob(sys.argv[1] + "/*")[0])
client.connect("control")
print("connected", flush=True)
for i in range(100):
    client.send(b"s")
    time.sleep(0.2)
PY
for end in TERM exit; do
	rm -rf slow
	"$silt" run -o slow "$programs/grower" "$([ $end = TERM ] && echo 60000 || echo 1000)" 2>/dev/null &
	pid=$!
	wait_for socket_in slow
	timeout 30 $python slow.py slow >slow.log 2>/dev/null &
	client=$!
	wait_for grep -q connected slow.log
	start=$(date +%s%N)
	[ $end = TERM ] && pkill -TERM -P $pid
	wait $pid
	took=$((($(date +%s%N) - start) / 100000000))
	kill $client 2>/dev/null
	wait $client 2>/dev/null
	equal "a control client that sends a byte at a time: $end" "$((took < 100))" 1
done

"$silt" run -o frozen "$programs/grower" 500 2>/dev/null &
pid=$!
wait_for socket_in frozen
start=$(date +%s%N)
kill -STOP "$(helper_in frozen)"
wait $pid
status=$?
took=$((($(date +%s%N) - start) / 100000000))
equal "a helper that is stopped: the program ends ($took tenths of a second)" "$status:$((took < 100))" 0:1
equal 'and its last snapshot is written' "$("$silt" top frozen | grep -c ', exit,')" 1
"$silt" run -o frozen-kill "$programs/grower" 60000 2>/dev/null &
pid=$!
wait_for socket_in frozen-kill
program=$(pgrep -x grower -P $pid)
helper=$(helper_in frozen-kill)
kill -STOP "$helper"
kill -KILL "$program"
wait $pid
equal 'a helper that is stopped when the program is killed' $? 137
check 'it goes on and ends' wait_for is_gone "$helper"
equal 'and writes the last snapshot' "$("$silt" top frozen-kill | grep -c ', killed,')" 1

# -- a filter that was there before refuses what it waits with --
ticks_of() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat" 2>/dev/null || echo 0; }
for calls in ppoll getpid pidfd_open,kill pidfd_open,kill,getppid ppoll,pidfd_open,kill,getppid recvfrom,sendto ppoll,nanosleep \
	ppoll,futex,nanosleep wait4 getpid,readlinkat prctl,timer_create rt_sigprocmask,rt_sigaction timer_settime:0 recvfrom:0 getppid,ppoll:0; do
	"$programs/confine" "$calls" true 2>/dev/null || { skip "a filter of $calls" 'ends programs by itself' && continue; }
	rm -rf refused
	start=$(date +%s%N)
	"$silt" run -i 20ms -o refused "$programs/confine" "$calls" "$programs/grower" 500 2>refused.log &
	pid=$!
	wait_for grep -q ready refused.log
	helper=$(helper_in refused)
	sleep 0.3
	ticks=0
	[ -n "$helper" ] && ticks=$(ticks_of "$helper")
	wait $pid
	status=$?
	took=$((($(date +%s%N) - start) / 100000000))
	[ -n "$helper" ] && wait_for is_gone "$helper" || helper=
	equal "a filter refuses $calls: the program ends well, the helper neither spins nor stays ($took tenths, $ticks ticks)" \
		"$status:$((took < 100)):$((ticks < 15)):$([ -n "$helper" ] && [ -e "/proc/$helper" ] && cat "/proc/$helper/stat")" 0:1:1:
done

# -- rights --
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 .
	steps='start setgroups setegid setresgid bounding_set seteuid seteuid_back keepcaps setresuid capset no_new_privileges no_capabilities'
	got=$(timeout 60 "$silt" run -i 1s -o rights "$programs/rights" libc 2>&1)
	equal 'rights given up by the C library: the helper has the same when the call returns' "$got" \
		"$(for step in $steps; do echo "${step//_/ }: done, the same"; done)"
	equal 'and writes on' "$(("$(find rights -name '*.silt' | wc -l)" > 0))" 1
	got=$(timeout 60 "$silt" run -i 1s -o rights-raw "$programs/rights" raw 2>/dev/null)
	equal 'by system calls of its own: soon after' "$got" \
		"$(for step in start setgroups setresgid capset setresuid no_new_privileges; do echo "${step//_/ }: done, the same"; done)"
	equal 'changed again and again' "$(timeout 60 "$silt" run -i 1s -o rights-often "$programs/rights" often 2>/dev/null)" \
		$'none for a while\nthen one with the same'
	echo precious >precious && chmod 600 precious
	mkdir -m 755 rights-wreck
	before=$(find . -path ./rights-wreck -prune -o -printf '%p %u %m %s %T@\n' | sort)
	"$programs/rights" wreck
	native=$?
	timeout 20 "$silt" run -i 20ms -o rights-wreck "$programs/rights" wreck 2>/dev/null
	equal 'a program that overwrites all its memory ends as it would' "$?:$native" 7:7
	equal 'and nothing of others has changed' "$(find . -path ./rights-wreck -prune -o -printf '%p %u %m %s %T@\n' | sort)" "$before"
	check 'and the helper is gone' wait_for bash -c "! pgrep -f '^$programs/rights wreck'"
else
	skip rights 'needs root'
fi

# -- one user of the memory --
if [ "$(id -u)" -eq 0 ] && unshare --time true 2>/dev/null; then
	for arguments in '--time' '--time --fork' '--pid --fork --mount-proc' '--user' '--mount --uts --ipc --net'; do
		# shellcheck disable=SC2086
		equal "unshare $arguments" "$("$silt" run -i 20ms -o unshare unshare $arguments sh -c 'sleep 0.1; echo well' 2>&1)" well
	done
	unshare --time sleep 30 &
	sleeper=$!
	sleep 0.3
	equal 'nsenter --time' "$("$silt" run -i 20ms -o nsenter nsenter --time --target $sleeper echo well 2>&1)" well
	equal 'setns() by syscall()' "$("$silt" run -i 20ms -o setns $python -c '
import ctypes, os, time
time.sleep(0.1)
libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(308 if os.uname().machine == "x86_64" else 268, os.open(f"/proc/'$sleeper'/ns/time", 0), 0x80), libc.unshare(0x100))' 2>/dev/null)" '0 0' # Python 3.13 has an allocator of its own: that is told
	kill $sleeper
	# The first child after unshare(CLONE_NEWPID) is process 1 of the namespace: the program's, not ours.
	equal 'unshare --pid without --fork' "$("$silt" run -i 20ms -o unshared-pid unshare --pid sh -c 'sh -c "echo \$\$"; exit 0')" 1
else
	skip 'namespaces' 'need root'
fi

# A hostile process: it takes the request and never answers, or answers a byte at a time, or does not even accept.
cat >hostile.py <<'PY'
import os, socket, sys, time
os.mkdir(sys.argv[1], 0o700)
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1] + "/control")
server.listen(0)
while sys.argv[2] == "accept":
    time.sleep(10)
connection, _ = server.accept()
while True:
    if sys.argv[2] == "bytes":
        connection.send(b"o")
    time.sleep(0.1)
PY
cat >filler.py <<'PY'
import socket, sys, time
clients = [socket.socket(socket.AF_UNIX) for i in range(3)]
for client in clients:
    client.setblocking(False)
    try:
        client.connect(sys.argv[1])
    except BlockingIOError:
        pass
time.sleep(20)
PY
for how in silence bytes accept; do
	mkdir -p hostile-$how
	sleep 30 &
	sleeper=$!
	$python hostile.py "hostile-$how/sleep.$sleeper" $how 2>/dev/null &
	hostile=$!
	wait_for test -S "hostile-$how/sleep.$sleeper/control"
	filler=
	if [ $how = accept ]; then
		$python filler.py "hostile-$how/sleep.$sleeper/control" &
		filler=$!
		sleep 0.3
	fi
	start=$(date +%s%N)
	timeout 20 "$silt" snap $sleeper --out hostile-$how --timeout 500ms >out 2>&1
	status=$?
	took=$((($(date +%s%N) - start) / 100000000))
	equal "silt snap and a hostile process: $how" "$status:$((took < 100)):$(grep -c answer out)" 2:1:1
	# shellcheck disable=SC2086
	kill $sleeper $hostile $filler 2>/dev/null
	# shellcheck disable=SC2086
	wait $sleeper $hostile $filler 2>/dev/null
done

# -- it is started by any thread --
SILT_INTERVAL=50ms "$silt" run -q -o departed "$programs/workers" departs 2>departed.err
worker=$(for run in departed/*; do "$silt" top --format json "$run" | jq -r 'select([.stats[].traceback[].function] | index("allocates_late")) | 1' | sed "s|.*|$run|"; done | sort -u)
check 'a helper outlives the thread that started it' test "$(ls "$worker" | wc -l)" -ge 4
equal 'and loses no snapshot' "$(cat departed.err)" ''
timeout -s KILL 60 "$silt" run -q --graph all -o at_once "$programs/workers" at-once 30 2>at_once.err
equal 'threads that need one at once start one' "$? $(cat at_once.err)" '0 '
for _ in 1 2 3; do SILT_INTERVAL=50ms timeout -s KILL 60 "$silt" run -q -o rights "$programs/workers" rights || echo "$?"; done >rights.err 2>&1
equal 'threads that end it at once do not wait for each other' "$(cat rights.err)" ''
true
