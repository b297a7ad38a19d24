#!/usr/bin/env bash
# silt html: the page says what silt report says, without a script too; clicked through in headless Chromium; names from programs
# stay text; 100000 sites are usable.
. "$(dirname "$0")/lib.sh"

timeout -k 5 60 "$silt" run --graph all -i 100ms -o leak -- "$samples/cache_unbounded" 30 50 >/dev/null
equal 'the path' "$("$silt" html -o leak.html leak)" leak.html
report=$("$silt" report --format json leak)
equal 'one finding for each of the report' "$(grep -c '<article id="finding-' leak.html)" "$(jq '.findings | length' <<<"$report")"
contains 'its kind' "$(grep '<h3>' leak.html)" "$(jq -r '.findings[0].kind' <<<"$report")"
contains 'its advice' "$(cat leak.html)" "$(jq -r '.findings[0].advice' <<<"$report")"
data() {
	sed -n '/<script id="data"/,/<\/script>/p' "$1" | sed 's/^<script[^>]*>//; s/<\/script>$//'
}
equal 'the data adds up to the totals' "$(data leak.html | jq -c '[.series[][-3]] | add')" "$("$silt" top --format json leak | jq .totals.live_bytes)"
# The moments end with the snapshot that is taken as the program begins to end, whatever is written after it.
ending=$(for snapshot in leak/*/*.silt; do
	"$silt" dump "$snapshot" | grep -qm 1 'trigger .*(ending)' && basename "$snapshot" .silt
done)
equal 'moments' "$(data leak.html | jq '.moments | length')" "$((10#$ending))"
equal 'nothing outside the page' "$(grep -cE '(src|href)="?[^#"]' leak.html)" 0
equal 'no half page is left' "$(find . -name '*.tmp')" ''
(cd leak && "$silt" html . >../name)
equal 'a name of its own' "$(cat name)" "cache_unbounded.$(jq .run.pid <<<"$report").html"
equal 'standard output' "$("$silt" html -o - leak | head -n 1)" '<!DOCTYPE html>'
"$silt" html -o nowhere/page.html leak 2>err >/dev/null
equal 'no such directory' "$?:$(cat err)" '2:silt html: nowhere/page.html: No such file or directory'
"$silt" html nothing 2>err >/dev/null
equal 'no such run' "$?:$(grep -c nothing err)" 2:1
equal 'one snapshot makes a page' "$("$silt" html -o one.html leak/*/0003.silt)" one.html

# Names that would be markup: source file, program, argument, label.
mkdir -p 'evil/"><script>window.hit=1<'
program='evil/"><script>window.hit=1</a'
cat >hostile.c <<C
#include <stdlib.h>
#include "silt.h"
void *volatile keep[1000];
#line 7 "</script><img src=x onerror=window.hit=1>.c"
int main(void)
{
	for (int i = 0; i < 1000; i++) {
		keep[i] = malloc(100);
		if (i % 100 == 0)
			silt_snapshot("</script><script>window.hit=1</script>");
	}
}
C
gcc -g -O1 -I"$top_dir/include" hostile.c -o "$program"
timeout -k 5 60 "$silt" run --graph all -o hostile -- "$program" '<img src=x onerror=window.hit=1>' $'\e]0;x\a\xff' "'-->"
check 'hostile names make a page' "$silt" html -o hostile.html hostile
equal 'no markup of theirs' "$(grep -ciE '<img|<script>|onerror=window.hit=1[^&\\]*"' hostile.html)" 0
equal 'three scripts at most' "$(grep -c '<script' hostile.html):$(grep -c '</script' hostile.html)" 2:2
check 'the data is JSON still' jq -e '.strings | map(select(contains("</script><img"))) | length > 0' <(data hostile.html)
equal 'no control character' "$(LC_ALL=C grep -c $'[\x01-\x08\x0b-\x1f\x7f]' hostile.html)" 0

timeout -k 5 100 "$silt" run -o many -- "$programs/manysites"
start=$(date +%s%N)
check '131072 sites make a page' timeout -k 5 120 "$silt" html -o many.html many
took=$((($(date +%s%N) - start) / 1000000))
check "in less than a minute ($took ms, $(du -k many.html | cut -f1) KiB)" [ "$took" -lt 60000 ]
check 'of less than 8 MB' [ "$(stat -c %s many.html)" -lt 8000000 ]

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
modules=${SILT_TEST_MODULES:-}
if [ -z "$modules" ] && [ -n "$browser" ] && command -v npm >/dev/null; then
	if (cd "$work" && npm install --silent --no-audit --no-fund playwright-core) >/dev/null 2>&1; then
		modules=$work/node_modules
	fi
fi
if [ -z "$browser" ]; then
	skip 'the pages in a browser' 'there is no Chromium'
	exit 0
fi
if [ ! -e "$modules/playwright-core/index.mjs" ]; then
	# What the script has made of the page, without clicks.
	dom=$(timeout -k 5 60 "$browser" --headless --no-sandbox --disable-gpu --dump-dom "file://$work/leak.html" 2>/dev/null)
	contains 'rows are there' "$dom" 'class="row"'
	contains 'and flames' "$dom" 'page_render, '
	skip 'clicking' 'playwright-core could not be installed'
	exit 0
fi
click() { # leak|hostile|many|plain PAGE
	HOME=$work timeout -k 5 300 node "$top_dir/tests/support/click_page.mjs" "$modules/playwright-core" "$browser" "$1" "$work/$2" 2>&1
}
expect() { # OUTPUT NAME VALUE
	equal "in the browser: $2" "$(sed -n "s/^$2\t//p" <<<"$1")" "$3"
}
out=$(click leak leak.html)
expect "$out" rows "$("$silt" top --format json leak | jq '.stats | length')"
expect "$out" first 'cache_unbounded.c:39  page_render'
for name in hover picked follows zoomed whole 'by keys' 'in order' stack share zoom above out escape blocks theme; do
	expect "$out" "$name" true
done
expect "$out" sorted ascending
expect "$out" filtered '2 2 of 4 rows'
expect "$out" grouped 1
expect "$out" hits 1
expect "$out" errors none
expect "$out" 'asked for' 'nothing else'
out=$(click hostile hostile.html)
expect "$out" hit undefined
expect "$out" 'hit later' undefined
expect "$out" scripts 2
expect "$out" images 0
expect "$out" 'shown as text' true
expect "$out" errors none
out=$(click many many.html)
for name in 'loaded in 30 s' 'few in the document' 'sorted in 20 s' bars; do
	expect "$out" "$name" true
done
check 'in the browser: every call stack is a row' [ "$(sed -n 's/^shown\t\([0-9]*\) rows/\1/p' <<<"$out")" -ge 131072 ]
expect "$out" errors none
out=$(click plain leak.html)
expect "$out" finding '1. growing-cache confidence 0.90'
expect "$out" verdict leaking
expect "$out" advice true
expect "$out" hidden false
expect "$out" source true
expect "$out" holder true
out=$(click looks leak.html)
for look in 'light 1300' 'light 600' 'dark 1300' 'dark 600'; do
	expect "$out" "$look" good
done
