#!/usr/bin/env bash
# silt export --format openmetrics and silt serve: read by promtool and a strict parser; growing runs; clients that mean harm.
. "$(dirname "$0")/lib.sh"
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

for _ in $(seq 10); do # again where a busy machine has made it inconclusive
	"$silt" run -q -i 20ms -o runs -- "$samples/cache_unbounded" 30 20 >/dev/null
	"$silt" check runs >said
	[ $? -eq 3 ] || break
	rm -r runs
done
"$silt" run -q -i 20ms -o runs -- "$samples/cache_lru" 30 20 >/dev/null
leaking=$(basename runs/cache_unbounded.*) repaired=$(basename runs/cache_lru.*)
host=$(uname -n)
value() { # FILE METRIC LABEL...: the value of the sample with these labels
	local file=$1 metric=$2 label lines
	lines=$(grep "^$metric{" "$file")
	shift 2
	for label; do lines=$(grep -F "$label" <<<"$lines"); done
	sed 's/.*} //' <<<"$lines"
}
export_to() { # FILE OPTIONS...: status, then what was said
	"$silt" export --format openmetrics -o "$@" >said 2>&1
	echo "$?:$(cat said)"
}

# -- what it says --
equal 'a directory' "$(export_to m.prom runs)" 0:
report() { "$silt" report --format json "runs/$leaking" | jq -r "$1"; }
equal 'verdicts' "$(value m.prom silt_verdict "$leaking" '"leaking"') $(value m.prom silt_verdict "$leaking" '"clean"') $(value m.prom silt_verdict "$repaired" '"leaking"')" '1 0 0'
equal 'how many of each' "$(value m.prom silt_processes leaking) $(value m.prom silt_processes unrecorded)" '1 0'
equal 'as the report: confidence' "$(value m.prom silt_finding_confidence_ratio "$leaking")" "$(report '.findings[0].confidence')"
equal 'rate' "$(printf %.0f "$(value m.prom silt_finding_growth_bytes_per_second "$leaking")")" "$(report '.findings[0].bytes_per_second | round')"
equal 'kind and count' "$(value m.prom silt_findings "$leaking" "kind=\"$(report '.findings[0].kind')\"")" 1
equal 'the repaired twin has no findings' "$(grep -c "^silt_finding.*$repaired" m.prom)" 0
totals_of() { "$silt" top --format json "runs/$1" | jq ".totals.$2"; }
equal 'live bytes' "$(value m.prom silt_live_bytes "$leaking")" "$(totals_of "$leaking" live_bytes)"
equal 'RSS' "$(value m.prom silt_resident_memory_bytes "$repaired")" "$(totals_of "$repaired" rss_bytes)"
build_id=$(readelf -n "$samples/cache_unbounded" | sed -n 's/.*Build ID: //p')
check 'labels' grep -qF "silt_live_bytes{host=\"$host\",program=\"cache_unbounded\",run=\"$leaking\",build_id=\"$build_id\"} " m.prom
equal 'the sites add up to the heap' "$(value m.prom silt_site_live_bytes "$leaking" | awk '{ sum += $1 } END { print sum }')" "$(totals_of "$leaking" live_bytes)"
contains 'the site that grows most is the first' "$(grep -m 1 '^silt_site_growth_bytes_per_second' <(grep "$leaking" m.prom))" 'function="page_render",place="cache_unbounded.c:39"'
equal 'both have ended' "$(grep -c '^silt_process_running{.*} 0$' m.prom)" 2
equal 'one run' "$(export_to one.prom "runs/$leaking/")" 0:
equal 'of one run the same' "$(grep "$leaking" m.prom | grep -v '^#')" "$(grep "$leaking" one.prom | grep -v '^#')"
equal 'the same snapshots give the same bytes' "$("$silt" export --format openmetrics runs | cmp - m.prom && echo same)" same
equal 'a label of its own' "$(export_to l.prom --label 'version=1.2 "b\c' runs)" 0:
check 'escaped' grep -qF 'silt_live_blocks{host="'"$host"'",program="cache_lru",run="'"$repaired"'",build_id="' l.prom
check 'and there' grep -qF ',version="1.2 \"b\\c"} ' l.prom

