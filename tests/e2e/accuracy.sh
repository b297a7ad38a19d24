#!/usr/bin/env bash
# The generator of labelled programs and the comparison of what silt says with the labels, on a few seeds.
. "$(dirname "$0")/lib.sh"
unset SILT_INTERVAL SILT_GRAPH
accuracy=$top_dir/tests/accuracy
command -v python3 >/dev/null || { skip accuracy 'no python3'; exit; }

for seed in 3 500; do
	"$accuracy/generate" --seed $seed --out one >/dev/null
	"$accuracy/generate" --seed $seed --out two >/dev/null
	check "seed $seed makes the same program each time" diff -r one two
	rm -rf one two
done
"$accuracy/generate" --seed 1 --out one >/dev/null
"$accuracy/generate" --seed 2 --out two >/dev/null
check 'other seeds make other programs' bash -c '! cmp -s one/1.c* two/2.c*'

# Written programs beside which the same one is built with an installed header from which a line was taken.
equal 'headers are changed as a comment says' "$("$accuracy/run" --build --only visits 2>&1)" ''
check 'and used' test -x "$top_dir/build/accuracy/visits.handles" -a -x "$top_dir/build/accuracy/visits.growth"

# Leaking and steady ones; recorded and judged, and the labels proven without silt, all at once.
seeds=2,3,85,115,119,139,197
timeout 150 "$accuracy/seeds" --seeds $seeds --runs "$work/proof" --jobs 8 --verify >proof.txt 2>&1 &
timeout 150 "$accuracy/seeds" --seeds $seeds --runs "$work/runs" --jobs 8 --failures failures.md >said.txt 2>&1
wait $!
# A machine that was too busy to take half of the snapshots gets a second chance.
if grep -q '^left out' said.txt; then
	timeout 150 "$accuracy/seeds" --seeds $seeds --runs "$work/runs" --jobs 4 --missing >/dev/null 2>&1
	"$accuracy/seeds" --again --seeds $seeds --runs "$work/runs" >said.txt 2>&1
fi
contains 'labels of generated programs hold without silt' "$(cat proof.txt)" '7 labels proven, 0 not'
contains 'no generated program of these is missed' "$(cat said.txt)" 'recall 3/3'
contains 'nor called leaking without reason' "$(cat said.txt)" 'precision 3/3'

# What must hold of every recording, and that it would be noticed if it did not.
"$silt" run -q -i off -o "$work/runs/steps" -- "$programs/manystacks" 6 40 1
got=$("$accuracy/invariant" "$work/runs")
equal 'where old survivors grow the verdict is not clean' "$?:$(grep -c '8 runs; .* 0 wrong' <<<"$got")" 0:1
cat >says_clean <<-END
	#!/bin/sh
	[ "\$1" = report ] && exec echo '{"verdict":"clean"}'
	exec "$silt" "\$@"
END
chmod +x says_clean
contains 'one that is clean then is told' "$("$accuracy/invariant" --silt ./says_clean "$work/runs/steps")" ': clean, but old survivors grow by'
rm -r "$work/runs/steps"

# The same recordings with the labels turned round: the comparison must notice.
for label in runs/*/label.json; do
	jq '.verdict = (if .verdict == "leaking" then "steady" else "leaking" end)' "$label" >turned && mv turned "$label"
done
"$accuracy/seeds" --again --seeds $seeds --runs "$work/runs" --failures turned.md >turned.txt 2>&1
contains 'wrong labels are counted as missed' "$(cat turned.txt)" 'recall 0/4'
contains 'and as false alarms' "$(cat turned.md)" '## false alarm (3)'
