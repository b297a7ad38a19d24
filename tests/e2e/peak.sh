#!/usr/bin/env bash
# The highest live bytes are kept with their call stacks: what comes and goes between two snapshots is shown by --at peak.
. "$(dirname "$0")/lib.sh"
unset SILT_PEAK

MEGABYTES=$((200 << 20))
# peak RUN FIELD of the first row: the line, and whether its size is within 5% of 200 MB
at_peak() {
	"$silt" top --at peak --format json --limit 1 "$1" | jq -r --argjson all $MEGABYTES \
		'"\(.snapshot.trigger) \(.stats[0].key.function) \(.stats[0].size > 0.95 * $all and .stats[0].size <= $all)"'
}

for how in blocks one large threads; do
	"$silt" run -o "$how" -i 10s "$programs/peaks" "$how" >/dev/null
	equal "$how: between two snapshots, with its call stack" "$(at_peak "$how")" 'peak summit true'
	equal "$how: no snapshot of the series shows it" \
		"$(for s in "$how"/peaks.*/[0-9]*.silt; do [ "$(totals "$s" live_bytes)" -lt $MEGABYTES ] || echo "$s"; done)" ''
	# Within 5% and 64 KiB a thread.
	check "$how: what it shows is the peak" test "$(totals "$how"/peaks.*/peak.silt live_bytes)" -gt "$(($(totals "$how" peak_live_bytes) * 94 / 100))"
done
equal 'a block is a block' "$("$silt" top --at peak --format json --limit 1 one | jq '.stats[0] | "\(.size) \(.count)"')" "\"$MEGABYTES 1\""
contains 'the line is named' "$("$silt" top --at peak blocks)" "peaks.c:$(grep -n 'kept\[i\] = memset' "$top_dir/tests/programs/peaks.c" | cut -d: -f1)"
contains 'what is not known of that moment is not shown as 0' "$("$silt" top --at peak blocks)" 'RSS not known'
contains 'silt timeline says when' "$("$silt" timeline blocks)" 'between two snapshots; shown by `silt top --at peak`'
equal 'and in JSON' "$("$silt" timeline --format json blocks | jq ".peak.live_bytes > 0.95 * $MEGABYTES")" true
contains 'and silt html' "$("$silt" html -o - blocks 2>&1)" 'kept at'
"$silt" export --format massif -o massif.out blocks
equal 'massif has it as its peak' "$(grep -B3 'heap_tree=peak' massif.out | awk -F= '$1 == "mem_heap_B" { print ($2 > 199000000) }')" 1
equal 'and it is in the order of time' "$(awk -F= '$1 == "time" { if ($2 < before) print "not"; before = $2 }' massif.out)" ''
contains 'each place by its own peak' "$("$silt" top --sort peak blocks | grep -F peaks.c | head -1)" 'peak'

# -- the end of the program --
"$silt" run -o killed -i 10s "$programs/peaks" blocks killed >/dev/null
equal 'a process that is killed' "$?:$(at_peak killed)" '137:peak summit true'
"$silt" run -o never -i 10s "$programs/peaks" never >/dev/null
equal 'what never falls needs no snapshot but that before the end' "$(find never -name peak.silt | wc -l)" 0
equal 'which is the peak' "$("$silt" top --at peak --format json --limit 1 never | jq -r .snapshot.trigger)" ending
"$silt" run -o child -i 10s "$programs/peaks" blocks forks
equal 'a forked child has its own' "$(find child -name peak.silt | wc -l):$(at_peak "$(dirname "$(find child -name peak.silt)")")" '1:peak summit true'

# -- while it runs --
"$silt" run -o runs -i 10s "$programs/peaks" blocks sleeps >log 2>&1 &
wait_for grep -q ready log
pid=$(pgrep -P $! -x peaks)
"$silt" snap "$pid" >/dev/null
equal 'a snapshot brings it along' "$(at_peak runs)" 'peak summit true'
kill "$pid"
wait

# -- bounds --
"$silt" run -o climb -i 1ms "$programs/peaks" climb >/dev/null
# None where a snapshot of the series has the peak already.
check 'one file at most, however often the peak rises' test "$(find climb -name '*.silt' -not -name '[0-9]*' | wc -l)" -le 1
# The first and the last, and that before the end of the program.
"$silt" run -q -o keep --keep 2 -i 1ms "$programs/peaks" climb >/dev/null
check '--keep counts the series alone' test "$(find keep -name '[0-9]*.silt' | wc -l)" -le 3
"$silt" run --peak off -i 10s -o off "$programs/peaks" blocks >/dev/null
SILT_OUT=bare LD_PRELOAD=$library "$programs/peaks" blocks >/dev/null
equal 'none with --peak off, and none unasked under LD_PRELOAD' "$(find off bare -name '*.silt' | sed 's/.*\///' | sort | uniq -c | tr -s ' \n' ' ')" ' 2 0001.silt 1 0002.silt '
SILT_PEAK=on SILT_OUT=asked LD_PRELOAD=$library "$programs/peaks" blocks >/dev/null
equal 'asked for under LD_PRELOAD' "$(at_peak asked)" 'peak summit true'
contains 'a bad value' "$(SILT_PEAK=1 SILT_OUT=asked LD_PRELOAD=$library "$programs/peaks" never 2>&1)" 'SILT_PEAK=1: not on or off; ignored'
equal 'and of an option' "$("$silt" run --peak 5 true 2>&1; echo $?)" "silt run: --peak 5: expected on or off
2"

# -- judging --
"$silt" run -q -o leak -i 50ms "$samples/cache_unbounded" 8 >/dev/null
run=$(echo leak/cache_unbounded.*)
judged() { "$silt" report --format json "$@" | jq -S 'del(.run.path)'; }
before=$(judged "$run"/[0-9]*.silt)
# A snapshot in the midst of the series, as that of a peak: same process, other moment.
cp "$(find blocks -name peak.silt)" "$run/peak.silt"
equal 'a peak beside a series changes no verdict' "$(judged "$run")" "$before"
check 'nor one of another process what --at peak shows' test "$("$silt" top --at peak --format json "$run" | jq -r .snapshot.trigger)" != peak
rm "$run/peak.silt"
run=$(echo blocks/peaks.*)
equal 'named with the series it is left out' "$(judged "$run"/peak.silt "$run"/[0-9]*.silt | jq .run.snapshots)" "$(judged "$run" | jq .run.snapshots)"
contains 'two moments are compared by their files' "$("$silt" diff "$run/peak.silt" "$(find "$run" -name '[0-9]*.silt' | sort | tail -1)" | grep peaks.c)" 'size=0 B (-200'

# -- a full disk --
mkdir disk
if mount -t tmpfs -o size=4m,mode=777 silt-test disk 2>/dev/null; then
	"$silt" run -o disk/out -i 10s "$programs/peaks" blocks sleeps >log 2>err &
	wait_for grep -q ready log
	pid=$(pgrep -P $! -x peaks)
	head -c 5000000 /dev/zero >disk/ballast 2>/dev/null
	"$silt" snap "$pid" >/dev/null 2>&1
	rm disk/ballast
	check 'a full disk: the peak waits' wait_for "$silt" snap "$pid"
	equal 'and is there when there is room' "$(at_peak disk/out)" 'peak summit true'
	kill "$pid"
	wait
	umount disk
else
	skip 'a full disk' 'cannot mount here'
fi
