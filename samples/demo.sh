#!/usr/bin/env bash
# The main job in a minute: leaks found and diagnosed in small programs and in a redis-server, the repaired ones clean, and a gate
# that fails and passes.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
silt=$top/build/bin/silt samples=$top/build/samples
work=$(mktemp -d "${TMPDIR:-/tmp}/silt-demo.XXXXXX")
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cd "$work"
failed=0

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
shown() { sed "s|$top/||g; s|$work/||g"; }

# show NAME WANTED-VERDICT: silt run, then silt report of a sample recorded before
show() {
	say "\$ silt run -o $1 $1; silt report $1"
	"$silt" report --limit 1 "$1" | shown | tee "$1.txt"
	grep -q ": $2\$" "$1.txt" || { echo "demo: expected $2"; failed=1; }
}

# soak NAME WANTED-STATUS REDIS-OPTION...: silt soak of a redis-server to which sessions are added all the time. A busy machine may take most
# of 8 s to fill the server: what is inconclusive then is repeated with more time.
soak() {
	local wanted=$2 status
	soak_for 8s "$@"
	[ "$status" -ne 3 ] || soak_for 40s "$@"
	[ "$status" -eq "$wanted" ] || { echo "demo: expected status $wanted"; failed=1; }
}
soak_for() { # DURATION, and as above; sets status
	local duration=$1 name=$2-$1 cli="redis-cli -s $work/$2-$1.sock"
	local add="for i = 1, 20 do redis.call('set', 'session:' .. redis.call('incr', 'sessions'), string.rep('x', 64)) end"
	shift 3
	status=0
	say "\$ silt soak --duration $duration --load '4,000 new sessions a second' -- redis-server $*"
	"$silt" soak -o "$name" --duration "$duration" --ready "$cli ping >/dev/null 2>&1" \
		--load "$cli -r 100000 -i 0.005 eval \"$add\" 0 >/dev/null" -- \
		redis-server --port 0 --unixsocket "$work/$name.sock" --save '' --logfile /dev/null "$@" >"$name.txt" 2>&1 || status=$?
	shown <"$name.txt"
	echo "exit status $status"
}

for sample in cache_unbounded listeners_leak cache_lru; do
	"$silt" run -o $sample "$samples/$sample" 60 50 >/dev/null 2>&1 &
done
wait
say '1. A cache without eviction'
show cache_unbounded leaking
say '2. Listeners that nobody removes'
show listeners_leak leaking
say '3. The same cache with a bound'
show cache_lru clean
say '4. A gate in CI: a redis-server that keeps every key, and one with a bound'
soak unbounded 1
soak bounded 0 --maxmemory 2500kb --maxmemory-policy allkeys-lru
exit $failed
