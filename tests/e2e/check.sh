#!/usr/bin/env bash
# silt check: exit statuses, policy, suppressions, baseline, many processes, and each format by its peer.
. "$(dirname "$0")/lib.sh"

for run in cache_unbounded cache_lru error_path_lost listeners_leak; do
	"$silt" run --graph all -i 100ms -o "$run" -- "$samples/$run" 60 50 >/dev/null &
done
"$silt" run -o short -- "$samples/cache_lru" 1 1 >/dev/null &
wait
status() { # ARGUMENT...: what silt check says, in `out`, and its status
	"$silt" check "$@" >out 2>err
	echo $?
}

# -- exit statuses --
equal 'a leak' "$(status cache_unbounded)" 1
equal 'none' "$(status cache_lru)" 0
equal 'too short' "$(status short)" 3
equal 'too short, allowed' "$(status --allow-inconclusive short)" 0
equal 'a leak among others' "$(status cache_lru short cache_unbounded)" 1
equal 'no operand' "$(status)" 2
equal 'nothing there' "$(status no-such-run):$(grep -c no-such-run err)" 2:1
mkdir -p broken/x.1 && echo nonsense >broken/x.1/0001.silt
equal 'unreadable' "$(status broken):$(grep -c broken/x.1/0001.silt err)" 2:1
for bad in '--fail-on nonsense' '--fail-on ,' '--fail-on lost,' '--min-rate fast' '--min-confidence 2' '--max-growth lots' '--format xml' '--output text' '--warmup soon' \
	'--suppressions missing' '--gen-suppressions asan' '--baseline missing' '--update-baseline'; do
	# shellcheck disable=SC2086
	equal "bad: $bad" "$(status $bad cache_lru):$(wc -l <err)" 2:1
done

equal 'bad: no kind' "$(status --fail-on '' cache_lru):$(wc -l <err)" 2:1

# -- what a finding says: as in the report, line by line --
status listeners_leak >/dev/null
"$silt" report listeners_leak >reported
said() { sed -n '/(confidence/,/next: /p' "$1" | sed 's/^.*(confidence/(confidence/; s/^ *//'; }
equal 'headline, path, callback, sites, evidence, callers, advice and next are those of the report' "$(said out)" "$(said reported)"
for piece in 'path: bus.listeners->next' 'callback: ' 'widget_on_theme' 'called from: ' 'next: silt '; do
	contains "a finding says: $piece" "$(cat out)" "$piece"
done
"$silt" check --output junit=said.xml --output sarif=said.sarif --output github=said.gh --output gitlab=said.gl --output json=said.json \
	listeners_leak >/dev/null
"$silt" html -o said.html listeners_leak >/dev/null
for file in said.xml said.sarif said.gh said.gl said.json said.html; do
	equal "$file has path, callback and callers" "$(for piece in 'bus.listeners-\(>\|&gt;\)next' 'callback: ' widget_on_theme main; do
		grep -qi "$piece" $file && echo "$piece"
	done | wc -l)" 4
done
eval "$(sed -n 's/^ *next: silt /"$silt" /p' out | head -1) >typed"
check 'the next command can be typed' test -s typed

# -- policy --
equal '--fail-on another kind' "$(status --fail-on lost,lost-cycle cache_unbounded)" 0
contains 'what is excused is shown' "$(cat out)" '--fail-on does not name its kind'
equal '--fail-on this kind' "$(status --fail-on lost error_path_lost)" 1
equal '--fail-on this kind, too' "$(status --fail-on lost --fail-on captured error_path_lost)" 1
equal '--min-rate' "$(status --min-rate 1G cache_unbounded)" 0
equal '--min-bytes' "$(status --min-bytes 1G cache_unbounded)" 0
equal '--min-confidence' "$(status --min-confidence 0.99 cache_unbounded)" 0
equal '--max-growth' "$(status --min-rate 1G --max-growth 10K cache_unbounded)" 1
equal '--max-growth of a steady program' "$(status --max-growth 1M cache_lru)" 0
equal '--warmup longer than the run' "$(status --warmup 1h cache_unbounded)" 3

# -- suppressions --
for syntax in lsan valgrind; do
	status --gen-suppressions $syntax cache_unbounded >/dev/null
	cp err "$syntax.supp"
	equal "$syntax: what is generated suppresses" "$(status --suppressions $syntax.supp cache_unbounded)" 0
	contains "$syntax: and it is said which" "$(cat out)" "suppressed by"
	equal "$syntax: but nothing else" "$(status --suppressions $syntax.supp error_path_lost)" 1
	contains "$syntax: an unused one is reported" "$(cat out)" 'matches nothing'
