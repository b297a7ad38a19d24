#!/usr/bin/env bash
# SILT_ASSERT (include/silt_assert.h): programs run with a library that checks itself, which finds nothing; the analyzer with
# assertions reads what it wrote; one that fails is told; a release has none.
. "$(dirname "$0")/lib.sh"

asserts=$programs/libsilt-asserts.so checked=$top_dir/build-san/bin/silt

# -- what fails is told, and ends the process --
cat >fails.c <<'C'
#include "base/rt.h"
#include "silt_assert.h"
static struct rt_lock sites = RT_LOCK(RT_RANK_SITES), rules = RT_LOCK(RT_RANK_RULES);
int main(int count, char **arguments)
{
	(void)arguments;
	rt_lock(count > 1 ? &rules : &sites);
	rt_lock(count > 1 ? &sites : &rules);
	SILT_ASSERT(count < 3);
	return 0;
}
C
compile() { gcc -std=gnu11 -D_GNU_SOURCE "$@" -I"$top_dir/include" -I"$top_dir/preload" fails.c "$top_dir"/preload/base/*.c; }
check 'compiles, with assertions' compile -DSILT_DEBUG -o debug
check 'compiles, without' compile -o release
./debug 2>err
equal 'locks in their order' "$?:$(cat err)" 0:
bash -c './debug 1; exit $?' 2>err
equal 'and in another: it ends by a signal' "$(($? > 128))" 1
contains 'and says where' "$(cat err)" 'silt: assertion failed: '
contains 'and what' "$(cat err)" 'is_in_order(lock)'
./release 1 2 2>err
equal 'a release asserts nothing' "$?:$(cat err)" 0:

# -- programs under a library that checks itself --
run() { # NAME PROGRAM ARGUMENT...
	local name=$1
	shift
	SILT_LIBRARY=$asserts timeout -k 5 60 "$silt" run -i 50ms --graph all -o "$name" -- "$@" >/dev/null 2>err
	equal "$name" "$?:$(grep -c 'assertion failed' err)" 0:0
}
run listeners "$samples/listeners_leak" 10 50
run threads "$samples/threads_unjoined" 10 50
run forks "$programs/forks"
run pools "$programs/pools"
run churn "$programs/churn" "$programs/churn_plugin.so" 20
if [ -x "$checked" ]; then
	for command in report top lost holders dump; do
		"$checked" "$command" listeners >/dev/null 2>err
		equal "silt $command, with assertions" "$?:$(grep -c 'assertion failed' err)" 0:0
	done
	"$checked" check --format sarif listeners >out 2>err
	equal 'silt check, with assertions' "$(grep -c 'assertion failed' err):$(jq -r .version out)" 0:2.1.0
else
	skip 'the analyzer with assertions' 'make SAN=address,undefined build-san/bin/silt'
fi

# -- a release has none --
equal 'the library that is tested has them' "$(($(strings -n 8 "$asserts" | grep -c 'assertion failed') > 3))" 1
equal 'the one that is installed has none' "$(strings -n 8 "$library" "$silt" | grep -c 'assertion failed')" 0
