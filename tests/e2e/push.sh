#!/usr/bin/env bash
# silt push: a server on loopback decodes what arrives with Go's pprof; busy, refusing, absent and false servers.
. "$(dirname "$0")/lib.sh"

unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY SILT_PUSH_TOKEN
export HOME=$work # no ~/.netrc
equal 'other commands do not load libcurl' "$(ldd "$silt" | grep -c libcurl)" 0
pprof=$(compgen -G '/usr/lib/go*/pkg/tool/*/pprof' | head -n 1)
serve() { # DIRECTORY [CERTIFICATE KEY]: starts a stub; its port is in DIRECTORY/port
	mkdir "$1"
	python3 "$top_dir/tests/support/push_server.py" "$@" 2>"$1/log" &
	for _ in $(seq 200); do
		[ -e "$1/port" ] && return
		sleep 0.05
	done
	cat "$1/log"
}
timeout -k 5 60 "$silt" run -o run -- "$programs/shrinks" >/dev/null
run=$(echo run/*)
# The state before the end and the one at the end are the same here; three are enough.
rm "$run/0003.silt"
pid=${run##*.} host=$(hostname)
serve stub
url=http://127.0.0.1:$(cat stub/port)
seen() { find stub -name '*.json' | wc -l; }
push() { # OPTIONS...: status, then what was said
	timeout -k 5 60 "$silt" push "$@" >out 2>err
	echo "$?:$(cat out err)"
}
totals_of() { # PROFILE: what its samples add up to
	if [ -z "$pprof" ]; then
		gzip -dc "$1" | protoc --decode=pprof.Profile -I "$top_dir/analyzer/render" pprof.proto | awk '/^sample \{/ { at = 1; n = 0 } /^  value:/ { if (at) sum[n++] += $2 } END { print sum[0] + 0, sum[1] + 0, sum[2] + 0, sum[3] + 0 }'
		return
	fi
	PPROF_TMPDIR=$work "$pprof" -raw "$1" 2>/dev/null | sed -n '/^Samples:/,/^Locations/p' | sed -n 's/^ *\([-0-9 ]*\):.*/\1/p' |
		awk '{ for (i = 1; i <= 4; i++) sum[i] += $i } END { print sum[1] + 0, sum[2] + 0, sum[3] + 0, sum[4] + 0 }'
}
figures() { "$silt" top --format json "$1" | jq -r '.totals | "\(.total_blocks) \(.total_bytes) \(.live_blocks) \(.live_bytes)"'; }

# -- Pyroscope --
equal 'pyroscope: sent' "$(SILT_PUSH_TOKEN=secret push --to pyroscope --tenant team-a --label env=test --label host= "$url" run)" "0:$run: sent 3 profiles"
equal 'one request a snapshot' "$(seen)" 3
equal 'where to, and as what' "$(jq -c '[.path, .query.name, .query.format]' stub/1.json)" "[\"/ingest\",\"shrinks{env=test,instance=$host:$pid}\",null]"
equal 'tenant and token' "$(jq -r '.headers | "\(."x-scope-orgid") \(.authorization) \(."user-agent")"' stub/1.json)" "team-a Bearer secret silt/$("$silt" --version | head -n 1 | cut -d ' ' -f 2)"
time_of() { "$silt" top --format json "$1" | jq '.snapshot.time_unix_ns / 1e9 | floor'; }
check 'its time' jq -e --argjson from "$(time_of "$run/0001.silt")" --argjson until "$(time_of "$run/0002.silt")" \
	'(.query.from | tonumber) == $from and (.query.until | tonumber) == ([$until, $from + 1] | max)' stub/2.json
equal 'what is alive is averaged' "$(jq -c '[.inuse_space.aggregation, .inuse_objects.aggregation, .alloc_space.aggregation]' stub/1.sample_type_config)" '["average","average","sum"]'
read -r calls total blocks live <<<"$(figures "$run/0002.silt")"
read -r calls_before total_before _ _ <<<"$(figures "$run/0001.silt")"
equal 'the first has all' "$(totals_of stub/1.profile)" "$(figures "$run/0001.silt")"
equal 'the next has what was allocated since' "$(totals_of stub/2.profile)" "$((calls - calls_before)) $((total - total_before)) $blocks $live"
[ -n "$pprof" ] || skip 'pprof' 'there is no Go; protoc has decoded'

# -- Parca --
equal 'parca: sent' "$(push --to parca --name shop --label 'region=a b' "$url/" run)" "0:$run: sent 3 profiles"
equal 'parca: where to' "$(jq -r '.path, .headers."content-type"' stub/6.json | paste -sd' ')" '/profiles/writeraw application/json'
equal 'parca: labels' "$(jq -c '.series[0].labels.labels | map({(.name): .value}) | add' stub/6.body)" \
	"$(jq -nc --arg host "$host" --arg instance "$host:$pid" '{__name__: "memory", job: "shop", region: "a b", host: $host, instance: $instance}')"
