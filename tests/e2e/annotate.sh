#!/usr/bin/env bash
# silt annotate: each line's figures are silt top's and silt diff's; the source is found, and told from another one.
. "$(dirname "$0")/lib.sh"

mkdir src
cp "$samples/../../samples/cache_unbounded.c" src/pages.c
gcc -O1 -g -fno-inline src/pages.c -o pages -pthread
timeout -k 5 60 "$silt" run -i 50ms -- ./pages 20 50 >/dev/null
run=$(echo silt-out/*)
json=$("$silt" annotate --format json src/pages.c "$run")
equal 'every line is a line of silt top' \
	"$(jq -c '[.lines[] | select(.total_blocks > 0) | [.line, .size, .count, .total_blocks]] | sort' <<<"$json")" \
	"$("$silt" top --limit 0 --format json "$run" | jq -c '[.stats[] | select(.key.file != null and (.key.file | endswith("/pages.c"))) |
		[.key.line, .size, .count, .total_blocks]] | sort')"
equal 'and its growth is of silt diff' "$(jq -c '[.lines[] | select(.size_diff != 0) | [.line, .size_diff, .count_diff]] | sort' <<<"$json")" \
	"$("$silt" diff --format json "$run" | jq -c '[.stats[] | select(.key.file != null and (.key.file | endswith("/pages.c")) and .size_diff != 0) |
		[.key.line, .size_diff, .count_diff]] | sort')"
equal 'lines of callers count through' "$("$silt" top --cumulative --limit 0 --format json "$run" |
	jq -c '[.stats[] | select(.key.file != null and (.key.file | endswith("/pages.c"))) | [.key.line, .size, .count]] | sort')" \
	"$(jq -c '[.lines[] | [.line, .cumulative_size, .cumulative_count]] | sort' <<<"$json")"
text=$("$silt" annotate pages.c)
equal 'the newest run, and all lines' "$(grep -cE '^.{55}[ 0-9]{5}  ' <<<"$text")" "$(wc -l <src/pages.c)"
contains 'the source of a line beside it' "$text" '    39          char *html = malloc(2048);'
equal 'the operands in either order' "$("$silt" annotate "$run" src/pages.c | sed 1d)" "$(sed 1d <<<"$text")"
equal 'a snapshot has no growth' "$("$silt" annotate pages.c "$run/0001.silt" | grep -c growth)" 0
equal 'only what allocates' "$("$silt" annotate --context 0 pages.c | grep -cE '^.{55}[ 0-9]{5}  ')" "$(jq '.lines | length' <<<"$json")"
check 'no other source is said to differ' bash -c '! grep -q differs' <<<"$text"
sleep 0.01
touch src/pages.c
contains 'a newer source differs' "$("$silt" annotate pages.c)" 'src/pages.c: differs: it is newer'
mv src/pages.c away.c
text=$("$silt" annotate pages.c)
contains 'a missing source is said to be' "$text" "$work/src/pages.c: missing here"
equal 'figures are there all the same' "$(grep -cE '^.{55}[ 0-9]{5}  ' <<<"$text")" "$(jq '.lines | length' <<<"$json")"
touch -d '2020-01-01' away.c
equal 'a source elsewhere' "$("$silt" annotate --source away.c --format json pages.c | jq -r '.source, .source_status' | tr '\n' ' ')" 'away.c same '
head -n 5 away.c >short.c
touch -d '2020-01-01' short.c
equal 'one that is too short' "$("$silt" annotate --source short.c --format json pages.c | jq -r .source_status)" changed
mkdir -p deep/src
mv away.c deep/src/pages.c
equal 'below the working directory' "$(cd deep && "$silt" annotate --format json src/pages.c "../$run" | jq -r .source)" src/pages.c
"$silt" annotate nothing.c "$run" >/dev/null 2>err
equal 'no such file' "$?:$(cut -c 1-71 err)" '2:silt annotate: nothing.c: no call stack of the snapshot goes through it'
"$silt" annotate --context many pages.c >/dev/null 2>err
equal 'a bad --context' "$?:$(cat err)" '2:silt annotate: --context many: expected a number'
cd deep || exit 1
"$silt" annotate pages.c >/dev/null 2>err
equal 'no run' "$?:$(grep -c 'no run was named' err)" 2:1