done
printf 'leak:nobody\nleak:page_*\n' >mixed.supp
equal 'a glob' "$(status --suppressions mixed.supp --suppressions lsan.supp cache_unbounded)" 0
contains 'the one that is not used' "$(cat out)" 'mixed.supp:1: suppression "leak:nobody" matches nothing'
echo 'leak' >bad.supp
equal 'a bad file names its line' "$(status --suppressions bad.supp cache_unbounded):$(grep -c 'bad.supp:1: ' err)" 2:1

# -- baseline --
equal '--update-baseline' "$(status --baseline known --update-baseline cache_unbounded):$(grep -vc '^#' known)" 0:1
equal 'what it wrote is said, and nothing fails' "$(cat err):$(grep -c FAIL out):$(grep -c '^excused ' out):$(tail -n 1 out)" \
	'silt check: known: 1 finding written:0:1:silt check: clean'
{ cat known; echo '0123456789abcdef 100 lost gone_function'; } >stale
status --baseline stale cache_unbounded >/dev/null
contains 'an entry that is no longer found is named' "$(cat out)" \
	"note: the baseline's 0123456789abcdef lost gone_function is no longer found; --prune-baseline drops it"
equal '--prune-baseline drops it' "$(status --baseline stale --prune-baseline cache_unbounded):$(cat err):$(diff stale known)" \
	'0:silt check: stale: 1 entry dropped, 1 kept:'
equal 'what is known passes' "$(status --baseline known cache_unbounded)" 0
equal 'what is new does not' "$(status --baseline known cache_unbounded error_path_lost)" 1
sed -E 's/^([0-9a-f]{16}) [0-9]+/\1 10/' known >slower
equal 'nor what grows faster' "$(status --baseline slower cache_unbounded)" 1
cp known full
(trap '' XFSZ; ulimit -f 0; exec "$silt" check --baseline full --update-baseline cache_unbounded 2>&1) | cat >err
equal 'one that cannot be written stays as it was' "$(grep -c 'full: File too large' err):$(cmp full known):$(find . -maxdepth 1 -name 'full*' | wc -l)" 1::1
echo 'zzz' >>known
equal 'a bad baseline names its line' "$(status --baseline known cache_unbounded):$(grep -c "known:$(wc -l <known): " err)" 2:1

# -- fingerprints: other builds, other lines --
mkdir src
{ printf '/* moved */\n%.0s' {1..40}; cat "$top_dir/tests/programs/inlined.c"; } >src/inlined.c
for level in 0 2 3; do
	mkdir built$level
	gcc -g -O$level -I"$top_dir/include" -o built$level/inlined src/inlined.c
	"$silt" run -q --graph all -i off -o at$level -- built$level/inlined cache &
done
gcc -g -O2 -I"$top_dir/include" -o inlined "$top_dir/tests/programs/inlined.c"
for what in cache listeners; do
	"$silt" run -q --graph all -i off -o in_$what -- ./inlined $what &
done
wait
prints() { "$silt" check --format json "$@" | jq -r '[.findings[].fingerprint] | join(" ")'; }
for level in 0 2 3; do
	equal "-O$level, other lines: the same fingerprint" "$(prints at$level)" "$(prints in_cache)"
done
equal 'a baseline of it' "$(status --baseline cached --update-baseline in_cache):$(grep -vc '^#' cached)" 0:1
sed -i -E 's/^([0-9a-f]{16}) [0-9.]+/\1 1e9/' cached
equal 'other builds are known by it' "$(status --baseline cached at0 at2 at3)" 0
equal 'another mistake in the same function is not' "$(status --baseline cached in_listeners):$(grep -c 'FAIL.*listener-leak' out)" 1:1