mkdir versions
SILT_PROGRAM_VERSION=$(printf '2.1"%0200d' 0) SILT_OUT=versions LD_PRELOAD=$library "$programs/ends" return
equal 'its version, as it was recorded, cut' "$(export_to v.prom versions):$(grep -c ',version="2.1\\"0\{123\}"[,}]' v.prom)" "0::$(grep -c '^silt_.*{host' v.prom)"
equal 'unless it is told otherwise' "$(export_to v.prom --label version=3 versions):$(grep -c ',version="3"' v.prom):$(grep -c ',version="2' v.prom)" "0::$(grep -c '^silt_.*{host' v.prom):0"

# -- that others read it --
if command -v promtool >/dev/null; then
	promtool check metrics <l.prom >said 2>&1
	equal 'promtool check metrics' "$?:$(cat said)" 0:
else
	skip 'promtool' 'prometheus is not installed'
fi
if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
	/usr/bin/python3 - l.prom >said 2>&1 <<'P'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
samples = [s for family in text_string_to_metric_families(open(sys.argv[1]).read()) for s in family.samples]
names = [(s.name, *sorted(s.labels.items())) for s in samples]
print(len(names) == len(set(names)), {s.labels['version'] for s in samples if 'version' in s.labels})
P
	equal 'a strict parser of OpenMetrics; no sample twice' "$(cat said)" "True {'1.2 \"b\\\\c'}"
else
	skip 'a strict parser' 'python3-prometheus-client is not installed'
fi

# -- what cannot be read, and bounds --
cp m.prom kept.prom
mkdir nothing
equal 'nothing there' "$(export_to m.prom nothing)" '2:silt export: nothing: no snapshots (NNNN.silt) in this directory or below it'
equal 'what was there stays' "$(cmp m.prom kept.prom && ls ./*.tmp 2>&1 | grep -c 'No such')" 1
mkdir -p some/broken.1
echo damaged >some/broken.1/0001.silt
cp -r "runs/$leaking" some/
export_to some.prom some >said
contains 'one that is damaged is said' "$(cat said)" '2:silt export: some/broken.1/0001.silt: '
equal 'the others are there' "$(value some.prom silt_verdict "$leaking" '"leaking"') $(grep -c '^silt_runs_unreadable 1$' some.prom)" '1 1'
mkdir many
last=$(printf '%s\n' "runs/$repaired"/*.silt | tail -n 1)
for i in $(seq 53); do
	mkdir -p "many/host$((i % 3))/cache_lru.$i"
	ln "$last" "many/host$((i % 3))/cache_lru.$i/0001.silt"
done
equal 'many runs' "$(export_to many.prom many)" 0:
equal 'are bounded' "$(grep -c '^silt_live_bytes{' many.prom) $(grep '^silt_runs_left_out' many.prom)" '50 silt_runs_left_out 3'
equal 'runs of several hosts are told apart' "$(grep -c '^silt_live_bytes{.*run="host[0-2]/cache_lru\.[0-9]*"' many.prom)" 50

# -- serving what grows --
mkdir -p live/cache.7
"$silt" serve --listen 127.0.0.1:0 --label env=test live 2>serve.log &
server=$!
wait_for grep -q '^silt serve: http' serve.log
url=$(sed -n 's/^silt serve: \(http.*\)/\1/p' serve.log)
port=${url##*:} port=${port%/metrics}
fetch() { curl -s --max-time 30 "$url"; }
equal 'nothing is there yet' "$(curl -s -o body -w '%{http_code} %{content_type}' "$url"):$(tail -n 1 body)" '200 application/openmetrics-text; version=1.0.0; charset=utf-8:# EOF'
mapfile -t snapshots < <(printf '%s\n' "runs/$leaking"/*.silt)
uptime_is() { fetch >now.prom && [ "$(value now.prom silt_uptime_seconds cache.7)" = "$("$silt" top --format json "$1" | jq '.snapshot.uptime_ns / 1e9')" ]; }
cp "${snapshots[0]}" live/cache.7/
check 'the first snapshot' wait_for uptime_is "${snapshots[0]}"
equal 'it runs' "$(value now.prom silt_process_running cache.7 'env="test"')" 1
cp "runs/$leaking"/*.silt live/cache.7/
is_leaking() { fetch >now.prom && [ "$(value now.prom silt_verdict '"leaking"')" = 1 ]; }
check 'then it leaks' wait_for is_leaking
equal 'and has ended' "$(value now.prom silt_process_running cache.7)" 0
rm -r live/cache.7
is_gone() { ! fetch | grep -q cache.7; }
check 'a run that is removed goes' wait_for is_gone
mkdir live/cache.7
cp "runs/$repaired"/*.silt live/cache.7/
is_judged() { fetch >now.prom && [ -n "$(value now.prom silt_verdict cache.7 "\"$1\"")" ] && [ "$(value now.prom silt_verdict cache.7 "\"$1\"")" = "$2" ]; }
check 'another one in its place' wait_for is_judged leaking 0
clean=$(value now.prom silt_verdict cache.7 '"clean"')
echo "9 $(date +%s%N) 1" >live/cache.7/.ended
check "an end for want of memory, told later, changes its verdict (clean: $clean)" wait_for is_judged inconclusive 1
rm -r live/cache.7
check 'a run that is removed goes' wait_for is_gone

# -- clients that mean harm --
equal 'elsewhere' "$(curl -s -w '%{http_code}' "${url}x")" $'404 Not Found\n404'
equal 'another method' "$(curl -s -w '%{http_code}' -X DELETE "$url")" $'405 Method Not Allowed\n405'
equal 'HEAD' "$(curl -sI -o head -w '%{http_code}' "$url"):$(grep -ci '^content-length: [1-9]' head)" 200:1
python3 - "$port" >said 2>&1 <<'P'
import socket, sys, time
port = int(sys.argv[1])
def connect():
    s = socket.create_connection(('127.0.0.1', port))
    s.settimeout(30)
    return s
def answer(s):
    data = b''
    try:
        while piece := s.recv(65536):
            data += piece
    except ConnectionResetError:
        data += b'(reset)'
    return data
def ask(data):
    s = connect()
    try:
        s.sendall(data)
    except OSError:
        pass
    return answer(s).split(b'\r\n')[0].decode()
print('huge headers', ask(b'GET /metrics HTTP/1.1\r\nX: ' + b'a' * 100000))
print('a huge path', ask(b'GET /' + b'a' * 100000))
print('a NUL byte', ask(b'GET /metrics\0 HTTP/1.1\r\n\r\n'))
print('binary', ask(bytes(range(1, 256)) + b'\r\n\r\n'))
print('no version', ask(b'GET /metrics\r\n\r\n'))
print('another place', ask(b'GET http://example.com/metrics HTTP/1.1\r\n\r\n'))
print('../', ask(b'GET /../../etc/passwd HTTP/1.1\r\n\r\n'))
print('many requests in one', answer_count := ask(b'GET /metrics HTTP/1.1\r\n\r\n' * 50))
# More than it takes at once: silent ones, and one that sends a byte now and then. Whoever asks is served meanwhile.
idle = [connect() for _ in range(40)]
slow = connect()
slow.sendall(b'GET /metrics HTTP/1.1\r\nX: ')
print('in between', ask(b'GET /metrics HTTP/1.1\r\n\r\n'))
closed = False
for _ in range(300):
    try:
        slow.sendall(b'a')
    except OSError:
        closed = True
        break
    time.sleep(0.1)
print('a slow one is closed', closed)
print('silent ones too', sum(answer(s) in (b'', b'(reset)') for s in idle))
P
equal 'refused, served, closed' "$(cat said)" 'huge headers HTTP/1.1 431 Request Header Fields Too Large
a huge path HTTP/1.1 431 Request Header Fields Too Large
a NUL byte HTTP/1.1 400 Bad Request
binary HTTP/1.1 400 Bad Request
no version HTTP/1.1 400 Bad Request
another place HTTP/1.1 400 Bad Request
../ HTTP/1.1 404 Not Found
many requests in one HTTP/1.1 200 OK
in between HTTP/1.1 200 OK
a slow one is closed True
silent ones too 40'
equal 'it has no descriptor too many' "$(find "/proc/$server/fd" -lname 'socket:*' | wc -l)" 1
"$silt" serve --listen "127.0.0.1:$port" live >said 2>&1
equal 'the port is taken' "$?:$(cat said)" "2:silt serve: --listen 127.0.0.1:$port: Address already in use"
kill -TERM $server
wait $server
equal 'SIGTERM ends it well' $? 0
