#!/usr/bin/env bash
# Memory that goes past the program's malloc: recorded where it can be, and where it cannot no verdict is clean.
. "$(dirname "$0")/lib.sh"

binds=$programs/binds plugin=$programs/binds_plugin.so
of_plugin() { "$silt" top --format json --by file --include '*binds_plugin.c' "$1" | jq -r '.stats[0] | "\(.count) \(.size)"'; }
of_program() { "$silt" top --skip none --format json --by file --include '*/binds.c' --limit 0 "$1" | jq '[.stats[].count] | add // 0'; }

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
	echo 'posix_kill(getmypid(), 9);' >>sqlite.php
	SILT_GRAPH=never "$silt" run -i 50ms -o php php sqlite.php
	check 'a PHP extension, opened with RTLD_DEEPBIND' test "$("$silt" top --at end --format json --limit 1 php | jq .totals.live_bytes)" -gt 4000000
else
	skip 'a PHP extension' 'no php with sqlite3 (apt-get install php-cli php-sqlite3)'
fi

# -- what is not recorded is told from the allocator's own figures --
verdict() { "$silt" report --format json "$1" | jq -r .verdict; }
notes() { "$silt" report --format json "$1" | jq -r '.notes[]'; }
"$silt" run -i 50ms -o namespace "$binds" namespace "$plugin" 2>said
contains 'a namespace of its own (dlmopen): said at the end' "$(cat said)" 'another copy of the C library'
contains 'and in the report' "$(notes namespace)" 'another copy of the C library (dlmopen, LD_AUDIT), whose heap silt does not see'
equal 'and never clean' "$(verdict namespace | grep -c clean)" 0
"$silt" run -i 50ms -o internal "$binds" internal 2>/dev/null
equal '__libc_malloc: no verdict' "$(verdict internal)" inconclusive
contains 'and why' "$(notes internal)" 'malloc has 30.8 MiB in use, of which silt has 0.0 MiB on record: the rest was allocated past silt'
"$silt" run -i 50ms -o unfreed "$binds" unfreed 2>/dev/null
equal '__libc_free: no verdict' "$(verdict unfreed)" inconclusive
contains 'and why' "$(notes unfreed)" 'silt has 30.5 MiB on record, of which malloc has 0.0 MiB in use: the program frees blocks past silt'
equal 'silt check: 3' "$("$silt" check unfreed >/dev/null; echo $?)" 3
equal 'silt top says it, too' "$("$silt" top --format json unfreed | jq '.notes | length')" 1

# -- and honest differences raise no doubt: caches of 100 threads, aligned blocks, a heap that was cleared --
cat >honest.c <<'C'
#include <pthread.h>
#include <silt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static void wait_ms(int ms) { nanosleep(&(struct timespec){0, ms * 1000000l}, NULL); }
static void *caches(void *unused)
{
	void *blocks[500];
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 500; i++) blocks[i] = malloc(16 + i * 37 % 1000);
		for (int i = 0; i < 500; i++) free(blocks[i]);
		wait_ms(30);
	}
	return unused;
}
int main(int argc, char **argv)
{
	static void *blocks[400];
	pthread_t threads[100];
	(void)argv;
	if (argc == 1) {
		for (int i = 0; i < 100; i++) pthread_create(&threads[i], NULL, caches, NULL);
		for (int i = 0; i < 100; i++) pthread_join(threads[i], NULL);
	}
	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 400 && argc == 2; i++) {
			if (posix_memalign(&blocks[i], i % 2 ? 1 << 20 : 4096, i % 2 ? 1 << 20 : 4096 + i * 100)) return 1;
			memset(blocks[i], 1, 4096);
		}
		wait_ms(20);
		for (int i = 0; i < 400 && argc == 2; i++) free(blocks[i]);
		if (argc == 3 && round == 20) {
			for (int i = 0; i < 400; i++) memset(blocks[i] = malloc(100000), 1, 100000);
			silt_clear_traces();
		}
		free(malloc(100));
	}
	return 0;
}
C
gcc -O1 -fno-builtin -I"$top_dir/include" honest.c -o honest -pthread -ldl
for arguments in '' aligned 'cleared memory'; do
	# shellcheck disable=SC2086
	"$silt" run -i 50ms -o "honest-$arguments" ./honest $arguments
	equal "no doubt: ${arguments:-caches of threads}" "$(notes "honest-$arguments" | grep -c 'on record'):$(verdict "honest-$arguments")" 0:clean
done
