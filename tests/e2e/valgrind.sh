#!/usr/bin/env bash
# Totals equal Valgrind's: deterministic runs of jq, sqlite3 and lua with over 100,000 allocations each.
#
# Both count what goes through malloc & co from the program's start. Neither sees the dynamic linker's own allocations
# before the C library's malloc takes over. The library adds nothing of its own: what it does is not recorded.
. "$(dirname "$0")/lib.sh"

python3 -c "import json; print(json.dumps([{'a': i, 'b': str(i), 'c': [i, i + 1, {'d': i * 2}]} for i in range(15000)]))" >in.json
cat >in.lua <<'LUA'
local t = {}
for i = 1, 40000 do t[i] = {i, tostring(i), x = {i}} end
local s = 0
for i = 1, #t do s = s + #t[i][2] end
print(s)
LUA
cat >in.sql <<'SQL'
create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000) insert into t select i, hex(i * 7919), i * 1.5 from n;
create index tb on t(b);
select count(*), sum(length(b)), avg(c) from t where b like '%9%';
select substr(b, 1, 2) k, count(*) from t group by k order by k;
SQL

compare() { # NAME COMMAND...
	local name=$1 blocks bytes frees
	shift
	if ! command -v "$1" >/dev/null; then
		skip "$name" "no $1"
		return
	fi
	"$@" >native 2>&1
	"$silt" run -o "$name" "$@" >got 2>&1
	check "$name: same output" cmp native got
	valgrind --run-libc-freeres=no --run-cxx-freeres=no "$@" >/dev/null 2>valgrind.log
	read -r blocks frees bytes < <(sed -n 's/.*total heap usage: \([0-9,]*\) allocs, \([0-9,]*\) frees, \([0-9,]*\) bytes.*/\1 \2 \3/p' valgrind.log | tr -d ,)
	equal "$name: over 100,000 allocations" "$((blocks > 100000))" 1
	equal "$name: blocks, bytes and frees as Valgrind counts them" \
		"$("$silt" top --format json --limit 1 "$name" | jq -r '.totals | "\(.total_blocks) \(.total_bytes) \(.freed_blocks)"')" \
		"$blocks $bytes $frees"
	equal "$name: no call stack is incomplete" "$(totals "$name" tracebacks_failed)" 0
	equal "$name: every fast traceback is libunwind's" "$(SILT_SELFCHECK=1 "$silt" run -o "self-$name" "$@" 2>&1 >/dev/null | grep self-check)" ''
}
compare jq jq '[.[].c[2].d] | add' in.json
compare lua lua5.4 in.lua
compare sqlite3 sqlite3 :memory: '.read in.sql'
