#!/usr/bin/env bash
# Wrong command lines: what is wrong comes first, in one line; the status is 2. And commands that find nothing to show.
. "$(dirname "$0")/lib.sh"

"$silt" run -o out --graph last -i 20ms -- "$samples/cache_lru" 3 20 >/dev/null
run=$(echo out/cache_lru.*) first='' last=''
for snapshot in "$run"/*.silt; do
	[ -n "$first" ] || first=$snapshot
	last=$snapshot
done

# A line each: the arguments, |, the first line on standard error. @R: a run, @S: a snapshot of it.
table() {
	cat <<'TABLE'
reprot | silt: no command "reprot"; did you mean report?
nonsense | silt: no command "nonsense"; silt --help lists them
help repotr | silt: no command "repotr"; did you mean report?
run | silt run: expected a program to run
run -- | silt run: expected a program to run
run --intervall 1s true | silt run: no option --intervall; did you mean --interval?
run --gra | silt run: --gra: a value is missing
run --g all true | silt run: no option --g; did you mean --growth or --graph?
run -z true | silt run: no option -z; silt run --help lists them
run --quiet=yes true | silt run: --quiet takes no value: --quiet=yes
run --interval | silt run: --interval: a value is missing
run -i soon true | silt run: --interval soon: expected auto, off, or a time of at least 1ms such as 250ms, 10s or 5m
run -i 5x true | silt run: --interval 5x: expected auto, off, or a time of at least 1ms such as 250ms, 10s or 5m
run -i -5s true | silt run: --interval -5s: expected auto, off, or a time of at least 1ms such as 250ms, 10s or 5m
run -g 64miles true | silt run: --growth 64miles: expected a size such as 512K or 64M
run --depth 0 true | silt run: --depth 0: expected a number of frames from 1 to 256
run --signal KILL true | silt run: --signal KILL: expected a signal that can be caught, such as USR2
run --graph sometimes true | silt run: --graph sometimes: expected one of never, last, all, auto
run --keep 1 true | silt run: --keep 1: expected a number of snapshots from 2 to 1000000
snap | silt snap: expected the number of a process
snap redis | silt snap: redis: expected the number of a process
snap 1 2 | silt snap: 2: one operand too many; expected the number of a process
snap 2147483646 | silt snap: 2147483646: no such process
snap --timeout 0 1 | silt snap: --timeout 0: expected a time such as 500ms or 10s
top --lmit 3 @R | silt top: no option --lmit; did you mean --limit?
top --limit many @R | silt top: --limit many: expected a number
top --sort bytes @R | silt top: --sort bytes: expected size, count, total, calls or peak
top --by lines @R | silt top: --by lines: expected line, function, file, module or traceback
top --color red @R | silt top: --color red: expected auto, always or never
top --cumulative --by traceback @R | silt top: --cumulative counts frames, it cannot be used with --by traceback
top @R @R | silt top: @R: one operand too many; expected one snapshot or run
top missing.silt | silt top: missing.silt: No such file or directory
top /etc/passwd | silt top: /etc/passwd: not a silt snapshot (no "SILTSNAP" at bytes 0 to 8): name a .silt file or a run directory
diff | silt diff: expected two snapshots, or a run
diff @S | silt diff: @S: one snapshot has nothing to be compared with; name two, or a run directory
diff @R @R @R | silt diff: @R: one operand too many; expected two snapshots, or a run
diff --runs @R | silt diff: expected two runs with --runs
report --per many @R | silt report: --per many: expected a number and what it counts, such as '5000 requests'
report --warmup soon @R | silt report: --warmup soon: expected a time such as 10s or 5m
check | silt check: expected run directories
check --fail-on nonsense @R | silt check: --fail-on nonsense: expected kinds of finding separated by commas; silt explain lists them
check --min-rate fast @R | silt check: --min-rate fast: expected a size such as 64K or 10M
check --min-confidence 2 @R | silt check: --min-confidence 2: expected a number from 0 to 1
check --format xml @R | silt check: --format xml: expected text, json, junit, sarif, github, gitlab or tap
check --output text @R | silt check: --output text: expected FORMAT=FILE, FORMAT being one of text, json, junit, sarif, github, gitlab or tap
check --update-baseline @R | silt check: --update-baseline: --baseline FILE says which
check --baselin known @R | silt check: --baseline known: No such file or directory; --update-baseline creates it
bisect | silt bisect: --good is needed
bisect --good a -- ./server | silt bisect: --bad is needed
bisect --good a --bad b -- ./server | silt bisect: --build is needed
bisect --good a --bad b --build make | silt bisect: expected options of silt soak and a program, after --
bisect --step | silt bisect: --build is needed
bisect --god a | silt bisect: no option --god; did you mean --good?
fleet | silt fleet: expected directories with runs
fleet --level 1 @R | silt fleet: --level 1: expected a probability between 0 and 1, such as 0.01
fleet --limit many @R | silt fleet: --limit many: expected a number
fleet --format junit @R | silt fleet: --format junit: expected text or json
fleet --min-confidence 2 @R | silt fleet: --min-confidence 2: expected a number from 0 to 1
fleet missing | silt fleet: missing: No such file or directory
soak | silt soak: expected a program to run
soak --duration long -- true | silt soak: --duration long: expected a time such as 30s, 10m or 24h
soak --stop STOP -- true | silt soak: --stop STOP: expected a signal that can be caught, such as TERM
soak --dration 1s -- true | silt soak: no option --dration; did you mean --duration?
explain lots | silt explain: no kind "lots"; `silt explain` lists them
explain lost captured | silt explain: captured: one operand too many; expected one kind of finding
annotate | silt annotate: expected a source file, and a run or snapshot
watch | silt watch: expected a process or a run directory
watch nothing | silt watch: nothing: neither a run directory nor a process
export @R | silt export: --format is needed: pprof, folded, speedscope, callgrind, csv, massif, dhat, openmetrics or otlp
export --format csv | silt export: expected a snapshot or a run
export --format prometheus @R | silt export: --format prometheus: expected pprof, folded, speedscope, callgrind, csv, massif, dhat, openmetrics or otlp
export --format csv --label a=b @R | silt export: --label is for openmetrics and otlp
export --format openmetrics --label kind=x @R | silt export: --label kind: silt has a label of that name itself
export --format openmetrics --label a=1 --label a=2 @R | silt export: --label a: given twice
export --format openmetrics @R @R | silt export: @R: one operand too many; expected a snapshot or a run
export --format openmetrics --base @S @R | silt export: --base: openmetrics cannot show a difference; pprof, folded and csv can
serve | silt serve: expected a run or a directory of runs
serve @R @R | silt serve: @R: one operand too many; expected a run or a directory of runs
serve missing | silt serve: missing: No such file or directory
serve /etc/passwd | silt serve: /etc/passwd: not a directory
serve --listen 9750 @R | silt serve: --listen 9750: expected HOST:PORT, such as 127.0.0.1:9750
serve --listen localhost:99999 @R | silt serve: --listen localhost:99999: expected HOST:PORT, such as 127.0.0.1:9750
serve --listen 192.0.2.1:0 @R | silt serve: --listen 192.0.2.1:0: Cannot assign requested address
serve --label x @R | silt serve: --label x: expected NAME=VALUE
serve --label 1x=a @R | silt serve: --label 1x: the name of a label is made of letters, digits and _, and does not begin with a digit or __
push http://localhost @R | silt push: --to is needed: pyroscope, parca or otlp
push --to pyroscope http://localhost | silt push: expected a URL, and runs or snapshots
overhead | silt overhead: expected a program to run
overhead --runs 0 true | silt overhead: --runs 0: expected a number from 1 to 1000
dump @R @R | silt dump: @R: one operand too many; expected a snapshot or a run
TABLE
}
count=0
while IFS='|' read -r arguments message; do
	arguments=${arguments//@R/$run}
	message=${message//@R/$run} message=${message//@S/$first}
	# shellcheck disable=SC2086
	"$silt" ${arguments//@S/$first} >/dev/null 2>err </dev/null
	equal "silt ${arguments% }" "$?:$(head -n 1 err)" "2:${message# }"
	count=$((count + 1))
done < <(table)
"$silt" run ./no-such-program >/dev/null 2>err
equal 'a program that is not there' "$?:$(cat err)" '127:silt run: ./no-such-program: No such file or directory'
check 'at least 40 of them' [ "$count" -ge 40 ]
equal 'the usage comes after' "$("$silt" diff 2>&1 >/dev/null | sed -n 2p)" 'Usage: silt diff [options] OLD NEW'

# -- nothing to show --
for command in top diff generations timeline lost; do
	contains "$command: nothing matches" "$("$silt" "$command" --include 'nobody*' "$run" 2>&1)" \
		'nothing matches --include nobody* (blamed frames only; --all-frames looks at every frame)'
done
contains 'refs: nothing matches' "$("$silt" refs --site nobody.c:1 "$run" 2>&1)" 'nothing matches --site'
contains 'holders: nothing matches' "$("$silt" holders --global nobody "$run" 2>&1)" 'nothing matches --global'
"$silt" diff "$last" "$first" >/dev/null 2>err
equal 'two snapshots in the wrong order' "$?:$(cat err)" \
	'0:silt diff: warning: OLD was taken after NEW: growth shows as a fall; give the earlier one first'
"$silt" diff "$first" "$last" >/dev/null 2>err
equal 'and in the right one' "$?:$(cat err)" '0:'

# -- programs that cannot be started, or not be seen --
printf 'echo hello\n' >script
equal 'a script that is not executable' "$("$silt" run ./script 2>&1):$?" \
	'silt run: ./script: not executable: chmod +x ./script, or name its interpreter before it:126'
printf '#!/no/such/shell -e\n' >script
chmod +x script
equal 'an interpreter that is not there' "$("$silt" run ./script 2>&1):$?" \
	'silt run: ./script: the interpreter of its first line is not there: /no/such/shell -e:127'
contains 'a wrapper that clears the environment' "$("$silt" run -o cleared -- env -i /bin/true 2>&1)" \
	'has lost LD_PRELOAD if it clears the environment (env -i, sudo); put `silt run` behind it'
if unshare -m true 2>/dev/null; then
	# shellcheck disable=SC2016
	unshare -m bash -c 'umount -l /proc; "$0" run -o noproc -- /bin/true >/dev/null 2>nolib.err
		SILT_LIBRARY=$1 "$0" run -o noproc -- /bin/ls / >/dev/null 2>noproc.err' "$silt" "$library" 2>/dev/null
	contains 'no /proc: the library cannot be found' "$(cat nolib.err)" '/proc is not mounted, so libsilt.so cannot be found'
	contains 'no /proc: what will be missing' "$(cat noproc.err)" '/proc is not mounted: there will be no source lines'
	equal 'and no hidden directory' "$(find . -maxdepth 2 -path './noproc/.*' -type d)" ''
else
	skip 'no /proc' 'no permission for a mount namespace'
fi

# -- the manual's list of kinds is that of diagnose/kinds.def --
equal 'silt-diagnosis(7) has the kinds of silt explain, in the same words' \
	"$(sed -n '/^\.Ss [a-z-]*$/ { s/^\.Ss //; N; s/\n/ /; p; }' "$top_dir/man/silt-diagnosis.7" | sort)" \
	"$("$silt" explain | sed 's/  */ /' | sort)"

