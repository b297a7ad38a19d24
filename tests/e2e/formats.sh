#!/usr/bin/env bash
# Snapshots that released versions wrote are read, and say what they said: tests/formats/VERSION/expected.tsv.
. "$(dirname "$0")/lib.sh"

formats=$top_dir/tests/formats header=$top_dir/include/silt_snapshot.h
number() { sed -n "s/^#define $1 \([0-9]*\)u.*/\1/p" "$header"; }

for expected in "$formats"/*/expected.tsv; do
	release=$(basename "$(dirname "$expected")")
	while IFS=$'\t' read -r command input question result; do
		[[ $command == '#'* ]] && continue
		equal "$release: silt $command $input: $question" \
			"$("$silt" "$command" --format json "$formats/$release/$input" 2>err | jq -r "$question" | paste -sd' ')" "$result"
	done <"$expected"
done
equal 'this version has a folder' "$(ls "$formats/$(sed -n 's/^VERSION := //p' "$top_dir/Makefile")/expected.tsv" | wc -l)" 1

# The version of a file is its third word of four bytes.
written=$(find "$formats" -name '*.silt' -exec od -An -tu4 -j8 -N4 {} \; | tr -d ' ' | sort -nu | paste -sd' ')
equal 'each version of the format that is read has a snapshot' "$written" "$(seq -s' ' "$(number SILT_VERSION_OLDEST)" "$(number SILT_VERSION)")"
equal 'the manual states the range' "$(grep -c "^This silt reads versions $(number SILT_VERSION_OLDEST) to $(number SILT_VERSION)\.$" "$top_dir/man/silt-snapshot.5")" 1
cp "$formats/0.2.0/tree_cycle.silt" later.silt
printf '\377' | dd of=later.silt bs=1 seek=8 conv=notrunc status=none
"$silt" top later.silt >/dev/null 2>err
contains 'a later version is refused with the range that is read' "$?:$(cat err)" \
	"$(number SILT_VERSION_OLDEST) to $(number SILT_VERSION)"
