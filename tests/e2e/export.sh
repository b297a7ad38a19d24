#!/usr/bin/env bash
# silt export: each format is read back by the program it is for, with the totals that silt top has.
. "$(dirname "$0")/lib.sh"

timeout -k 5 60 "$silt" run -o run -- "$programs/shrinks" 'an argument' >/dev/null
run=$(echo run/*)
old=$run/0001.silt new=$run/0002.silt
timeout -k 5 60 "$silt" run --graph never -i 100ms -o leak -- "$samples/cache_unbounded" 30 40 >/dev/null
top=$("$silt" top --format json --by traceback "$new")
live=$(jq .totals.live_bytes <<<"$top") blocks=$(jq .totals.live_blocks <<<"$top")
total=$(jq .totals.total_bytes <<<"$top") calls=$(jq .totals.total_blocks <<<"$top")
timeout 60 "$silt" run -o brief -- "$programs/briefly" >/dev/null
export_to() { # FILE OPTIONS...
	local file=$1
	shift
	check "export $file" "$silt" export -o "$file" "$@"
}
for format in pprof folded speedscope callgrind csv massif dhat; do
	export_to "new.$format" --format "$format" "$new"
	"$silt" export --format "$format" "$new" >again
	check "$format: the same bytes again, on standard output" cmp "new.$format" again
	"$silt" export --format "$format" --exclude inlined "$new" >"without.$format"
	equal "$format: --exclude" "$(gzip -dcf <"without.$format" | grep -ac 'inlined')" 0
done
equal 'no temporary file is left' "$(find . -name '*.tmp')" ''

# -- pprof --
pprof=$(compgen -G '/usr/lib/go*/pkg/tool/*/pprof' | head -n 1)
if [ -n "$pprof" ]; then
	see() { PPROF_TMPDIR=$work "$pprof" "$@" 2>&1; }
	totals_of() { # FILE: what its samples add up to
		see -raw "$1" | sed -n '/^Samples:/,/^Locations/p' | sed -n 's/^ *\([-0-9 ]*\):.*/\1/p' |
			awk '{ for (i = 1; i <= 4; i++) sum[i] += $i } END { print sum[1] + 0, sum[2] + 0, sum[3] + 0, sum[4] + 0 }'
	}
	equal 'pprof: totals' "$(totals_of new.pprof)" "$calls $total $blocks $live"
	raw=$(see -raw new.pprof)
	contains 'pprof: sample types' "$raw" 'alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes[dflt]'
	line() { grep -nF "$1" "$top_dir/tests/programs/shrinks.c" | cut -d : -f 1; }
	equal 'pprof: an inlined frame is a line of its caller' "$(grep -A 1 ' inlined ' <<<"$raw" | grep -cE "M=1 inlined .*shrinks.c:$(line 'return malloc(size)') |^ +grow .*shrinks.c:$(line 'inlined(1000)') ")" 2
	equal 'pprof: the program is the first mapping, with its build id' \
		"$(sed -n '/^Mappings/,$p' <<<"$raw" | sed -n 2p | awk '{ print $1, $3, $4, $5 }')" \
		"1: $programs/shrinks $(readelf -n "$programs/shrinks" | sed -n 's/.*Build ID: //p') [FN][FL][LN][IN]"
	contains 'pprof: the command line' "$raw" "Comment: $programs/shrinks an argument"
	contains 'pprof -top: an allocator is not blamed' "$(see -top -nodecount=100 -nodefraction=0 new.pprof | grep strdup || echo none)" none
	equal 'pprof -list shows the source' "$(see -list '^shrink$' new.pprof | awk '/shrunk\[i\] = malloc/ { print $1 }')" 5.86kB
	address=$(sed -n 's/^ *[0-9]*: \(0x[0-9a-f]*\) M=1 shrink .*/\1/p' <<<"$raw")
	range=$(sed -n 's/^1: \(0x[0-9a-f]*\)\/\(0x[0-9a-f]*\)\/.*/\1 \2/p' <<<"$raw" | tail -n 1)
	read -r first last <<<"$range"
	check 'pprof: addresses are within their mapping' [ $((address >= first && address < last)) = 1 ]
	if command -v protoc >/dev/null; then
		check 'pprof: protoc decodes it' bash -c 'gzip -dc new.pprof | protoc --decode=pprof.Profile -I "$1" pprof.proto | grep -q default_sample_type' _ "$top_dir/analyzer/render"
	fi
	# A difference: as pprof takes it from the two.
	export_to old.pprof --format pprof "$old"
	export_to diff.pprof --format pprof --base "$old" "$new"
	for index in inuse_space alloc_objects; do
		equal "pprof: a difference is pprof's, $index" \
			"$(see -top -nodecount=100 -sample_index=$index diff.pprof | sed -n '/flat%/,$p')" \
			"$(see -top -nodecount=100 -sample_index=$index -diff_base old.pprof new.pprof | sed -n '/flat%/,$p')"
	done
	equal 'pprof: what shrank is negative' "$(see -top diff.pprof | awk '$6 == "shrink" { print $1 }')" -17.58kB
	# What is compared may come from different processes, where everything lies elsewhere.
	timeout -k 5 60 "$silt" run -o other -- "$programs/shrinks" >/dev/null
	export_to same.pprof --format pprof --base "$new" other/*/0002.silt
	equal 'pprof: two processes of a program do not differ' "$(see -top same.pprof | sed -n '/flat%/,$p' | awk 'NR > 1 && $1 != 0 && !/stdio|_IO_/')" ''
	timeout -k 5 60 "$silt" run --sample 4K -o sampled -- "$samples/cache_unbounded" 20 1 >/dev/null
	export_to sampled.pprof --format pprof sampled
	equal 'pprof: estimates, and the period' "$(totals_of sampled.pprof | cut -d ' ' -f 4):$(see -raw sampled.pprof | sed -n 's/^Period: //p')" \
		"$(totals sampled live_bytes):4096"
else
	skip 'pprof' 'there is no Go'
fi
check 'pprof is not written to a terminal' bash -c '! script -qec "\"$1\" export --format pprof \"$2\"" /dev/null >shown' _ "$silt" "$new"
contains 'and says so' "$(cat shown)" 'pprof is binary and standard output a terminal: name a file with -o, or redirect'

# What was lost or cut is told where the format has a place for it, else beside it.
timeout -k 5 60 "$silt" run --depth 3 -o cut -- "$programs/shrinks" >/dev/null
cut_at='of [0-9]* call stacks [1-9][0-9]* cut at 3 frames, 0 incomplete'
for format in callgrind massif speedscope dhat; do
	equal "$format: cut call stacks are told" "$("$silt" export --format $format cut | grep -c "$cut_at")" 1
done
for format in folded csv; do
	equal "$format: cut call stacks are told beside it" "$("$silt" export --format $format cut 2>&1 >/dev/null | grep -c "^silt: shrinks .*; $cut_at")" 1
done

# -- folded --
sum() { awk '{ sum += $NF } END { print sum }' "$1"; }
equal 'folded: total' "$(sum new.folded)" "$live"
for figure in count:$blocks total:$total calls:$calls; do
	"$silt" export --format folded --value "${figure%:*}" "$new" >folded
	equal "folded: --value ${figure%:*}" "$(sum folded)" "${figure#*:}"
done
contains 'folded: a stack, outermost first' "$(cat new.folded)" ';main;grow;inlined 30000'
contains 'folded: recursion' "$(cat new.folded)" ';main;recurse;recurse;recurse;recurse 100'
"$silt" export --format folded --base "$old" "$new" >diff.folded
equal 'folded: a difference has two columns' "$(grep -E ';(shrink|add|stay) ' diff.folded | sed 's/.*;//' | paste -sd,)" 'add 0 77,shrink 24000 6000,stay 35 35'
equal 'folded: one line a stack' "$(sed 's/ [0-9]* [0-9]*$//' diff.folded | sort | uniq -d)" ''
equal 'folded: a name' "$(grep -c ';main;hostile 77$' new.folded)" 1

equal 'folded: temporary blocks are those of silt top' "$("$silt" export --format folded --value temporary brief | awk '/;brief / { sum += $NF } END { print sum }')" \
	"$("$silt" top --by function --format json brief | jq '.stats[] | select(.key.function == "brief").temporary_blocks')"

# -- callgrind --
if command -v callgrind_annotate >/dev/null; then
	annotated=$(callgrind_annotate --inclusive=yes --threshold=100 --auto=no new.callgrind 2>&1)
	numbers() { tr -d , <<<"$annotated" | sed 's/([ 0-9.]*%)//g' | awk -v what="$1" 'index($0, what) { print $1, $2, $3, $4; exit }'; }
	equal 'callgrind: totals' "$(numbers 'PROGRAM TOTALS')" "$live $blocks $total $calls"
	equal 'callgrind: main has all but what comes from elsewhere' "$(numbers ':main [')" "$(jq -r '[.stats[] | select(any(.traceback[]; .function == "main"))] | "\(map(.size) | add) \(map(.count) | add) \(map(.total_bytes) | add) \(map(.total_blocks) | add)"' <<<"$top")"
	equal 'callgrind: recursion counts once' "$(numbers ':recurse [')" '400 4 400 4'
	equal 'callgrind: nothing malformed' "$(grep -ci 'warn\|malformed' <<<"$annotated")" 0
else
	skip 'callgrind' 'there is no callgrind_annotate'
fi

# -- csv --
python3 - "$top" <<'P' >csv.out 2>&1
import csv, json, sys
def rows(path):
    with open(path, newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file, strict=True))
top = json.loads(sys.argv[1])
new = rows('new.csv')
for column, field in ('size', 'live_bytes'), ('count', 'live_blocks'), ('total_bytes', 'total_bytes'), ('total_blocks', 'total_blocks'):
    print(column, sum(int(row[column]) for row in new) == top['totals'][field])
print('care', [row['file'] for row in new if row['size'] == '77' and 'quoted' in row['file']])
P
equal 'csv: totals, and a name that needs care' "$(paste -sd' ' csv.out | sed 's|/[^ ]*/a|a|')" "size True count True total_bytes True total_blocks True care ['a \"quoted\", <b>;c.c']"
"$silt" export --format csv --by function --base "$old" "$new" >diff.csv
equal 'csv: a difference' "$(python3 -c '
import csv
print([(r["function"], r["size"], r["size_diff"], r["count_diff"]) for r in csv.DictReader(open("diff.csv", newline="")) if r["function"] in ("shrink", "add")])')" \
	"[('shrink', '6000', '-18000', '-6'), ('add', '77', '77', '7')]"
