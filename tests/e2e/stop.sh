#!/usr/bin/env bash
# Graphs of a program that is in the middle of things: it ends as without them, and no system call tells that it was stopped.
# TORTURE=long (make torture) does more of it; SECONDS_EACH (20) is how long each part of that takes.
. "$(dirname "$0")/lib.sh"

long=${TORTURE:-}

# -- everything at once --
"$programs/turmoil" "$programs/churn_plugin.so" >native.out
native=$?:$(cat native.out) ended=0 times=$([ -n "$long" ] && echo 50 || echo 2) busy=()
if [ -n "$long" ]; then
	for _ in 1 2; do
		(while :; do :; done) &
		busy+=($!)
	done
fi
for _ in $(seq "$times"); do
	rm -rf turmoil
	got=$(timeout -k 5 60 "$silt" run -i 50ms --graph all -o turmoil "$programs/turmoil" "$programs/churn_plugin.so")
	[ "$?:$got" = "$native" ] && ended=$((ended + 1)) || echo "    $?:$got"
done
[ -z "$long" ] || kill "${busy[@]}"
equal 'threads that load libraries, throw, fork, jump, switch stacks and take signals: it ends as without silt' "$ended" "$times"

# -- system calls that a stop would cut short, with slow and stalled peers --
seconds=$([ -n "$long" ] && echo "${SECONDS_EACH:-20}" || echo 3)
# A wait that was late once may have been late for want of a processor: that alone is looked at again.
for _ in 1 2 3; do
	rm -rf whole
	got=$("$silt" run -i 20ms --graph all -o whole "$programs/whole" "$seconds")
	grep -q 'ended after' <<<"$got" && ! grep -vqE ': as it should be$|ended after' <<<"$got" || break
done
# On a machine with much other work waits are late without silt, too: then it is not looked at.
if grep -q 'ended after' <<<"$got" && "$programs/whole" "$seconds" | grep -q 'ended after'; then
	got=$(sed -E 's/: ended after (1[5-9]|[2-9][0-9]|[0-9]{3})[0-9] ms of 150$/: as it should be/' <<<"$got")
	skip 'calls with a limit are not late' 'they are without silt'
fi
equal "calls of every kind return what they would, when they would" "$(grep -v ': as it should be$' <<<"$got"; grep -c . <<<"$got")" 50
graphs=$(for s in whole/*/*.silt; do "$silt" dump "$s" | grep -A1 '^graph$' | tail -n 1; done | grep -c 'status 1')
equal "there were graphs ($graphs)" "$((graphs > seconds))" 1

# -- on a machine so busy that a thread which was told to stop runs a second later --
starved=/sys/fs/cgroup/cpu/silt-test.$$ # version 1 of control groups
limit=cpu.cfs_quota_us quota=20000
[ -d /sys/fs/cgroup/cpu ] || starved=/sys/fs/cgroup/silt-test.$$ limit=cpu.max quota='20000 100000'
if [ -n "$long" ]; then
	if mkdir "$starved" 2>/dev/null && echo "$quota" 2>/dev/null >"$starved/$limit"; then
		got=$(echo $BASHPID >"$starved/cgroup.procs" && "$silt" run -i 20ms --graph all -o starved "$programs/whole" $((seconds * 3)))
		equal 'with a fifth of a processor calls are late, but return what they would' "$(grep -vE ': as it should be$|ended after' <<<"$got"; grep -c . <<<"$got")" 50
	else
		skip 'a fifth of a processor' 'needs control groups'
	fi
	rmdir "$starved" 2>/dev/null
fi

# -- signals that are thrown away, but not while a thread is traced --
for what in '' ${long:+all}; do
	equal "signals that the program takes no notice of cut no call short${what:+: $what}" \
		"$("$silt" run -i 5ms --graph all -o unheeded "$programs/unheeded" $((seconds * 2 / 3)) $what)" '0 cut short'
done

# -- waits with a limit that begin just as the stop comes, and a long stop --
late() { # CALL...: waits that were late, in 4 s of each
	for call in "$@"; do
		SILT_FAULT=stopper:0:slow SILT_OUT=begins SILT_INTERVAL=20ms SILT_GRAPH=all SILT_SERVE=1 LD_PRELOAD=$programs/libsilt-faults.so \
			"$programs/begins" $call 4 &
	done | sort | uniq -c | sed 's/^ *//'
}
for calls in 'epoll_wait fixed-ppoll ppoll recv' ${long:+'epoll_pwait epoll_pwait2 select sigtimedwait'} ${long:+'semtimedop epoll_wait ppoll recv'}; do
	for _ in 1 2 3; do # on a busy machine one may be late by itself
		# shellcheck disable=SC2086
		got=$(late $calls)
		[ "$got" = '4 0 late, 0 early, 0 wrong' ] && break
	done
	# There a thread may take longer to stop than the stopper waits for it.
	if [ "$got" != '4 0 late, 0 early, 0 wrong' ] && awk -v cores="$(nproc)" '{ exit $1 < 4 * cores }' /proc/loadavg; then
		skip "waits that begin as the program is stopped end in time: $calls" "the machine is busy: $got"
	else
		equal "waits that begin as the program is stopped end in time: $calls" "$got" '4 0 late, 0 early, 0 wrong'
	fi
done

for reader in 'perl -e "syswrite STDOUT, q(x) x 40_000_000"' 'python3 -u -c "import sys; sys.stdout.buffer.write(b\"x\" * 40000000)"'; do
	command -v "${reader%% *}" >/dev/null || continue
	got=$(eval "$silt run -i 50ms --graph all -o whole $reader" | perl -e 'while (sysread STDIN, $b, 65536) { $n += length $b; select undef, undef, undef, 0.001 } print $n')
	equal "${reader%% *} writes 40 MB to a slow reader" "$got" 40000000
done

# -- a suspended process stays suspended --
"$silt" run -i 20ms --graph all -o suspended "$programs/spin" 2 &
for _ in $(seq 100); do
	pid=$(pgrep -x spin -P $!) && [ -n "$(find suspended -name '0002.silt' 2>/dev/null)" ] && break
	sleep 0.05
done
state() { awk '{ print $3 }' "/proc/$pid/stat"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
kill -STOP "$pid"
sleep 0.2
before=$(ticks) seen=$(find suspended -name '*.silt' | wc -l)
sleep 0.5
# What its stops take is on its account; while one lasts, its state is that of a traced process.
equal 'SIGSTOP: it does not run' "$(($(ticks) - before < 3))" 1
is_stopped() { [ "$(state)" = T ]; }
check 'SIGSTOP: it is stopped' wait_for is_stopped
equal 'while graphs are taken' "$(($(find suspended -name '*.silt' | wc -l) > seen))" 1
kill -CONT "$pid"
wait

# -- an idle process is not traced: others can --
if command -v strace >/dev/null; then
	"$silt" run -i 20ms --graph all -o idle sleep 30 &
	sleep 1
	pid=$(pgrep -x sleep -P $!) attached=0
	for _ in 1 2 3 4 5; do
		sleep 0.3
		strace -f -o /dev/null -p "$pid" 2>strace.err &
		for _ in $(seq 200); do
			grep -qE 'attached|attach:' strace.err && break
			sleep 0.05
		done
		kill -INT $!
		wait $!
		grep -q 'attached' strace.err && attached=$((attached + 1))
	done
	equal 'strace -p attaches to a sleeping program' "$attached" 5
	kill "$pid"
	wait
else
	skip 'strace -p' 'it is not installed'
fi