# -- the manual has the options and variables that there are, and no others --
commands=$("$silt" --help | sed -n 's/^  \([a-z][a-z]*\)  *[^ ].*/\1/p')
options_of() { "$silt" "$1" --help | grep -oE -- '^ +(-[a-z], )?--[a-z-]+' | grep -oE -- '--[a-z-]+$' | grep -vx -- --help; }
for command in $commands; do
	pages=$top_dir/man/silt.1
	[ "$command" = soak ] && pages+=" $top_dir/man/silt-check.1"
	for page in "$top_dir/man/silt-$command.1" "$(grep -l "^\.Nm silt-$command\$" "$top_dir"/man/*.1)"; do
		[ ! -e "$page" ] || pages+=" $page"
	done
	# .Fl -long, .Fl s , -long, .Fl -long , -other
	# shellcheck disable=SC2086
	documented=$(cat $pages | grep -E '(^|[^a-z])Fl ' | grep -oE -- '[ ,]-[a-z][a-z-]+' | sed 's/^[ ,]/-/')
	equal "the options of silt $command are in the manual" "$(options_of "$command" | grep -vxF -- "$documented")" ''
done
equal 'no option in the manual is of no command' "$(grep -ohE 'Fl -[a-z][a-z-]+' "$top_dir"/man/* | sed 's/^Fl /-/' | sort -u |
	grep -vxF -- "$(for command in $commands; do "$silt" "$command" --help | grep -oE -- '--[a-z][a-z-]+'; done)")" ''
variables() { grep -rohE "\"SILT_[A-Z_]+\"" "$top_dir/preload" "$top_dir/analyzer" "$top_dir/include" --include='*.c' --include='*.h' | tr -d '"' | sort -u; }
equal 'variables in the manual, and those that there are' "$(grep -ohE 'SILT_[A-Z_]+' "$top_dir"/man/* | sort -u)" \
	"$(variables | grep -vE '^SILT_(SELFTEST|TEST_.*)$')"