equal 'csv: --limit' "$("$silt" export --format csv --limit 2 "$new" | wc -l)" 3

# -- massif --
"$silt" export --format massif leak >leak.massif
if command -v ms_print >/dev/null; then
	printed=$(ms_print leak.massif 2>&1)
	# Up to the one before the end begins: one by time may come between that and the one at exit.
	last=-1
	for snapshot in leak/*/*.silt; do
		last=$((last + 1))
		[ "$("$silt" top --format json --limit 1 "$snapshot" | jq -r .snapshot.trigger)" = ending ] && break
	done
	equal 'massif: snapshots' "$(sed -n 's/^Number of snapshots: //p' <<<"$printed")" $((last + 1))
	equal 'massif: the last one' "$(awk -v n=$last '$1 == n && NF == 6 { print $3 }' <<<"$printed" | tr -d ,)" "$(totals leak live_bytes)"
	contains 'massif: a tree' "$printed" ': page_render (cache_unbounded.c:39)'
	contains 'massif: the peak' "$printed" '(peak)'
	equal 'massif: nothing is wrong' "$(grep -ci 'expected\|bad ' <<<"$printed")" 0
	equal 'massif: one snapshot' "$(ms_print new.massif 2>&1 | sed -n 's/^Number of snapshots: //p')" 1
else
	skip 'massif' 'there is no ms_print'
fi
# Every tree adds up: the children of a node to itself, but for stacks that end there (none do here).
python3 - <<'P' >tree.out
import re
bad, trees, live = 0, 0, None
def read(lines, depth):
    n, size = map(int, re.match(r' {%d}n(\d+): (\d+) ' % depth, lines.pop(0)).groups())
    parts = [read(lines, depth + 1) for _ in range(n)]
    global bad
    bad += bool(parts) and sum(parts) != size
    return size
lines = open('leak.massif').read().splitlines()
while lines:
    line = lines.pop(0)
    if line.startswith('mem_heap_B='): live = int(line[11:])
    if line in ('heap_tree=detailed', 'heap_tree=peak'):
        trees += 1
        bad += read(lines, 0) != live
print(trees > 1, bad)
P
equal 'massif: the trees add up' "$(cat tree.out)" 'True 0'

# -- dhat, speedscope --
"$silt" export --format dhat leak >leak.dhat
equal 'dhat: totals' "$(jq -c '[([.pps[].tb] | add), ([.pps[].tbk] | add), ([.pps[].eb] | add), ([.pps[].ebk] | add)]' leak.dhat)" \
	"$("$silt" top --format json leak | jq -c '.totals | [.total_bytes, .total_blocks, .live_bytes, .live_blocks]')"
equal 'dhat: the most is not less than the last, nor the peak' "$(jq '[.pps[] | .mb >= .eb and .mb >= .gb and .tb >= .mb] | all' leak.dhat)" true
# The blocks live half of the run on average, as many are made at all times.
equal 'dhat: lives' "$(jq '. as $d | [.pps[] | select(.tbk > 100) | .tl / .tbk / $d.te] | all(. > 0.2 and . < 0.8)' leak.dhat)" true
equal 'dhat: what is freed at once has no life to speak of' "$("$silt" export --format dhat brief | jq '. as $d | [.pps[] | select(.fs[0] as $f | $d.ftbl[$f] | contains("brief ")) | .tl] | add')" 0
equal 'speedscope: totals' "$(jq -c '[.profiles[] | [.endValue, (.weights | add)]]' new.speedscope)" "[[$live,$live],[$blocks,$blocks],[$total,$total],[$calls,$calls]]"
equal 'speedscope: a stack' "$(jq -r '. as $d | .profiles[0].samples[] | map($d.shared.frames[.].name) | join(";")' new.speedscope | grep -o ';main;grow;inlined$' | sort -u)" ';main;grow;inlined'

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
modules=${SILT_TEST_MODULES:-}
if [ -z "$modules" ] && command -v npm >/dev/null &&
	(timeout 60 npm install --silent --no-audit --no-fund speedscope ajv playwright-core) >/dev/null 2>&1; then
	modules=$work/node_modules
fi
viewer=$(ls /usr/libexec/valgrind/dh_view.html /usr/lib/*/valgrind/dh_view.html 2>/dev/null | head -n 1)
expect() { # NAME VALUE
	equal "in the browser: $1" "$(sed -n "s/^$1\t//p" <<<"$out")" "$2"
}
if [ -z "$browser" ] || [ ! -e "$modules/playwright-core/index.mjs" ] || [ ! -d "$modules/speedscope" ] || [ ! -d "$modules/ajv" ]; then
	skip 'speedscope, dhat: opened' 'no Chromium, or speedscope, ajv and playwright-core could not be installed'
