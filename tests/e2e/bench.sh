#!/usr/bin/env bash
# The bench program: one cheap row, its table and its JSON; no figure is judged.
. "$(dirname "$0")/lib.sh"

export SILT_BENCH_OUT=$work/out
bench=$top_dir/tests/bench/run
equal 'the names of all rows' "$("$bench" --list | wc -l | awk '{ print ($1 > 20) }')" 1
text=$(timeout -k 5 120 "$bench" --quick --no-peers 'pairs 4' threads)
equal 'it ran' $? 0
contains 'says what a row does' "$text" 'malloc and free, 4 frames below'
json=$(cat out/table.json)
equal 'its schema' "$(jq -r '.schema, .quick, .rounds' <<<"$json" | paste -sd' ')" 'silt.bench/1 true 2'
equal 'a row for each measure' "$(jq -r '.rows[].name' <<<"$json" | paste -sd,)" 'pairs 4: time,pairs 4: processor,threads: time,threads: processor,threads: memory'
equal 'each tool was run in each round' "$(jq '[.rows[].tools | keys == ["native", "silt", "silt 512K", "silt preload"]] | all' <<<"$json")" true
equal 'values, and what is made of them' "$(jq '[.rows[].tools[] | (.values | length) == 2 and .failed == null and .min <= .median and
	.median <= .max and .max > 0] | all' <<<"$json")" true
equal 'ratios to native of the same round' "$(jq '[.rows[] | .tools.native.values as $n | .tools.silt |
	(.values[0] / $n[0] + .values[1] / $n[1]) / 2 - .ratio.median | fabs < 1e-9] | all' <<<"$json")" true
equal 'without a peer its goal cannot be told' "$(jq -c '[.rows[0].goals[].met]' <<<"$json")" '[null,null]'
contains 'the table as text' "$(cat out/table.txt)" 'silt preload'
contains 'rows for README' "$("$bench" --markdown)" '| pairs 4: processor | '
equal 'no such row' "$("$bench" nothing 2>&1):$?" 'bench: no row nothing; tests/bench/run --list shows them:1'
equal 'nothing is left behind' "$(git -C "$top_dir" status --porcelain tests/bench | grep pycache)" ''
