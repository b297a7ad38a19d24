#!/usr/bin/env bash
# The analyzer on real snapshots: lines, options, JSON, errors. And tracemalloc's own numbers.
. "$(dirname "$0")/lib.sh"
python=/usr/bin/python3
[ -x $python ] || python=python3

check "statistics, diffs, orders and filters are CPython's" $python "$top_dir/tests/support/compare_tracemalloc.py" "$top_dir/build/bin/group_traces"

# -- the samples: function, file and line --
for sample in "$samples"/*; do
	"$silt" run -o runs -i 60ms "$sample" 6 40 >/dev/null
done
line_of() { # FILE TEXT: the number of the first line that holds it
	grep -nF "$2" "$top_dir/samples/$1.c" | head -n 1 | cut -d: -f1
}
while IFS='|' read -r sample text function; do
	line=$(line_of "$sample" "$text")
	diff=$("$silt" diff --limit 3 runs/"$sample".*)
	contains "$sample: the diff names $function and its line" "$diff" "/samples/$sample.c:$line: size="
	contains "$sample: the function" "$(grep "$sample.c:$line:" <<<"$diff")" "  $function"
done <<'SAMPLES'
cache_unbounded|char *html = malloc(2048)|page_render
listeners_leak|widget->image = malloc|widget_new
tree_cycle|calloc(1, sizeof *node)|node_new
capture_dataset|dataset->values = malloc|dataset_load
error_path_lost|struct record *record = calloc|parse_record
threads_unjoined|struct result *result = malloc|worker_main
SAMPLES
for pair in cache_unbounded:cache_lru listeners_leak:listeners_weak tree_cycle:tree_weak_parent \
	capture_dataset:capture_number error_path_lost:error_path_freed threads_unjoined:threads_joined; do
	leak=$(totals runs/"${pair%:*}".* live_bytes) twin=$(totals runs/"${pair#*:}".* live_bytes)
	equal "$pair: the twin keeps less than a third" "$((twin * 3 < leak))" 1
done

run=$(echo runs/cache_unbounded.*)
# -- text --
check 'a diff line is as documented' grep -qE '^/.*/cache_unbounded\.c:[0-9]+: size=[0-9.]+ [KMG]?i?B \([+-][0-9.]+ [KMG]?i?B\), count=[0-9]+ \([+-][0-9]+\), average=[0-9.]+ [KM]?i?B  page_render$' <("$silt" diff "$run")
contains 'a traceback shows source' "$("$silt" top --traceback "$run")" '    char *html = malloc(2048);'
contains 'inlined frames are frames' "$("$silt" top --traceback "$run")" '(inlined)'
equal '--traceback 1' "$("$silt" top --limit 1 --traceback 1 "$run" | grep -c '^  File')" 1
equal '--limit' "$("$silt" top --limit 2 "$run" | grep -c ': size=')" 2
equal '--by file' "$("$silt" top --by file --include '*/cache_unbounded.c' "$run" | grep -c 'cache_unbounded.c:0: size=')" 1
contains '--by module' "$("$silt" top --by module "$run")" "$samples/cache_unbounded:0: size="
contains '--by function --cumulative' "$("$silt" top --by function --cumulative "$run" | sed -n 4,8p)" 'main ('
equal '--exclude' "$("$silt" top --exclude '*/cache_unbounded.c' "$run" | grep -c 'cache_unbounded.c:')" 0
equal '--include with a line' "$("$silt" top --include "*:$(line_of cache_unbounded 'char *html = malloc(2048)')" "$run" | grep -c ': size=')" 1
contains '--skip blames the caller' "$("$silt" top --skip page_render "$run" | sed -n 3p)" '  serve'
contains '--skip none blames the allocator' "$("$silt" top --skip none --limit 0 "$run")" 'strdup'
contains 'strdup is a wrapper' "$("$silt" top --limit 0 "$run")" '  cache_put'
equal 'no colour in a pipe' "$("$silt" diff "$run" | grep -c $'\033')" 0
equal '--color always' "$("$silt" diff --color always "$run" | head -n 5 | grep -c $'\033')" "$("$silt" diff "$run" | head -n 5 | grep -c size=)"
equal 'two snapshots by name' "$("$silt" diff "$run/0001.silt" "$run/0002.silt" | sed -n 1p | cut -d: -f1)" old
check 'dump shows every site' test "$("$silt" dump "$run" | grep -c '^site ')" -gt 2

# -- JSON --
check 'top --format json' jq -e '.schema == "silt.top/1" and (.snapshot | has("path", "pid", "command", "trigger", "label", "sequence", "time_unix_ns", "uptime_ns", "sample_bytes")) and
	(.totals | has("live_bytes", "live_blocks", "total_bytes", "total_blocks", "freed_blocks", "peak_live_bytes", "rss_bytes", "overhead_bytes", "lost_records")) and
	.totals.live_blocks == .totals.total_blocks - .totals.freed_blocks and
	(.stats[0] | has("key", "size", "count", "total_bytes", "total_blocks", "freed_blocks", "traceback")) and (.stats[0].key | has("function", "file", "line", "module")) and
	(.stats[0].traceback[0] | has("function", "file", "line", "module", "address", "inlined")) and ([.stats[].size] | add) == .totals.live_bytes' <("$silt" top --format json "$run")