else
	# shellcheck disable=SC2086
	out=$(HOME=$work timeout -k 5 90 node "$top_dir/tests/support/view_exports.mjs" "$modules" "$browser" "$work/new.speedscope" "$work/new.folded,$work/new.pprof" \
		"$work/new.dhat" $viewer 2>&1)
	expect schema valid
	contains 'speedscope: it opens' "$(sed -n 's/^new.speedscope\t//p' <<<"$out")" 'shrinks (pid '
	contains 'speedscope: it opens folded stacks' "$(sed -n 's/^new.folded\t//p' <<<"$out")" 'new.folded'
	contains 'speedscope: it opens pprof' "$(sed -n 's/^new.pprof\t//p' <<<"$out")" 'new.pprof'
	for name in speedscope folded pprof; do
		expect "new.$name errors" none
	done
	if [ -n "$viewer" ]; then
		commas() { sed ':a; s/\B[0-9]\{3\}\>/,&/; ta' <<<"$1"; }
		expect total "$(commas "$total") $(commas "$calls")"
		expect end "$(commas "$live") $(commas "$blocks")"
		expect command "$programs/shrinks an argument"
		expect 'dhat errors' none
	else
		skip 'dhat: opened' 'there is no dh_view.html'
	fi
fi

# -- what goes wrong --
fails() { # NAME MESSAGE OPTIONS...
	local name=$1 message=$2
	shift 2
	"$silt" export "$@" >out 2>err
	equal "$name" "$?:$(cat err)" "2:silt export: $message"
	equal "$name: nothing is written" "$(cat out)" ''
}
fails 'no format' '--format is needed: pprof, folded, speedscope, callgrind, csv, massif, dhat, openmetrics or otlp' "$new"
fails 'no such format' '--format svg: expected pprof, folded, speedscope, callgrind, csv, massif, dhat, openmetrics or otlp' --format svg "$new"
fails 'no such figure' '--value rss: expected size, count, total, calls or temporary' --format folded --value rss "$new"
fails 'a difference where there is none' '--base: massif cannot show a difference; pprof, folded and csv can' --format massif --base "$old" "$new"
fails 'no such directory' 'nowhere/x: No such file or directory' --format folded -o nowhere/x "$new"
"$silt" export --format folded missing.silt 2>err
equal 'no such snapshot' "$?:$(grep -c 'missing.silt' err)" 2:1
echo precious >kept
head -c 100 "$new" >cut.silt
"$silt" export --format folded -o kept cut.silt 2>/dev/null
equal 'what was there stays' "$?:$(cat kept)" 2:precious
"$silt" export --format folded "$new" >/dev/full 2>err
equal 'a full disk' "$?:$(cat err)" '2:silt: standard output: No space left on device'
if [ "$(id -u)" -eq 0 ] && mkdir small && mount -t tmpfs -o size=4k silt-test small 2>/dev/null; then
	echo precious >small/kept
	"$silt" export --format callgrind -o small/kept "$new" 2>err
	equal 'a full disk, and a file' "$?:$(cat small/kept):$(ls small):$(cat err)" '2:precious:kept:silt export: small/kept: No space left on device'
	umount small
fi
timeout -k 5 100 "$silt" run -o many -- "$programs/manysites"
check '131072 sites' timeout -k 5 60 "$silt" export --format pprof -o many.pprof many
