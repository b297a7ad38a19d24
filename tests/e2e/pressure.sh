#!/usr/bin/env bash
# Memory that comes near to a limit: a snapshot before the end, and a report that says what the end was.
. "$(dirname "$0")/lib.sh"
unset SILT_INTERVAL SILT_GRAPH # as silt run does by itself

labels() { for snapshot in "$1"/*/*.silt; do "$silt" top "$snapshot" | head -n 1; done | grep -o 'memory ".*"'; }
last_percent() { labels "$1" | tail -n 1 | sed 's/memory "\([0-9]*\)%.*/\1/'; }
# live bytes of the last snapshot, in MiB
last_live() { "$silt" top --at end --format json "$(compgen -G "$1/*" | head -n 1)" | jq '.totals.live_bytes / 1048576 | floor'; }

# -- address space --
(ulimit -v 400000 && "$silt" run -o space "$programs/fills" 1024 30 2>space.err)
equal 'at a limit of address space it goes on as natively' $? 3
check "the last snapshot is near it: $(last_percent space)%" test "$(last_percent space)" -ge 95
contains 'which one is said' "$(labels space | tail -n 1)" '% of the memory limit of 390 MiB (ulimit -v)'
contains 'and first at 90%' "$(labels space | head -n 1)" '"9'
contains 'the report begins with it' "$("$silt" report space | head -n 1)" '% of the memory limit of 390 MiB (ulimit -v)'
"$silt" run -o roomy "$programs/grower" 300
equal 'far from any limit nothing is taken for it' "$(labels roomy)" ''

# -- a cgroup of version 2, as files that look like one --
fake=$work/fake
mkdir "$fake"
echo max >"$fake/memory.max"
echo 0000000000 >"$fake/memory.current"
printf 'anon 0\ninactive_file 0\nactive_file 0\n' >"$fake/memory.stat"
use_bytes() { printf '%010d\n' "$1" 1<>"$fake/memory.current"; } # in place: who reads it meanwhile finds no empty file
at() { # PERCENT SNAPSHOTS: so much is used, and then there are so many
	use_bytes $(($1 * 10000000))
	wait_for has_taken "$2"
	[ "$2" != "$before" ] || sleep 2.5 # it looks every second
	before=$2
}
has_taken() { [ "$(compgen -G "second/*/*.silt" | wc -l)" -ge "$1" ]; }
before=0
fill_up() { # as the kernel would: the number after the percents that are given
	until compgen -G "$1/grower.*/control" >/dev/null; do sleep 0.05; done
	sleep 0.3
	echo 1000000000 >"$fake/memory.max"
	at 50 0
	at 89 0
	at 91 1
	at 92 1
	at 94 2
	at 70 2
	at 91 3
	# most of it is files, which the kernel gives up first
	printf 'anon 0\ninactive_file 500000000\nactive_file 100000000\n' >"$fake/memory.stat"
	use_bytes 990000000
	sleep 2.5
	pkill -P "$2" grower
}
if unshare -m true 2>/dev/null && [ -d /sys/fs/cgroup ]; then
	unshare -m bash -c "mount --bind '$fake' /sys/fs/cgroup && exec '$silt' run -i off --graph never -o second '$programs/grower' 60000" 2>/dev/null &
	fill_up second $!
	wait $!
	equal 'each step once, and anew after it was left; files do not count' "$(labels second | grep -o '9[0-9]%' | paste -sd ' ')" '91% 94% 91%'
else
	skip 'a cgroup of version 2' 'not root'
fi

# -- killed at the limit of a cgroup --
group=
for root in /sys/fs/cgroup/memory /sys/fs/cgroup; do
	[ -z "$group" ] && [ -e $root/cgroup.procs ] && mkdir "$root/silt-test.$$" 2>/dev/null && group=$root/silt-test.$$
done
limit=$(compgen -G "$group/memory.limit_in_bytes" || compgen -G "$group/memory.max")
if [ -z "$group" ] || [ -z "$limit" ] || ! echo 134217728 >"$limit"; then
	skip 'killed at the limit of a cgroup' 'no cgroup with a limit of memory can be made'
	[ -n "$group" ] && rmdir "$group"
	exit 0
fi
[ -e "$group/memory.swap.max" ] && echo 0 >"$group/memory.swap.max"
got=$(echo "$BASHPID" >"$group/cgroup.procs" && "$silt" run -o killed "$programs/fills" 1024 50 2>&1)
equal 'a program is killed at the limit' $? 137
contains 'silt run says so' "$got" 'was killed: out of memory (OOM)'
check "a snapshot shows the heap within 5% of the limit before the end: $(last_percent killed)%" test "$(last_percent killed)" -ge 95
check "it is the heap of that moment: $(last_live killed) MiB" test "$(last_live killed)" -ge 95
report=$("$silt" report killed)
contains 'the report begins with the end' "$(head -n 1 <<<"$report")" 'killed at the memory limit of 128 MiB (cgroup); '
contains 'and says what filled it' "$report" 'keep_one'
(echo "$BASHPID" >"$group/cgroup.procs" && "$silt" run -i 100ms -o sudden "$programs/fills" 8192 10 2000 2>&1) | cat
report=$("$silt" report sudden)
check 'what grew for a moment only is not clean' grep -qE ' after the warm-up: (inconclusive|leaking)' <<<"$report"
equal 'in JSON, too' "$("$silt" report --format json killed | jq '.run.ended | [.signal, .out_of_memory]' | tr -d ' \n')" '[9,true]'
got=$(echo "$BASHPID" >"$group/cgroup.procs" && "$silt" soak -o soaked --duration 60s -- "$programs/fills" 1024 50 2>&1)
equal 'so fails a soak' $? 1
contains 'for that reason' "$got" 'with signal 9 (Killed): out of memory (OOM)'
wait_for rmdir "$group"

# -- what is not known is not claimed --
cp -r killed copied
rm copied/*/.ended
while "$silt" report copied | head -n 1 | grep -q ', interval,'; do # one that came after the last near the limit
	rm "$(compgen -G 'copied/*/*.silt' | sort | tail -n 1)"
done
contains 'without who waited for it' "$("$silt" report copied | head -n 1)" 'how it ended is not known'
for line in '9' 'x 1 1' '99999 1 1' '-3 1 1' ''; do
	echo "$line" >"$(compgen -G 'copied/*')/.ended"
	contains "a damaged note \"$line\" says nothing" "$("$silt" report copied | head -n 1)" 'how it ended is not known'
done
