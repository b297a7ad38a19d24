#!/usr/bin/env bash
# What happens around a recorded program: full and read-only disks, quotas, clocks that jump, kills while it writes, crowds, two
# copies of the library, a library that is gone. More than in faults.sh; TORTURE=long (make torture) does more of it.
. "$(dirname "$0")/lib.sh"

long=${TORTURE:-}
readable() { # DIRECTORY: prints what is not, and what stands under no proper name
	find "$1" -name '*.silt' -not -name '.*' | while read -r s; do "$silt" dump "$s" >/dev/null 2>&1 || echo "$s"; done
}

# -- disks --
mkdir disk
if mount -t tmpfs -o size=64k,mode=777 silt-test disk 2>/dev/null; then
	head -c 40000 /dev/zero >disk/ballast
	"$silt" run -o disk/out -i 10ms "$programs/manysites" 60 >out 2>err
	equal 'a disk that fills up: the program goes on' "$?" "$("$programs/manysites" 60 >native; echo $?)"
	check 'with the same output' cmp out native
	contains 'it is said once' "$(cat err)" 'no space left'
	equal 'what is there is whole' "$(readable disk/out)$(find disk/out -name '.*.tmp')" ''
	"$silt" run -o disk/out -i 10ms "$programs/grower" 60000 2>log &
	wait_for grep -q ready log
	pid=$(pgrep -P $! -x grower)
	contains 'silt snap says so, too' "$("$silt" snap "$pid" 2>&1)" 'no space left'
	rm disk/ballast
	check 'when there is room again' wait_for "$silt" snap "$pid"
	equal 'what could not be written is counted' "$(("$("$silt" dump "$("$silt" snap "$pid")" | awk '$1 == "lost_snapshots" { print $2 }')" > 0))" 1
	kill "$pid"
	wait
	mount -o remount,ro disk
	"$silt" run -o disk/read-only "$programs/ends" return 2>err
	equal 'a read-only disk' "$?" 3
	contains 'is named' "$(cat err)" 'read-only file system'
	# shellcheck disable=SC2016
	equal 'but not where a program reads what another says' \
		"$("$silt" run -o disk/read-only sh -c 'echo "<$("$0" return 2>&1)>"' "$programs/ends" 2>/dev/null)" \
		"<$("$programs/ends" return 2>&1)>"
	umount disk
else
	skip 'full and read-only disks' 'cannot mount here'
fi
SILT_OUT=/dev/full LD_PRELOAD=$library "$programs/ends" return
equal 'a device where the directory should be' "$?" 3
"$silt" run -o quota "$programs/confine" renameat2:122 "$programs/ends" return 2>err
equal 'a quota' "$?:$(find quota -path '*/ends.*' -name '*.silt' | wc -l)" 3:0
contains 'is named, too' "$(cat err)" 'quota'
"$silt" run -o filter "$programs/confine" mkdirat:38 "$programs/ends" return 2>err
contains 'a filter of system calls is named' "$(cat err)" 'seccomp'
for calls in mkdirat unlinkat close_range rt_sigprocmask 'socketpair,clone,pidfd_open,ptrace'; do
	got=$("$silt" run -o forbidden -i 10ms "$programs/confine" "$calls" "$programs/throws" 2>/dev/null)
	equal "system calls that are forbidden: $calls" "$?:$got" "0:$("$programs/throws")"
done

# -- killed at any moment: program and helper at once, or the helper alone; with heap graphs, so that its copies are met, too --
moments=$([ -n "$long" ] && echo 300 || echo 14)
for i in $(seq "$moments"); do
	"$silt" run -o killed -i 3ms --graph all "$programs/grower" 20000 2>/dev/null &
	sleep "0.$(printf %03d $((60 + i * 37 % 300)))"
	if [ $((i % 2)) = 0 ]; then
		pkill -KILL -f "^$programs/grower 20000" # the helper and its copies have the same command line
	else
		pgrep -x silt-helper | while read -r helper; do
			grep -qaz "^$programs/grower" "/proc/$helper/cmdline" && kill -KILL "$helper"
		done
		pkill -TERM -f "^$programs/grower 20000"
	fi
	wait $!
done 2>/dev/null
equal "killed at $moments moments: every file is whole" "$(readable killed)" ''
equal 'and every run can be read' "$(for run in killed/*/; do
	[ -n "$(find "$run" -name '[0-9]*.silt')" ] && ! "$silt" dump "$run" >/dev/null 2>&1 && echo "$run"
done)" ''
equal 'and there were many' "$(($(find killed -name '[0-9]*.silt' | wc -l) > moments))" 1
pkill -KILL -f "^$programs/grower 20000"

# -- a crowd --
crowd=$([ -n "$long" ] && echo 10000 || echo 400)
SILT_OUT=crowd LD_PRELOAD=$library bash -c 'for i in $(seq '"$crowd"'); do "$1" return & [ $((i % 200)) = 0 ] && wait; done; wait' _ "$programs/ends"
equal "$crowd processes, 200 at once: a run each" "$(find crowd -name 'ends.*' | wc -l)" "$crowd"
equal 'all whole' "$(find crowd -name '0001.silt' -size +0 | wc -l):$(find crowd -name '.*.tmp' | wc -l):$(
	find crowd -name '0001.silt' | awk 'NR % 20 == 0' | while read -r s; do "$silt" dump "$s" >/dev/null 2>&1 || echo "$s"; done)" \
	"$(find crowd -mindepth 1 -type d | wc -l):0:"

# -- a clock that jumps --
"$programs/throws" >native
for order in "$library:$programs/clock_plugin.so" "$programs/clock_plugin.so:$library"; do
	SILT_SERVE=1 SILT_INTERVAL=20ms SILT_OUT=clock LD_PRELOAD=$order timeout -k 5 60 "$programs/grower" 500 2>err
	equal 'a library that makes the clock jump' "$?:$(cat err)" '0:ready'
done
equal 'snapshots come all the same' "$(($(find clock -name '*.silt' | wc -l) > 10))" 1
equal 'in order of a clock that does not' "$(for run in clock/*/; do
	"$silt" timeline --format json "$run" | jq -r '[.snapshots[].uptime_ns] | . == sort and .[-1] < 60000000000'; done | sort -u)" true

# -- the library --
mkdir copies
cp "$library" copies/libsilt.so
got=$(SILT_OUT=twice LD_PRELOAD=$library:$work/copies/libsilt.so "$programs/throws")
equal 'two copies of the library: the same output' "$got" "$(cat native)"
equal 'and one run' "$(ls twice | wc -l)" 1
equal 'that knows every block once' "$("$silt" top --format json twice | jq .totals.total_blocks)" \
	"$(SILT_OUT=once LD_PRELOAD=$library "$programs/throws" >/dev/null; totals once total_blocks)"
SILT_LIBRARY=$work/copies/libsilt.so "$silt" run -o removed "$programs/grower" 60000 2>log &
wait_for grep -q ready log
rm copies/libsilt.so
pid=$(pgrep -P $! -x grower)
check 'the library is removed while the program runs: a snapshot' "$silt" snap "$pid"
path=$("$silt" snap --graph "$pid")
check 'and one with the graph' "$silt" holders "$path"
kill "$pid"
wait