check 'diff --format json' jq -e '.schema == "silt.diff/1" and (.old | has("path")) and (.new | has("path")) and .by == "line" and
	(.stats[0] | has("key", "size", "size_diff", "count", "count_diff", "traceback"))' <("$silt" diff --format json "$run")

# -- errors: one line that names the file, status 2 --
refuses() { # NAME PIECE COMMAND...
	local name=$1 piece=$2
	shift 2
	timeout 10 "$silt" "$@" >out 2>err
	equal "$name: status" $? 2
	contains "$name: says why" "$(cat err)" "$piece"
	equal "$name: no output" "$(cat out)" ''
}
snapshot=$run/0001.silt
mkfifo fifo
mkdir empty
: >nothing
head -c 300 "$snapshot" >short
head -c "$(($(stat -c %s "$snapshot") - 1))" "$snapshot" >almost
cp "$snapshot" flipped && printf '\377' | dd of=flipped bs=1 seek=200 conv=notrunc 2>/dev/null
cp "$snapshot" newer && printf '\003' | dd of=newer bs=1 seek=8 conv=notrunc 2>/dev/null
cp "$snapshot" $'esc\033[31m.silt' && printf '\377' | dd of=$'esc\033[31m.silt' bs=1 seek=200 conv=notrunc 2>/dev/null
refuses missing 'absent: No such file' top absent
refuses fifo 'fifo: a FIFO' top fifo
refuses directory 'empty: no snapshots' top empty
refuses nothing 'nothing: empty file' top nothing
refuses short 'short: truncated' top short
refuses almost 'almost: truncated' diff "$snapshot" almost
refuses flipped 'check sum' dump flipped
refuses newer 'version 3' top newer
head -c 100 "$snapshot" >sparse && truncate -s 1T sparse # of zeros that are not on disk
refuses 'a sparse file' 'sparse: damaged snapshot: the file has 1099511627776 bytes' top sparse
refuses 'a text file' 'not a silt snapshot' top "$top_dir/Makefile"
refuses 'one snapshot' 'nothing to be compared with' diff "$snapshot"
refuses 'no operand, and no run' 'no run was named' top
refuses 'unknown option' 'no option --nonsense' top --nonsense "$snapshot"
refuses 'bad key' 'expected line, function' top --by colour "$snapshot"
refuses 'bad limit' 'expected a number' top --limit many "$snapshot"
refuses 'no frames of a traceback' 'expected a number from 1' top --traceback 0 "$snapshot"
refuses 'cumulative tracebacks' '--cumulative' top --by traceback --cumulative "$snapshot"
refuses 'unknown command' 'no command "tpo"' tpo
refuses 'escapes in names' 'esc\x1b[31m.silt' top $'esc\033[31m.silt'
"$silt" top --help >help
equal 'help' "$?:$(grep -c -- --cumulative help)" '0:1'
"$silt" top "$snapshot" >/dev/full 2>err
equal 'a full disk under standard output' "$?:$(grep -c 'No space left' err)" '2:1'
"$silt" top --limit 0 "$snapshot" | head -n 1 >/dev/null
equal 'a reader that leaves' "${PIPESTATUS[0]}" "$([ "${PIPESTATUS[0]}" = 141 ] && echo 141 || echo 0)"

# -- allocators of a program's own --
timeout -k 5 60 "$silt" run -o typed -- "$programs/wrapped" >/dev/null
equal 'an allocator of its own is known by its type' "$("$silt" top typed 2>&1 | grep -oE '(read_[a-z]*|allocate_table|my_zalloc)$' | paste -sd' ')" \
	'read_rest read_values allocate_table read_names'
objcopy --strip-debug "$programs/wrapped" without_types
timeout -k 5 60 "$silt" run -o sizes -- ./without_types >/dev/null
equal 'and without types by what its callers ask for' "$("$silt" top sizes 2>&1 | grep -oE '^(read_[a-z]*|allocate_table|my_zalloc)|^silt: .*' | paste -sd' ')" \
	'read_rest read_values allocate_table read_names'
timeout -k 5 60 "$silt" run -o wrapped -- ./without_types same >/dev/null
"$silt" top wrapped 2>err >/dev/null
equal 'where they ask for the same it is told' "$(cat err)" "silt: my_zalloc looks like an allocator of the program's own (75% of the live bytes); --skip my_zalloc blames its callers"
equal 'and with --skip blames who calls' "$("$silt" top --skip my_zalloc wrapped 2>&1 | grep -oE '^(read_[a-z]*|allocate_table)' | sort | paste -sd' ')" 'allocate_table read_names read_rest read_values'
equal 'not to machines, nor to who skips nothing' "$({ "$silt" top --format json wrapped && "$silt" top --skip none wrapped; } 2>&1 >/dev/null)" ''

# A library that has changed since is only told of if a name depends on it: our own is in no call stack, though stacks that a heap
# graph has searched may pass through it.
mkdir lib
cp "$library" lib/libsilt.so
SILT_LIBRARY=$work/lib/libsilt.so timeout -k 5 60 "$silt" run --graph last -o later -- "$programs/wrapped" same >/dev/null
cp "$top_dir/build/lib/libsilt-selftest.so" lib/libsilt.so
equal 'a newer silt reads what an older one wrote, without a word' "$("$silt" top --skip my_zalloc later 2>&1 >/dev/null)" ''
