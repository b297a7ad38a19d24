#!/usr/bin/env bash
# README shows what silt prints: the finding in README is compared with that of the same program, by names and shape, not by figures;
# and what README links to is there.
. "$(dirname "$0")/lib.sh"

shape() { sed -E 's/^ *//; s/[+]?[0-9]+([.][0-9]+)?/N/g; s/N [KMGT]?i?B/SIZE/g'; }
"$silt" run -o silt-out -i 100ms --graph all -- "$samples/cache_unbounded" 60 50 >/dev/null
sed -n '/^    1\. /,/^       next: /p' "$top_dir/README.md" | shape >shown
"$silt" report 2>/dev/null | sed "s,$top_dir/,,g" | sed -n '/^1\. /,/^   next: /p' | shape >printed
equal "README's finding is what silt report prints" "$(diff shown printed)" ''
check 'there is one' test -s shown
for link in $(grep -oE '\]\([^)#]+\)' "$top_dir/README.md" | tr -d '])(' | grep -v '^http'); do
	check "README links to $link" test -e "$top_dir/$link"
done
check 'README has at most 150 lines' [ "$(wc -l <"$top_dir/README.md")" -le 150 ]
# Commands that README names.
for command in $(grep -oE 'silt (run|report|diff|top|holders|lost|refs|generations|annotate|html|timeline|watch|snap|export|push|explain|soak|check)\b' \
	"$top_dir/README.md" | awk '{ print $2 }' | sort -u); do
	check "silt $command is a command" "$silt" "$command" --help
done
