#!/usr/bin/env bash
# silt timeline: the chart shows what the snapshots hold, and its JSON is the series of silt top's figures.
. "$(dirname "$0")/lib.sh"

timeout -k 5 60 "$silt" run -i 100ms -o run -- "$samples/cache_unbounded" 30 50 >/dev/null
run=$(echo run/*)
json=$("$silt" timeline --format json run)
last=$("$silt" top --format json --limit 0 run)
equal 'one point for each snapshot' "$(jq -c '[(.snapshots | length), ([.stats[].size | length] | unique)]' <<<"$json")" \
	"$(find "$run" -name '*.silt' | wc -l | jq -c '. - 1 | [., [.]]')" # without that at exit
equal 'the last point is silt top' "$(jq -c '[.stats[] | [.key.file, .key.line, .size[-1], .count[-1]]] | sort' <<<"$json")" \
	"$(jq -c '[.stats[] | [.key.file, .key.line, .size, .count]] | sort' <<<"$last")"
equal 'every point adds up to its total' \
	"$(jq '. as $r | [range(.snapshots | length) | . as $i | ([$r.stats[].size[$i]] | add) == $r.snapshots[$i].totals.live_bytes] | all' <<<"$json")" true
equal 'what grew most is first' "$(jq -r '.stats[0].key.function' <<<"$json")" page_render
equal 'by function: cache_put is one' "$("$silt" timeline --by function --format json run | jq '[.stats[] | select(.key.function == "cache_put")] | length')" 1
text=$(LC_ALL=C.UTF-8 "$silt" timeline --width 72 run)
contains 'the leak rises in the chart' "$text" '█'
contains 'the line' "$text" "$top_dir/samples/cache_unbounded.c:39  page_render"
equal 'no line of the chart is wider' "$(LC_ALL=C.UTF-8 grep '[│└]' <<<"$text" | LC_ALL=C.UTF-8 grep -cE '^.{73,}')" 0
# The columns never fall: the program gives nothing back.
equal 'the sparkline rises' "$(grep 'c:39  page_render' <<<"$text" |
	python3 -c 'import sys; s = sys.stdin.buffer.read().decode()[2:26]; print(len(s), list(s) == sorted(s), s[-1])')" '24 True █'
plain=$(LC_ALL=C "$silt" timeline --width 60 run)
equal 'ASCII elsewhere' "$(LC_ALL=C grep -c '[^ -~]' <<<"$plain")" 0
contains 'a scale of time' "$plain" ' s'
equal 'COLUMNS' "$(LC_ALL=C COLUMNS=50 "$silt" timeline run | grep -E '^ .{10}[|+]' | awk '{ print length($0) }' | sort -u)" 50
"$silt" timeline --width 3 run >/dev/null 2>err
equal 'a bad --width' "$?:$(cat err)" '2:silt timeline: --width 3: expected a number from 40 to 1000'
"$silt" timeline nowhere >/dev/null 2>err
equal 'no such run' "$?:$(grep -c nowhere err)" 2:1
equal 'one snapshot is a timeline too' "$("$silt" timeline --format json "$run/0001.silt" | jq '.snapshots | length')" 1

# -- the peak --
cat >peak.c <<'C'
#include <stdlib.h>
#include "silt.h"
static void *kept[1000];
int main(void)
{
	for (int i = 0; i < 1000; i++)
		kept[i] = malloc(1000);
	silt_snapshot("high");
	for (int i = 100; i < 1000; i++)
		free(kept[i]);
	silt_snapshot("low");
	return 0;
}
C
gcc -g -O0 -I"$top_dir/include" peak.c -o peak
"$silt" run -o peak-run -- ./peak >/dev/null
equal '--at peak: the snapshot with most live bytes' \
	"$("$silt" top --format json --at peak peak-run | jq -r '[.snapshot.label, (.totals.live_bytes >= 1000000)] | map(tostring) | join(" ")')" 'high true'
contains '--sort peak' "$("$silt" top --sort peak peak-run)" 'peak=977 KiB'
contains 'timeline says where it is' "$("$silt" timeline peak-run)" 'most live at a snapshot: 97'
"$silt" top --at noon peak-run >/dev/null 2>err
equal 'no such moment' "$?:$(cat err)" '2:silt top: --at noon: expected end or peak'