equal 'parca: a state' "$(totals_of stub/5.profile)" "$(figures "$run/0002.silt")"
equal 'parca: of a moment, not of a time' "$(gzip -dc stub/5.profile | python3 -c '
import sys
data, at = sys.stdin.buffer.read(), 0
def number():
    global at
    value = shift = 0
    while True:
        byte = data[at]; at += 1
        value |= (byte & 127) << shift; shift += 7
        if byte < 128: return value
fields = {}
while at < len(data):
    key = number()
    if key & 7 == 2:
        size = number(); at += size
    else: fields[key >> 3] = number()
print(10 in fields, fields[9] // 10**9)')" "False $(time_of "$run/0002.silt")"

push --to parca --label job=mine "$url" "$run/0001.silt" >said
equal 'parca: a job of its own' "$(jq -r '.series[0].labels.labels[] | select(.name == "job").value' stub/7.body)" mine

# -- only what is new --
mkdir -p growing/run.1
cp "$run/0001.silt" growing/run.1/
equal 'a snapshot' "$(push --new --to pyroscope "$url" growing)" '0:growing/run.1: sent 1 profile'
cp "$run/0002.silt" growing/run.1/
before=$(seen)
equal 'then one more' "$(push --new --to pyroscope "$url" growing)" '0:growing/run.1: sent 1 profile'
equal 'with what was allocated since' "$(totals_of "stub/$((before + 1)).profile")" "$((calls - calls_before)) $((total - total_before)) $blocks $live"
equal 'then none' "$(push --new --to pyroscope "$url" growing)" '0:growing/run.1: sent none'
equal 'elsewhere it is new' "$(push --new --to parca "$url/" growing)" '0:growing/run.1: sent 2 profiles'
equal 'the run is still one' "$("$silt" top --format json growing | jq .snapshot.sequence)" 2
mkdir nothing
equal 'nothing there yet' "$(push --new --to parca "$url" nothing)" 0:
equal 'nothing there' "$(push --to parca "$url" nothing)" '2:silt push: nothing: no snapshots (NNNN.silt) in this directory or below it'

# -- busy servers --
one=$run/0001.silt
before=$(seen)
printf '503 come later\nclose\n500\n' >stub/answers
push --to pyroscope --backoff 10ms "$url" "$one" >said
equal 'busy: again until it is taken' "$(head -c 2 said):$(($(seen) - before))" '0::4'
equal 'busy: told' "$(sed -E 's/[0-9.]+ s/T/' err | sed "s|$url|URL|")" "silt push: URL: HTTP status 503: come later; again in T (1 of 5)
silt push: URL: Empty reply from server; again in T (2 of 5)
silt push: URL: HTTP status 500; again in T (3 of 5)"
equal 'the same profile each time' "$(cat stub/"$((before + 1))".profile stub/"$((before + 2))".profile stub/"$((before + 3))".profile stub/"$((before + 4))".profile | cmp - <(for _ in 1 2 3 4; do cat stub/"$((before + 1))".profile; done) && echo same)" same
printf '503\n503\n503\n' >stub/answers
before=$(seen)
equal 'given up' "$(push --to pyroscope --backoff 1ms --retries 2 "$url" run | tail -n 2 | sed "s|$url|URL|")" "silt push: URL: HTTP status 503; again in 0.0 s (2 of 2)
silt push: URL: HTTP status 503; given up"
equal 'given up: nothing else is tried' "$(($(seen) - before))" 3
echo 429 >stub/answers
push --to pyroscope --backoff 1ms "$url" "$one" >said
equal 'Retry-After' "$(grep -o 'again in 1.0 s' err)" 'again in 1.0 s'
echo slow >stub/answers
equal 'too slow' "$(push --to pyroscope --retries 0 --timeout 300ms "$url" "$one" | grep -c '^1:.*timed out\|^1:.*time.*out')" 1
sleep 1

# -- servers that refuse, lead elsewhere, are not there --
before=$(seen)
printf '400 no \\x1b[31mlabels\\x07 <here>\\xff\n' >stub/answers
equal 'refused: its words, no control characters' "$(push --to pyroscope "$url" "$one" | sed "s|$url|URL|")" '1:silt push: URL: HTTP status 400: no \x1b[31mlabels\x07 <here>\xff'
equal 'refused: not again' "$(($(seen) - before))" 1
echo "302 http://127.0.0.1:1/" >stub/answers
equal 'a redirection' "$(push --to pyroscope "$url" "$one" | sed "s|$url|URL|")" '1:silt push: URL: HTTP status 302 (a redirection, which is not followed): http://127.0.0.1:1/'
free=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
push --to parca --backoff 1ms --retries 1 "http://user:password@127.0.0.1:$free" run >said
equal 'nobody there' "$(head -c 2 said):$(wc -l <err):$(grep -c "http://127.0.0.1:$free: Failed to connect" err)" '1::2:2'
equal 'no password is shown' "$(grep -c password out err | paste -sd' ')" 'out:0 err:0'
mkdir -p two && cp -r "$run" two/a.1 && cp -r "$run" two/b.2
printf '400\n' >stub/answers
equal 'one run refused, the next is sent' "$(push --to pyroscope "$url" two | sed "s|$url|URL|" | paste -sd'|')" '1:two/a.1: sent none|two/b.2: sent 3 profiles|silt push: URL: HTTP status 400'

# -- proxies, passwords --
before=$(seen)
http_proxy=$url push --to pyroscope http://silt.invalid/base "$one" >said
equal 'http_proxy' "$(jq -r .path "stub/$((before + 1)).json" | sed 's/?.*//')" 'http://silt.invalid/base/ingest'
push --to pyroscope "http://user:password@${url#http://}" "$one" >said
equal 'a password in the URL' "$(jq -r .headers.authorization "stub/$((before + 2)).json")" "Basic $(printf user:password | base64)"

# -- TLS --
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=localhost -addext 'subjectAltName = IP:127.0.0.1' >/dev/null 2>&1
	serve tls cert.pem key.pem
	secure=https://127.0.0.1:$(cat tls/port)
	push --to pyroscope "$secure" "$one" >said
	equal 'TLS: a certificate that nobody vouches for' "$(head -c 2 said):$(wc -l <err):$(grep -ci 'certificate' err):$(find tls -name '*.json' | wc -l)" '1::1:1:0'
	equal 'TLS: --ca' "$(push --to pyroscope --ca cert.pem "$secure" "$one")" "0:$one: sent 1 profile"
	push --to pyroscope --ca cert.pem "https://localhost:$(cat tls/port)" "$one" >said
	equal 'TLS: another name than the certificate has' "$(head -c 2 said):$(find tls -name '*.json' | wc -l)" 1::1
	equal 'TLS: --insecure' "$(push --to pyroscope --insecure "$secure" "$one")" "0:$one: sent 1 profile"
	equal 'TLS: no such file' "$(push --to pyroscope --ca nowhere.pem "$secure" "$one")" '2:silt push: --ca nowhere.pem: No such file or directory'
else
	skip 'TLS' 'there is no openssl'
fi

# -- wrong usage --
wrong() { # NAME MESSAGE OPTIONS...
	local name=$1 message=$2
	shift 2
	equal "wrong: $name" "$(push "$@")" "2:silt push: $message"
}
before=$(seen)
wrong 'no engine' '--to is needed: pyroscope, parca or otlp' "$url" "$one"
wrong 'an engine' '--to statsd: expected pyroscope, parca or otlp' --to statsd "$url" "$one"
wrong 'no URL' "$one: expected a URL with http:// or https://" --to parca "$one" "$one"
wrong 'a file URL' 'file:///etc/passwd: expected a URL with http:// or https://' --to parca file:///etc/passwd "$one"
wrong 'a label' '--label env: expected NAME=VALUE' --to parca --label env "$url" "$one"
wrong "a label's name" '--label 1x: the name of a label is made of letters, digits and _, and does not begin with a digit or __' --to parca --label 1x=a "$url" "$one"
wrong "a label's value" "--label x: Pyroscope's labels cannot hold { } , or =" --to pyroscope --label 'x=a,b=c' "$url" "$one"
wrong 'a label twice' '--label a: given twice' --to parca --label a=1 --label a=2 "$url" "$one"
wrong 'a name' '--name a b: an application in Pyroscope has letters, digits and _ - . / in its name' --to pyroscope --name 'a b' "$url" "$one"
wrong 'a header within the tenant' '--tenant and SILT_PUSH_TOKEN cannot hold control characters' --to parca --tenant $'a\r\nX: y' "$url" "$one"
wrong 'a time' '--backoff 0: expected a time from 1ms to 1h, such as 500ms or 30s' --to parca --backoff 0 "$url" "$one"
wrong 'a snapshot' 'missing.silt: No such file or directory' --to parca "$url" missing.silt
equal 'nothing of that was sent' "$(seen)" "$before"

# shellcheck disable=SC2046
kill $(jobs -p)
wait 2>/dev/null
