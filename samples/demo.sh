#!/usr/bin/env bash
# The main job on a real program under real load, then on a program with debug information.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
silt=$top/build/bin/silt
work=$(mktemp -d "${TMPDIR:-/tmp}/silt-demo.XXXXXX")
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; wait; rm -rf "$work"' EXIT
cd "$work"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say '1. A redis-server, filled by redis-benchmark between two snapshots'
"$silt" run -o runs redis-server --port 0 --unixsocket redis.sock --save '' >redis.log 2>&1 &
server=$!
for _ in $(seq 100); do redis-cli -s redis.sock ping >/dev/null 2>&1 && break; sleep 0.1; done
pid=$(redis-cli -s redis.sock info server | tr -d '\r' | sed -n 's/^process_id://p')
echo "\$ silt run -o runs redis-server ... &            # pid $pid"
echo "\$ silt snap $pid --label empty"
first=$("$silt" snap "$pid" --label empty)
echo '$ redis-benchmark -t set,lpush,hset -n 100000 -r 1000000 -d 64'
redis-benchmark -s redis.sock -q -t set,lpush,hset -n 100000 -r 1000000 -d 64 >/dev/null
echo "\$ silt snap $pid --label filled"
second=$("$silt" snap "$pid" --label filled)
say "\$ silt diff --limit 6 --skip 'z*alloc*' ${first#"$work"/} ${second#"$work"/}"
"$silt" diff --limit 6 --skip 'z*alloc*' "${first#"$work"/}" "${second#"$work"/}"
say "\$ silt top --limit 3 --traceback 6 --skip 'z*alloc*' ${second#"$work"/}"
"$silt" top --limit 3 --traceback 6 --skip 'z*alloc*' "${second#"$work"/}"
redis-cli -s redis.sock shutdown nosave 2>/dev/null || true
wait "$server" || true
server=

say '2. A program of ones own, with debug information: a cache without eviction'
echo '$ silt run -o own -i 100ms cache_unbounded'
"$silt" run -o own -i 100ms "$top/build/samples/cache_unbounded" 12 50
say '$ silt diff own'
"$silt" diff own
say '$ silt diff --traceback --limit 1 own'
"$silt" diff --traceback --limit 1 own
