#!/usr/bin/env bash
# silt overhead: as many runs of each kind as asked for, in turn; medians of what was measured; nothing left behind.
. "$(dirname "$0")/lib.sh"

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
cat >program.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	const char *preload = getenv("LD_PRELOAD");
	FILE *log = fopen(argv[1], "a");
	fputs(preload && preload[0] ? "with\n" : "without\n", log);
	fclose(log);
	for (int i = 0; i < 1000; i++)
		free(malloc(100));
	usleep(20000);
	puts("not to be seen");
	return argc > 2 && preload && preload[0] ? 3 : 0;
}
C
gcc -O0 program.c -o program
json=$(timeout -k 5 60 "$silt" overhead -n 4 --format json ./program log)
equal 'the status' $? 0
equal 'a pair that is not counted, then four, the order changing' "$(paste -sd' ' log)" \
	'without with with without without with with without without with'
equal 'times are what was slept, and more' "$(jq '[.with, .without | .wall_seconds.sorted[]] | map(. > 0.02 and . < 5) | all and length == 8' <<<"$json")" true
equal 'the median is of these' "$(jq '[.with, .without | .wall_seconds | (.sorted[1] + .sorted[2]) / 2 - .median | fabs < 1e-6] | all' <<<"$json")" true
equal 'and so is the ratio' "$(jq '(.with.wall_seconds.median / .without.wall_seconds.median - .ratio.wall) | fabs < 1e-6' <<<"$json")" true
equal 'what was written' "$(jq '.snapshots == 1 and .snapshot_bytes > 500' <<<"$json")" true
equal 'nothing is left' "$(ls -A "$TMPDIR")" ''
text=$(timeout -k 5 60 "$silt" overhead -n 1 -i 5ms -- sleep 0.5)
contains 'a table' "$text" '  wall time '
contains 'and its second row' "$text" '  CPU time  '
equal 'options of run' "$(sed -n 's/.*written: \([0-9]*\) snapshots.*/\1/p' <<<"$text" | awk '{ print ($1 > 2) }')" 1
equal 'its output is dropped' "$(grep -c 'not to be seen' <<<"$text")" 0
timeout -k 5 60 "$silt" overhead -n 1 ./program log fail >/dev/null 2>err
equal 'another exit status under silt' "$?:$(cat err)" '1:silt overhead: the exit status was 0 without silt and 3 with it'
timeout -k 5 60 "$silt" overhead -n 1 ./nothing >/dev/null 2>err
equal 'no such program' "$?:$(sort -u err)" '127:silt overhead: ./nothing: No such file or directory'
"$silt" overhead -n 0 ./program 2>err >/dev/null
equal 'a bad --runs' "$?:$(cat err)" '2:silt overhead: --runs 0: expected a number from 1 to 1000'
"$silt" overhead -i soon ./program 2>err >/dev/null
equal 'a bad --interval' "$?:$(cat err)" '2:silt overhead: --interval soon: expected auto, off, or a time of at least 1ms such as 250ms, 10s or 5m'
timeout -k 5 60 "$silt" overhead sleep 30 >/dev/null 2>&1 &
sleep 0.3
pkill -TERM -P $! -x silt
wait $!
equal 'interrupted' $? 143
equal 'nothing is left then' "$(ls -A "$TMPDIR")" ''
