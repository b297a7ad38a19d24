#!/usr/bin/env bash
# The quick half of `make check-real`: small installed programs do the same under silt as without. See tests/real/README.md.
. "$(dirname "$0")/lib.sh"

python=/usr/bin/python3
if ! [ -x $python ] || ! $python -c 'import tomllib' 2>/dev/null; then
	skip 'real programs' 'needs python3 3.11'
	exit 0
fi
while read -r line; do
	case $line in
	'ok '*) passed=$((passed + 1)) ;;
	'not ok '*) failed=$((failed + 1)) ;;
	'skip '*) skipped=$((skipped + 1)) ;;
	*) continue ;;
	esac
	echo "$line"
done < <($python "$top_dir/tests/real/run" --quick --results "$work")
equal 'all of them were looked at' "$(jq length "$work/results.json")" "$(grep -c '^quick' "$top_dir"/tests/real/*.toml | cut -d: -f2 | paste -sd+ | jq -nR "[inputs | split(\"+\")[] | tonumber] | add")"
