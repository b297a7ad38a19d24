#!/usr/bin/env bash
# Memory that goes past the program's malloc: recorded where it can be, and where it cannot no verdict is clean.
. "$(dirname "$0")/lib.sh"

binds=$programs/binds plugin=$programs/binds_plugin.so
of_plugin() { "$silt" top --format json --by file --include '*binds_plugin.c' "$1" | jq -r '.stats[0] | "\(.count) \(.size)"'; }
of_program() { "$silt" top --format json --by file --include '*/binds.c' --limit 0 "$1" | jq '[.stats[].count] | add // 0'; }

# -- plugins opened with RTLD_DEEPBIND: their lookups begin with their own dependencies, so with the C library --
for way in deepbind local; do
	equal "$way: the plugin sees the same symbols as without" "$("$silt" run -i 50ms -o $way "$binds" $way "$plugin" 2>&1)" "$("$binds" $way "$plugin")"
	equal "$way: what the plugin keeps" "$(of_plugin $way)" '2500 2500000'
	equal "$way: what it frees for the program is gone" "$(of_program $way)" 0
	equal "$way: the growth is found" "$("$silt" report --format json $way | jq -r .verdict)" leaking
done
"$silt" run -o handle "$binds" handle
equal 'malloc by dlsym with the handle of the C library' "$(of_program handle)" 32000
if [ -x /usr/bin/python3 ]; then
	printf 'import ctypes\nlibc = ctypes.CDLL("libc.so.6")\nlibc.malloc.restype = ctypes.c_void_p\nkept = [libc.malloc(1234) for i in range(1000)]\n' >foreign.py
	"$silt" run -o foreign /usr/bin/python3 foreign.py
	contains 'malloc by ctypes' "$("$silt" top --by traceback --limit 0 foreign)" 'count=1000, average=1234 B'
fi
if command -v php >/dev/null && php -m | grep -qx sqlite3; then
	# shellcheck disable=SC2016
	echo '<?php for ($i = 0; $i < 400; $i++) { $d = new SQLite3(":memory:"); $d->exec("create table t(a); insert into t values(1)"); $kept[] = $d; }' >sqlite.php
	echo 'posix_kill(getpid(), 9);' >>sqlite.php
	SILT_GRAPH=never "$silt" run -i 50ms -o php php sqlite.php
	check 'a PHP extension, opened with RTLD_DEEPBIND' test "$(totals php live_bytes)" -gt 4000000
else
	skip 'a PHP extension' 'no php with sqlite3'
fi