# -- the configuration file --
mkdir -p project/deep/down
cat >project/.silt.toml <<'TOML'
[check]
fail-on = "growing-cache,lost"
suppressions = ["../lsan.supp"]
allow-inconclusive = true
[soak]
duration = "2s"
interval = "200ms"
TOML
configured() { (cd project/deep/down && "$silt" "$@" >../../../out 2>../../../err; echo $?); }
equal 'it is found upwards, and files in it from there' "$(configured check ../../../cache_unbounded)" 0
contains 'with what it suppresses' "$(cat out)" 'suppressed by'
equal 'its booleans count' "$(configured check ../../../short)" 0
equal 'another one is named' "$(configured check --config /dev/null ../../../cache_unbounded)" 1
equal 'the command line has the last word' "$(configured check --fail-on lost ../../../cache_unbounded; grep -c 'that --fail-on\|suppressed' out)" "$(printf '0\n1')"
equal 'a soak has its own' "$(configured soak -o "$PWD/soaked" -- sleep 100):$(grep -c 'ran 2\.' err)" 0:1
echo '[check]
baselin = "x"' >project/.silt.toml
configured check ../../../cache_lru >/dev/null
contains 'an unknown option: its line, and what was meant' "$(cat err)" '.silt.toml:2: baselin: no such option; did you mean baseline?'
echo '[chek]
baseline = "x"' >project/.silt.toml
configured check ../../../cache_lru >/dev/null
contains 'an unknown table' "$(cat err)" '.silt.toml:2: baseline: in an unknown table; expected [check] or [soak] above it'
for bad in 'x = 1' '[check]
nonsense = 1' '[check]
min-rate = "fast"' '[check]
allow-inconclusive = "yes"' '[check]
min-rate = 1K' '[other]
x = 1'; do
	echo "$bad" >project/.silt.toml
	equal "bad: ${bad//$'\n'/ }" "$(configured check ../../../cache_lru):$(grep -c '\.silt\.toml:[12]:\{0,1\}' err)" 2:1
done
rm project/.silt.toml

# -- two builds --
# They count their rounds: rates by the clock differ where the machine is busy.
sed 's/^\t\tusleep(/\t\tsilt_iteration();&/; 1i #include "silt.h"' "$top_dir/samples/cache_unbounded.c" >src/usual.c
{ echo; sed 's/malloc(2048)/malloc(4096)/' src/usual.c; } >src/larger.c
for name in usual larger; do
	gcc -g -O2 -w -D_GNU_SOURCE "-I$top_dir/include" -o src/$name src/$name.c -pthread -ldl
done
"$silt" run -i 100ms -o usual -- src/usual 60 50 >/dev/null &
"$silt" run -i 100ms -o twice -- src/usual 60 50 >/dev/null &
"$silt" run -i 100ms -o larger -- src/larger 60 50 >/dev/null &
wait
runs() { "$silt" diff --runs "$@" >out 2>err; echo $?; }
equal 'diff --runs: a build that takes more' "$(runs usual larger):$(grep -c 'page_render .*grows faster' out)" 1:1
equal 'diff --runs: one that takes less' "$(runs larger usual):$(grep -c 'page_render .*grows slower' out)" 0:1
equal 'diff --runs: the same twice' "$(runs usual twice):$(grep -c grows out)" 0:0
equal 'diff --runs: a fixed leak' "$(runs cache_unbounded cache_lru)" 0
equal 'diff --runs: what does not count is compared by time' "$(runs --format json cache_unbounded cache_lru):$(jq -r .unit out)" 0:second
equal 'diff --runs: JSON' "$(runs --format json usual larger):$(jq -r '[.schema, .unit, .sites[0].function, .sites[0].claim,
	(.sites[0] | .difference_low <= .new - .base and .difference_high >= .new - .base)] | map(tostring) | join(" ")' out)" \
	'1:silt.diff-runs/1 iteration page_render faster true'
equal 'diff --runs: too short' "$(runs cache_unbounded short):$(grep -c 'inconclusive: each run needs' err)" 3:1
equal 'diff --runs: one operand' "$(runs cache_unbounded)" 2

# -- many processes, several hosts --
mkdir -p artifacts/host-a artifacts/host-b
cp -r cache_unbounded/* artifacts/host-a/
cp -r cache_unbounded/* cache_lru/* artifacts/host-b/
SILT_OUT=artifacts/host-b "$silt" run -o artifacts/host-b -- bash -c 'for i in {1..60}; do /bin/true; done'
equal 'an artifact folder' "$(status --format json artifacts)" 1
equal 'one finding, of two processes' "$(jq -c '[.findings[] | [.executable, .processes]]' out)" '[["cache_unbounded",2]]'
equal 'children are counted' "$(jq '.programs[] | select(.executable == "true") | .processes' out)" 60

# -- formats --
all='cache_unbounded cache_lru error_path_lost listeners_leak'
# shellcheck disable=SC2086
"$silt" check --output json=all.json --output junit=all.xml --output sarif=all.sarif --output gitlab=gl.json --output tap=all.tap \
	--output github=all.gh --output text=all.txt --suppressions lsan.supp $all >/dev/null
equal 'several outputs at once' "$?:$(for f in all.json all.xml all.sarif gl.json all.tap all.gh all.txt; do [ -s $f ] && echo; done | wc -l)" 1:7
# A program and a source file of hostile names.
hostile=$'a<b>&"c\' d%0a::error::#\\'
cp "$top_dir/samples/cache_unbounded.c" "$hostile.c"
gcc -g -O1 -w -I"$top_dir/include" -I"$top_dir/samples" -D_GNU_SOURCE -x c -o "$hostile" "./$hostile.c" -pthread
"$silt" run --graph all -i 100ms -o hostile -- "./$hostile" 60 50 >/dev/null
"$silt" check --output json=h.json --output junit=h.xml --output sarif=h.sarif --output gitlab=hgl.json --output tap=h.tap \
	--output github=h.gh hostile >/dev/null
equal 'hostile names' $? 1
for file in all h; do
	check "$file: JSON" jq -e '.schema == "silt.check/1" and (.findings | length > 0)' $file.json
	if command -v xmllint >/dev/null; then
		check "$file: JUnit by its schema" xmllint --noout --schema "$top_dir/tests/e2e/junit.xsd" $file.xml
	else
		skip "$file: JUnit" 'xmllint is not installed'
	fi
	equal "$file: TAP by prove" "$(prove -e cat $file.tap 2>&1 | grep -c '^Result: FAIL')" 1
	check "$file: SARIF" jq -e '.version == "2.1.0" and (.runs[0] | (.tool.driver.rules | map(.id)) as $rules |
		(.results | length > 0) and all(.results[]; (.ruleId as $r | $rules | index($r) != null) and (.message.text | length > 0) and
		.level != null and (.partialFingerprints.primaryLocationLineHash | test("^[0-9a-f]{16}$")) and
		(.locations[0].physicalLocation | (.artifactLocation.uri | test("^[A-Za-z0-9%._~/:-]+$")) and .region.startLine >= 1)))' $file.sarif
	if command -v Sarif.Multitool >/dev/null; then
		equal "$file: SARIF by Microsoft's validator" "$(DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 Sarif.Multitool validate $file.sarif \
			--rule-kind 'Sarif;Gh' 2>&1 | grep 'error GH\|error SARIF\|error JSON')" ''
	elif [ $file = all ]; then
		skip "SARIF by Microsoft's validator" 'npm install -g @microsoft/sarif-multitool-linux'
	fi
	check "$file: GitHub's commands, one a line" awk '!/^::(error|notice|warning) ([a-z]+=[^,:]*,)*title=[^,:]*::/ { exit 1 }' $file.gh
done
for file in gl hgl; do
	check "$file: GitLab code quality" jq -e 'length > 0 and all(.[]; (.description | length > 0) and (.check_name | length > 0) and
		(.fingerprint | test("^[0-9a-f]{16}$")) and (.severity | IN("info", "minor", "major", "critical", "blocker")) and
		(.location.path | length > 0) and .location.lines.begin >= 1)' $file.json
done
equal 'prove: the right tests fail' "$(prove -v -e cat all.tap 2>&1 | grep -c '^not ok')" 2
equal 'prove passes on a clean one' "$("$silt" check --format tap cache_lru >clean.tap; prove -e cat clean.tap | tail -1)" 'Result: PASS'
equal 'JUnit: failures are counted' "$(sed -n 's/.*<testsuites .*failures="\([0-9]*\)".*/\1/p' all.xml)" 2
contains "JUnit for GitLab has the file" "$("$silt" check --junit-file --format junit cache_unbounded)" ' file="'
GITHUB_STEP_SUMMARY=summary.md "$silt" check --format github cache_unbounded >/dev/null
contains 'a step summary' "$(cat summary.md)" '| fails | growing-cache |'
contains 'a file that cannot be written is an error' "$(status --output text=/no/such/file cache_lru):$(cat err)" '2:silt check: /no/such/file: '
contains 'help' "$("$silt" check --help)" '--gen-suppressions'
